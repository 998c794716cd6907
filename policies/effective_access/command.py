"""Answers questions about access: `python -m effective_access.command --state … --fetched …`.

Exit codes: 0 answered, also when the answer is nobody; 2 the question, a state or a file is wrong.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from access_audit.merge import StateError, resources_of
from effective_access.build import document
from effective_access.evidence import read
from effective_access.model import Document
from effective_access.states import States
from policy_pack import urns
from policy_pack.data import DataError
from policy_pack.rule import Member


def main() -> int:
    """Answer by the arguments; return the exit code."""
    arguments = _arguments()
    try:
        made = document(_states(arguments.state), read(arguments.fetched), datetime.now(UTC))
    except (StateError, DataError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(as_json(made))
    return 0


def as_json(made: Document) -> str:
    """The document as it is published: what is empty is left out."""
    return made.model_dump_json(by_alias=True, exclude_defaults=True)


def _states(files: list[Path]) -> States:
    return States([_member(each) for file in files for each in resources_of(file) if not each.get("delete")])


def _member(resource: dict[str, Any]) -> Member:
    urn = str(resource["urn"])
    return Member(urn, str(resource["type"]), urns.parse(urn).name, lambda: resource.get("outputs") or {})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="effective_access", description="Tell who can do what.")
    parser.add_argument("--state", required=True, action="append", type=Path, help="a stack's state; several")
    parser.add_argument("--fetched", required=True, type=Path, help="what was fetched of the cloud (evidence.py)")
    parser.add_argument("--who", help="a principal")
    parser.add_argument("--can", help="a permission, or a verb and a kind of the cluster's")
    parser.add_argument("--on", help="a resource")
    parser.add_argument("--before", type=Path, help="an earlier document, to tell what is gained and lost since")
    parser.add_argument("--format", default="table", help="table, markdown or json")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
