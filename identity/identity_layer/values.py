"""Constrained types that this layer's configuration alone uses; kit/scalars.py has the types of several layers."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from identity_layer.kit.scalars import matching

CONSUMER_DOMAINS = frozenset(
    {
        "aol.com",
        "fastmail.com",
        "gmail.com",
        "gmx.com",
        "gmx.de",
        "googlegroups.com",
        "googlemail.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "outlook.com",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "web.de",
        "yahoo.com",
        "yandex.com",
        "yandex.ru",
    }
)

Capability = Literal["cluster-user", "datastore-admin", "platform-reader", "security-reader"]
WorkloadAccess = Literal["traces", "metrics", "errors", "profiles"]


def _group(value: str) -> str:
    kind, _, address = value.rpartition(":")
    if kind in ("user", "serviceAccount", "domain"):
        raise ValueError(
            f"{value!r} is no group: what one person holds outlives their job unseen. Put them into a group of your "
            "domain, and name that one by its address."
        )
    if kind == "group":
        raise ValueError(f"{value!r} begins with the kind; here is a group's address alone: {address}.")
    if not re.fullmatch(r"[a-z0-9._-]+@[a-z0-9-]+(\.[a-z0-9-]+)+", value):
        raise ValueError(
            f"{value!r} is not a group's e-mail address in lower case; write it as in example-team@example.com."
        )
    if value.rpartition("@")[2] in CONSUMER_DOMAINS:
        raise ValueError(
            f"{value!r} is in a consumer mail domain, whose accounts nobody here can revoke; use a "
            "group of your own domain."
        )
    return value


def outside(domain: str, group: str) -> str:
    """The problem with a group outside of the organisation's domain; empty for one of the domain."""
    if group.endswith(f"@{domain}"):
        return ""
    return (
        f"{group!r} is outside the domain {domain!r}, whose administrators alone decide who is in a group; use a group "
        "of that domain."
    )


ProjectNumber = Annotated[
    str, *matching(r"[1-9][0-9]{5,15}", "a project number: see `gcloud projects describe`, and quote it")
]
GroupEmail = Annotated[str, AfterValidator(_group)]
# As a policy names a person, without the kind; whether it is one of the domain is checked with the domain.
PersonEmail = Annotated[
    str, *matching(r"[a-z0-9._-]+@[a-z0-9-]+(\.[a-z0-9-]+)+", "a person's address in lower case: jane@example.com")
]
# GitHub's numeric IDs: a name can be given up and taken by somebody else, a number cannot.
GitHubId = Annotated[str, *matching(r"[1-9][0-9]{0,18}", "a numeric ID of GitHub: `gh api repos/OWNER/NAME --jq .id`")]
Repository = Annotated[
    str, *matching(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", "a repository on GitHub, written as in example/infrastructure")
]
Branch = Annotated[str, *matching(r"[A-Za-z0-9._/-]+", "a branch's name, such as main")]
OrganizationId = Annotated[
    str, *matching(r"[1-9][0-9]{5,15}", "an organisation's number: see `gcloud organizations list`, and quote it")
]
CustomerId = Annotated[
    str, *matching(r"C[0-9a-z]+", "a customer ID of Cloud Identity, such as C012ab3cd: see `gcloud organizations list`")
]
