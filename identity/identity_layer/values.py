"""The constrained values of the configuration: what each may be, and what a wrong one would cause."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

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
RESERVED_NAMESPACES = ("default", "kube-", "gke-", "gmp-", "config-management-", "istio-")

Capability = Literal["cluster-user", "datastore-admin", "platform-reader", "security-reader"]
WorkloadAccess = Literal["traces", "metrics", "errors", "profiles"]


def _matching(pattern: str, meaning: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value!r} is not {meaning}; correct it.")
        return value

    return AfterValidator(check)


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


def _namespace(value: str) -> str:
    if value.startswith(RESERVED_NAMESPACES):
        raise ValueError(f"{value!r} is a name (or begins like one) that the cluster keeps for itself; choose another.")
    return value


def _each_once(values: list[str]) -> list[str]:
    repeated = sorted({value for value in values if values.count(value) > 1})
    if repeated:
        raise ValueError(
            f"{', '.join(map(repr, repeated))} is in the list more than once, and the same thing cannot be made twice; "
            "remove the repetition."
        )
    return values


ProjectId = Annotated[
    str,
    _matching(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "a project ID (6 to 30 lower case letters, digits and hyphens)"),
]
ProjectNumber = Annotated[
    str, _matching(r"[1-9][0-9]{5,15}", "a project number: see `gcloud projects describe`, and quote it")
]
Region = Annotated[str, _matching(r"[a-z]+-[a-z]+[0-9]+", "a region, such as europe-west4")]
Domain = Annotated[str, _matching(r"[a-z0-9-]+(\.[a-z0-9-]+)+", "a domain, such as example.com")]
# Account IDs have at most 30 characters: `apps-<team>-preview` leaves a team 17, `app-<app>` an app 26.
TeamName = Annotated[
    str, _matching(r"[a-z]([a-z0-9-]{0,15}[a-z0-9])?", "a team's name (at most 17 lower case letters, digits, hyphens)")
]
AppName = Annotated[
    str,
    _matching(r"[a-z][a-z0-9-]{0,24}[a-z0-9]", "an app's name (2 to 26 lower case letters, digits, hyphens)"),
    AfterValidator(_namespace),
]
DatabaseName = Annotated[
    str, _matching(r"[a-z][a-z0-9_-]{0,62}", "a database's name (lower case, at most 63 characters)")
]
SecretName = Annotated[
    str, _matching(r"[a-z][a-z0-9-]{0,62}", "a secret's name (lower case letters, digits, hyphens, at most 63)")
]
GroupEmail = Annotated[str, AfterValidator(_group)]
# GitHub's numeric IDs: a name can be given up and taken by somebody else, a number cannot.
GitHubId = Annotated[str, _matching(r"[1-9][0-9]{0,18}", "a numeric ID of GitHub: `gh api repos/OWNER/NAME --jq .id`")]
Repository = Annotated[
    str, _matching(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", "a repository on GitHub, written as in example/infrastructure")
]
Branch = Annotated[str, _matching(r"[A-Za-z0-9._/-]+", "a branch's name, such as main")]
OrganizationId = Annotated[
    str, _matching(r"[1-9][0-9]{5,15}", "an organisation's number: see `gcloud organizations list`, and quote it")
]
CustomerId = Annotated[
    str, _matching(r"C[0-9a-z]+", "a customer ID of Cloud Identity, such as C012ab3cd: see `gcloud organizations list`")
]
EachOnce = AfterValidator(_each_once)
Reason = Annotated[str, _matching(r".{10,200}", "a reason that a reviewer can judge (10 to 200 characters)")]
# What is adopted is named as in every plan.
ResourceName = Annotated[
    str, _matching(r"[A-Za-z0-9.:/-]+::[^:]+", "the end of a URN (type::name), as a plan shows it")
]
