"""Versions of the cluster that Google offers, asked for in each preview: no list of them stays right for a month.

Which form a version has, and which Kubernetes cannot have released yet, is in cluster_settings.py. The question needs
`container.clusters.list`, which previews and deployments have.
"""

import re
from collections.abc import Sequence
from contextlib import suppress

import pulumi
import pulumi_gcp as gcp

from platform_layer import infrastructure
from platform_layer.settings import Settings

_Number = tuple[int, ...]


class VersionError(pulumi.RunError):
    """The version that the settings require is none that Google offers; the message has those that it does."""


def require_offered(stack: Settings) -> None:
    """Compares the configured version with the versions of the channel.

    Raises:
        VersionError: there is none, or Google does not answer.
    """
    version, channel = stack.cluster.minimum_version, stack.cluster.release_channel
    if version is None:
        return
    try:
        answer = gcp.container.get_engine_versions(project=stack.project, location=stack.region)
    except Exception as error:  # noqa: BLE001 - the SDK raises nothing more specific
        raise VersionError(
            f"platform:cluster.minimumVersion: whether Google offers {version!r} cannot be read; nothing was planned "
            f"or changed.\n  Google's answer: {error}"
        ) from None
    newest = _number(answer.release_channel_latest_version.get(channel, ""))
    offered = [other for other in answer.valid_master_versions if _number(other) <= newest]
    if _is_offered(version, offered) or (_is_past(version, offered) and _has_cluster(stack)):
        return
    minors = sorted({_number(other)[:2] for other in offered})
    raise VersionError(
        f"platform:cluster.minimumVersion: Google offers no {version!r} in the channel {channel} of {stack.region}; "
        f"nothing was planned or changed. It offers {', '.join('.'.join(map(str, minor)) for minor in minors)}: "
        f"`gcloud container get-server-config --region={stack.region}` lists all versions."
    )


def _number(version: str) -> _Number:
    return tuple(int(part) for part in re.findall("[0-9]+", version))


def _is_offered(version: str, offered: Sequence[str]) -> bool:
    number = _number(version)
    return any(_number(other)[: len(number)] == number for other in offered)


def _is_past(version: str, offered: Sequence[str]) -> bool:
    """Whether Google may have offered a version before: it has a newer one of its minor version, or a later minor."""
    number = _number(version)
    of_minor = [other for other in map(_number, offered) if other[:2] == number[:2]]
    return any(other > number for other in of_minor or map(_number, offered))


def _has_cluster(stack: Settings) -> bool:
    """Whether there is a cluster, which Google upgrades: to it, a version that is no longer offered means nothing."""
    with suppress(Exception):  # the SDK raises nothing more specific where there is none
        gcp.container.get_cluster(name=infrastructure.CLUSTER, location=stack.region, project=stack.project)
        return True
    return False
