"""Checks that the stack's settings fit the identity layer's contract, before anything is planned, all at once."""

from collections.abc import Iterator

from platform_layer.kit import parts
from platform_layer.settings import Settings
from platform_layer.upstream import IdentityContract


def check(settings: Settings, identity: IdentityContract) -> None:
    """Compares what the identity layer promises with what this stack is configured to provide.

    Raises:
        parts.FitError: they do not fit.
    """
    parts.require_fit([*parts.misplaced(settings, identity.project, "identity"), *_accounts(identity)])


def _accounts(identity: IdentityContract) -> Iterator[str]:
    if "platform" not in identity.layers:
        yield "layers.platform: has no CI accounts in the contract, so nobody could look into the cluster; see there."
