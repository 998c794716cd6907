"""Propagation of what Service Usage makes: an enabled API works, and a service agent can be named, some time later.

Google answers an enablement, and the generation of an agent, before every server knows of it. Grants propagate as well;
they have a setting of their own (store.PROPAGATION_SETTING).
"""

import time

from sandbox.cloud.store import Store

SETTING = "serviceusage.propagationSeconds"

_UNTIL = "unpropagated."  # prefix of the settings that hold the time from which on a resource is effective


def begin(store: Store, name: str) -> None:
    """Notes that a resource was made just now; `name` is its full name."""
    delay = float(store.setting(SETTING) or 0)
    if delay > 0:
        store.set_setting(f"{_UNTIL}{name}", str(time.time() + delay))


def is_effective(store: Store, name: str) -> bool:
    """Returns whether a resource that exists is known everywhere."""
    return float(store.setting(f"{_UNTIL}{name}") or 0) <= time.time()
