"""An app's plain settings: a ConfigMap whose name is derived from its content.

Other settings are another ConfigMap, so a change of them is a rollout: new pods read the new one, old pods keep theirs
until they are gone, and only then is it removed. Secrets are never here; see containers.py.
"""

import hashlib
import json
from collections.abc import Callable, Mapping

import pulumi
import pulumi_kubernetes as k8s

DIGITS = 10


def config_map_name(app: str, values: Mapping[str, str]) -> str:
    """The name of the ConfigMap with these settings."""
    content = json.dumps(values, sort_keys=True).encode()
    return f"{app}-{hashlib.sha256(content).hexdigest()[:DIGITS]}"


class PlainSettings:
    """The ConfigMap of an app; `name` is known in a preview."""

    def __init__(
        self,
        app: str,
        values: Mapping[str, str],
        metadata: Callable[[str], k8s.meta.v1.ObjectMetaArgs],
        opts: pulumi.ResourceOptions,
    ) -> None:
        self.name = config_map_name(app, values)
        self.config_map = k8s.core.v1.ConfigMap(
            f"{app}-settings",
            metadata=metadata(self.name),
            data=dict(sorted(values.items())),
            immutable=True,
            opts=opts,
        )
