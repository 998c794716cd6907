"""The command that writes the table of predefined roles anew: `python -m sandbox.cloud.update_roles LIST [ROLE…]`.

Google publishes which permissions a role contains, and changes it now and then. The command takes such a list (JSON,
perhaps gzipped: role to permissions), keeps the permissions that the simulation knows, and adds the listed roles.
"""

import argparse
import gzip
import json
import sys
import tempfile
from pathlib import Path
from typing import cast

from sandbox.cloud import kubernetes
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError, invalid
from sandbox.cloud.roles import TABLE, predefined


def read_published(path: Path) -> dict[str, list[str]]:
    """Reads a published list of roles: role to permissions.

    Raises:
        ApiError: INVALID_ARGUMENT when the file cannot be read or is no such list.
    """
    try:
        content = path.read_bytes()
        parsed = json.loads(gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content)
    except (OSError, EOFError, ValueError) as error:
        raise invalid(f"{path} cannot be read as a list of roles, so nothing was written: {error}.") from error
    roles = cast("dict[str, object]", parsed) if isinstance(parsed, dict) else {"": None}
    if not all(isinstance(permissions, list) for permissions in roles.values()):
        raise invalid(f"{path} is no JSON object of role names to lists of permissions, so nothing was written.")
    return cast("dict[str, list[str]]", roles)


def table(roles: set[str], published: dict[str, list[str]], vocabulary: frozenset[str]) -> dict[str, list[str]]:
    """Returns the table for some roles: the permissions of each within the vocabulary, sorted.

    Raises:
        ApiError: INVALID_ARGUMENT, naming the roles that the published list does not have.
    """
    if unknown := sorted(roles - published.keys()):
        raise invalid(f"Not in the published list, so nothing was written: {', '.join(unknown)}.")
    return {role: sorted(vocabulary & set(published[role])) for role in sorted(roles)}


def main() -> int:
    """Writes the table anew."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.cloud.update_roles", description="Writes the role table anew."
    )
    parser.add_argument("list", type=Path, help="JSON, perhaps gzipped: role to permissions")
    parser.add_argument("roles", nargs="*", metavar="ROLE", help="roles to add, such as roles/pubsub.viewer")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        cloud = Cloud(Path(directory) / "cloud.db")
        vocabulary = cloud.vocabulary
        cloud.store.close()
    try:
        published = read_published(arguments.list)
        roles = table({*predefined(), *arguments.roles}, published, vocabulary)
    except ApiError as error:
        print(f"error: {error.message}", file=sys.stderr)
        return 1
    TABLE.write_text(json.dumps(roles, indent=1, sort_keys=True) + "\n")
    print(f"{TABLE.name}: {len(roles)} roles, {len(vocabulary)} permissions known to the simulation")
    # GKE's permissions are derived from every resource and verb of Kubernetes; Google publishes only some of them.
    other = vocabulary - kubernetes.permissions()
    if unpublished := sorted(other.difference(*published.values())):
        print(f"in no published role, so perhaps misspelt: {', '.join(unpublished)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
