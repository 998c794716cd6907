"""Protocol by which `make access` and `make audit` read policies, roles and groups, which no state holds, from a cloud.

None stands for a request that the cloud did not answer; the reports then list it as unknown.
"""

from typing import Any, Protocol

Json = dict[str, Any]


class AccessSource(Protocol):
    """Policies, roles and groups of a cloud."""

    def policies(self) -> list[Json]:
        """The allow policies of the project and of everything in it: `resource` (a full name) and `policy`."""
        ...

    def above(self) -> list[str] | None:
        """Containers of the project, nearest first, such as `folders/1`, `organizations/2`."""
        ...

    def policy(self, container: str) -> Json | None:
        """The allow policy of a folder or an organisation."""
        ...

    def role(self, name: str) -> Json | None:
        """A role, as `roles.get` returns it."""
        ...

    def members(self, group: str) -> list[str] | None:
        """Direct members of a group ("group:…"), as policies name them."""
        ...

    def rbac(self) -> list[Json] | None:
        """Roles and bindings, as the cluster's API server has them; none where there is no cluster."""
        ...

    def has_group(self, group: str) -> bool | None:
        """Return whether the directory has a group ("group:…")."""
        ...

    def apis(self) -> list[str] | None:
        """The APIs that are enabled in the project, such as `iam.googleapis.com`."""
        ...
