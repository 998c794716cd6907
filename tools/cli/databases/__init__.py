"""Rights inside of the databases: declared by stack files, read from PostgreSQL, compared and applied."""
