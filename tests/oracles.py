"""Published facts of Google that are no part of the repository; a test against one runs where it is at hand.

They are looked for in `shared/data/` beside the checkout, or where a variable says.
"""

import gzip
import json
import os
from pathlib import Path
from typing import Any

from example_checkout import origin

_DATA = origin().parent / "shared" / "data"
# Roles to permissions, API methods to permissions; the provider's schema, its verdicts on inputs and on changes, and
# the requests of its whole life.
ROLES = Path(os.environ.get("GCP_ROLES_ORACLE", _DATA / "gcp-predefined-roles.json.gz"))
METHODS = Path(os.environ.get("GCP_METHODS_ORACLE", _DATA / "gcp-method-permissions.json.gz"))
SCHEMA = Path(os.environ.get("GCP_SCHEMA_ORACLE", _DATA / "gcp-provider-schema.json.gz"))
VERDICTS = Path(os.environ.get("GCP_VERDICTS_ORACLE", _DATA / "provider-checks.json.gz"))
CHANGES = Path(os.environ.get("GCP_CHANGES_ORACLE", _DATA / "provider-diffs.json.gz"))
CALLS = Path(os.environ.get("GCP_CALLS_ORACLE", _DATA / "provider-calls.jsonl.gz"))


def tests_without(*oracles: Path) -> list[str]:
    """Files of a folder's tests that cannot run, for `collect_ignore_glob`: none where the oracles are at hand."""
    return [] if all(oracle.is_file() for oracle in oracles) else ["*_oracle.py"]


def lines(oracle: Path) -> list[Any]:
    """Returns the documents of a compressed file that has one in each line."""
    return [json.loads(line) for line in gzip.decompress(oracle.read_bytes()).splitlines()]


def read(oracle: Path) -> Any:
    """Returns the content of a compressed JSON file."""
    return json.loads(gzip.decompress(oracle.read_bytes()))
