"""Constrained types that this layer's configuration alone uses; kit/scalars.py has the types of several layers."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from identity_layer.kit.addresses import HOST
from identity_layer.kit.characters import odd
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

# https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1: 64 characters before the @, and 254 in all. The contracts
# carry no others (kit/addresses.py).
EMAIL = rf"(?=.{{1,254}}$)(?!.*\.\.)[a-z0-9]([a-z0-9._-]{{0,62}}[a-z0-9])?@{HOST}"
_ADDRESS = re.compile(EMAIL)
Capability = Literal["cluster-user", "datastore-admin", "platform-reader", "security-reader"]
# Constraints that act on what a project already has: an adoption may leave them out for a time.
Constraint = Literal["compute.vmExternalIpAccess", "iam.allowedPolicyMemberDomains", "storage.publicAccessPrevention"]
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
    if not _ADDRESS.fullmatch(value):
        meant = "".join(value.split()).lower()
        example = meant if _ADDRESS.fullmatch(meant) else "in example-team@example.com"
        because = f": it has {named}" if (named := odd(value)) else ""
        raise ValueError(
            f"{value!r} is not a group's e-mail address in lower case, as Google stores it{because}, so each plan "
            f"would differ; write it as {example}."
        )
    if value.endswith(".gserviceaccount.com"):
        raise ValueError(
            f"{value!r} is a service account, and here is a group of people; put them into a group of your domain."
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


_BILLING = "[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}"
ProjectNumber = Annotated[
    str,
    *matching(
        r"[1-9][0-9]{5,15}",
        "a project number",
        "see `gcloud projects describe`, and quote it",
        {
            r"[a-z][a-z0-9-]{4,28}[a-z0-9]": "a project's ID, which belongs in gcp:project",
            "projects/.*": "a path; the number is its second part",
            _BILLING: "a billing account's ID, which belongs nowhere here",
        },
    ),
]
GroupEmail = Annotated[str, AfterValidator(_group)]
# As a policy names a person, without the kind; whether it is one of the domain is checked with the domain.
PersonEmail = Annotated[str, *matching(EMAIL, "a person's address in lower case: jane@example.com")]
# GitHub's numeric IDs: a name can be given up and taken by somebody else, a number cannot.
GitHubId = Annotated[str, *matching(r"[1-9][0-9]{0,17}", "a numeric ID of GitHub: `gh api repos/OWNER/NAME --jq .id`")]
# GitHub's longest names of an owner and of a repository.
Repository = Annotated[
    str,
    *matching(
        r"[A-Za-z0-9]([A-Za-z0-9-]{0,37}[A-Za-z0-9])?/(?!\.{1,2}$|.*\.git$)[A-Za-z0-9._-]{1,100}",
        "a repository on GitHub, written as in example/infrastructure",
    ),
]
# Git writes refs/heads/ before it, and a file system has room for 255.
Branch = Annotated[
    str,
    *matching(
        # https://git-scm.com/docs/git-check-ref-format, and a branch is not called like a commit or HEAD.
        r"(?=.{1,244}$)(?!.*(\.\.|//|\.lock(/|$)|[./]$|/\.))(?!refs/|(HEAD|[0-9a-f]{40})$)[A-Za-z0-9_][A-Za-z0-9._/-]*",
        "a branch's name, such as main (at most 244 characters, no empty part, none that begins with a dot)",
        mistaken={"refs/.*": "a reference; the branch is what follows refs/heads/", ".*[*].*": "a pattern"},
    ),
]
OrganizationId = Annotated[
    str,
    *matching(
        r"[1-9][0-9]{5,15}",
        "an organisation's number",
        "see `gcloud organizations list`, and quote it",
        {
            _BILLING: "a billing account's ID, which belongs nowhere here",
            "folders/.*": "a folder; the organisation is above it",
            "organizations/.*": "a path; the number is its second part",
            "C[0-9a-z]+": "a customer ID, which belongs in customerId",
            r".+\..+": "a domain, which belongs in identity:domain",
        },
    ),
]
CustomerId = Annotated[
    str,
    *matching(
        r"C[0-9a-z]{1,30}",
        "a customer ID of Cloud Identity, such as C012ab3cd",
        "see `gcloud organizations list`",
        {"[0-9]+": "a number, as an organisation has, which belongs in id"},
    ),
]
