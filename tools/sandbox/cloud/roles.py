"""Predefined roles, as far as the simulation knows their permissions.

`predefined_roles.json` holds, for each role that the layers grant or might, the permissions out of our vocabulary:
those that a simulated method asks for, and GKE's `container.*`. A role outside the table is refused by name, never
taken as empty.

Google publishes which permissions a role contains, and changes it now and then. `python -m sandbox.cloud.roles LIST
[ROLE…]` writes the table anew from such a list (JSON, perhaps gzipped: role to permissions), with further roles.
"""

import argparse
import gzip
import json
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import cast

from sandbox.cloud.errors import ApiError, invalid

TABLE = Path(__file__).with_name("predefined_roles.json")


@cache
def predefined() -> dict[str, frozenset[str]]:
    """Role name (`roles/…`) to permissions."""
    return {role: frozenset(permissions) for role, permissions in json.loads(TABLE.read_text()).items()}


def permissions_of(role: str) -> frozenset[str]:
    """The known permissions of a predefined role.

    Raises:
        ApiError: INVALID_ARGUMENT when the table has no such role; Google answers the same for a role that does not
        exist.
    """
    try:
        return predefined()[role]
    except KeyError:
        message = f"Role {role} is not supported for this resource (the simulation's table is {TABLE.name})."
        raise ApiError("INVALID_ARGUMENT", message, "badRequest") from None


def published(path: Path) -> dict[str, list[str]]:
    """A published list of roles: role to permissions.

    Raises:
        ApiError: INVALID_ARGUMENT when the file cannot be read or is no such list.
    """
    try:
        content = path.read_bytes()
        found = json.loads(gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content)
    except (OSError, EOFError, ValueError) as error:
        raise invalid(f"{path} cannot be read as a list of roles, so nothing was written: {error}.") from error
    listed = cast("dict[str, object]", found) if isinstance(found, dict) else {"": None}
    if not all(isinstance(held, list) for held in listed.values()):
        raise invalid(f"{path} is no JSON object of role names to lists of permissions, so nothing was written.")
    return cast("dict[str, list[str]]", listed)


def table(roles: set[str], published: dict[str, list[str]], vocabulary: frozenset[str]) -> dict[str, list[str]]:
    """The table for some roles: what each contains of the vocabulary, sorted.

    Raises:
        ApiError: INVALID_ARGUMENT, naming the roles that the published list does not have.
    """
    if unknown := sorted(roles - published.keys()):
        raise invalid(f"Not in the published list, so nothing was written: {', '.join(unknown)}.")
    return {role: sorted(vocabulary & set(published[role])) for role in sorted(roles)}


def main() -> int:
    """Writes the table anew."""
    from sandbox.cloud import kubernetes  # noqa: PLC0415 - as below
    from sandbox.cloud.api import Cloud  # noqa: PLC0415 - which decides by this module's table

    parser = argparse.ArgumentParser(prog="python -m sandbox.cloud.roles", description="Writes the role table anew.")
    parser.add_argument("list", type=Path, help="JSON, perhaps gzipped: role to permissions")
    parser.add_argument("roles", nargs="*", metavar="ROLE", help="roles to add, such as roles/pubsub.viewer")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        cloud = Cloud(Path(directory) / "cloud.db")
        vocabulary = cloud.vocabulary
        cloud.store.close()
    try:
        held = published(arguments.list)
        written = table({*predefined(), *arguments.roles}, held, vocabulary)
    except ApiError as error:
        print(f"error: {error.message}", file=sys.stderr)
        return 1
    TABLE.write_text(json.dumps(written, indent=1, sort_keys=True) + "\n")
    print(f"{TABLE.name}: {len(written)} roles, {len(vocabulary)} permissions known to the simulation")
    # GKE's are made up from every resource and verb of Kubernetes, of which Google names but some.
    ours = vocabulary - kubernetes.permissions()
    if nowhere := sorted(ours.difference(*held.values())):
        print(f"in no published role, so perhaps misspelt: {', '.join(nowhere)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
