"""The datastores: PostgreSQL instances with their databases and logins."""
