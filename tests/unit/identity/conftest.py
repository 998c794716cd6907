"""The published list of Google's roles is no part of the repository: the tests against it run where it is at hand."""

from unit.sandbox.cloud.conftest import ROLES_ORACLE

collect_ignore_glob = [] if ROLES_ORACLE.is_file() else ["*_oracle.py"]
