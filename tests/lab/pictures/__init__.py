"""Pictures of the documents, drawn from the code and from real runs; none is edited manually."""
