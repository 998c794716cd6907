"""The pictures in the documents, drawn from the code and from real runs; none of them is edited by hand."""
