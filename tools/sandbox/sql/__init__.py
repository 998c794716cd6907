"""PostgreSQL behind the simulated Cloud SQL: one real server for each instance whose data somebody touches.

The server starts when SQL is first sent to an instance or somebody logs in, and never before, so that `make up` pays
for none. It is PostgreSQL as its community releases it: Google's patches and extensions, pgAudit and TLS are not in it,
and its major version is the package's, whichever version an instance declares.
"""
