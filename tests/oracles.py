"""Published facts of Google that are no part of the repository; a test against one runs where it is at hand.

They are looked for in `shared/data/` beside the checkout, or where a variable says.
"""

import os
from pathlib import Path

from example_checkout import origin

_DATA = origin().parent / "shared" / "data"
# Predefined roles to their permissions, API methods to theirs, and the provider's schema.
ROLES = Path(os.environ.get("GCP_ROLES_ORACLE", _DATA / "gcp-predefined-roles.json.gz"))
METHODS = Path(os.environ.get("GCP_METHODS_ORACLE", _DATA / "gcp-method-permissions.json.gz"))
SCHEMA = Path(os.environ.get("GCP_SCHEMA_ORACLE", _DATA / "gcp-provider-schema.json.gz"))


def tests_without(oracle: Path) -> list[str]:
    """Files of a folder's tests that cannot run, for `collect_ignore_glob`: none where the oracle is at hand."""
    return [] if oracle.is_file() else ["*_oracle.py"]
