"""Constrained types that more than one layer's configuration uses, each with the meaning of a valid value.

What one layer alone uses is in that layer's values.py.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from . import regions
from .characters import odd


def matching(
    pattern: str,
    meaning: str,
    remedy: str = "correct it",
    mistaken: Mapping[str, str] | None = None,
    published: Mapping[str, Any] | None = None,
) -> tuple[BeforeValidator, AfterValidator, Any]:
    """Annotations of a text that the whole pattern matches, in Python and in a published schema.

    Args:
        pattern: a regular expression.
        meaning: a noun phrase for the message: "is not <meaning>".
        remedy: an imperative, with the consequence where it is not obvious.
        mistaken: noun phrases for other texts that are written in its place, by their pattern.
        published: what the schema says beside the pattern.
    """
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if compiled.fullmatch(value):
            return value
        other = next((what for other, what in (mistaken or {}).items() if re.fullmatch(other, value)), "")
        reason = f": it is {other}" if other else _because(value)
        raise ValueError(f"{value!r} is not {meaning}{reason}; {remedy}.")

    def not_even_quoted(value: object) -> object:
        """A number that would be refused as a text as well, so quotes are no remedy."""
        if isinstance(value, int | float) and not isinstance(value, bool) and not compiled.fullmatch(str(value)):
            raise ValueError(f"{value} is not {meaning}; {remedy}.")
        return value

    return (
        BeforeValidator(not_even_quoted),
        AfterValidator(check),
        Field(json_schema_extra={"pattern": f"^{pattern}$", **(published or {})}),
    )


def _because(value: str) -> str:
    """Reason that is hard to see in a text."""
    if named := odd(value):
        return f": it has {named}"
    if value != value.strip():
        return ": it begins or ends with a blank"
    return ""


def _without_repetition(values: list[Any]) -> list[Any]:
    repeated = sorted({_written(value) for value in values if values.count(value) > 1})
    if repeated:
        raise ValueError(
            f"{', '.join(repeated)} is in the list more than once, and the same thing cannot be made twice; "
            "remove the repetition."
        )
    return values


def _written(value: Any) -> str:
    """A value as in a YAML file."""
    if not isinstance(value, BaseModel):
        return repr(value)
    fields = value.model_dump(by_alias=True, exclude_defaults=True)
    return f"{{{', '.join(f'{name}: {inner}' for name, inner in fields.items())}}}"


def moment(value: str) -> datetime:
    """A point in time with its time zone; YAML itself would read a bare one as local to nobody.

    Raises:
        ValueError: it is no point in time, or has no time zone.
    """
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError(f'{value!r} is no point in time; write it as in "2026-01-31T18:00:00Z", quoted.') from error
    if parsed.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone, so it means another moment elsewhere; end it with Z for UTC.")
    try:
        parsed.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{value!r} is no point in time in UTC; correct the year.") from error
    return parsed


# Names that the cluster, Google's add-ons or the platform keep for themselves; an app's name is also its namespace.
RESERVED = (
    "(anthos-|asm-|calico-|cnrm-|config-management-|default|gatekeeper-|gke|gmp-|goog|istio-|knative-|kube|"
    "platform-gateway|tigera-).*|.*-system"
)


# Words that YAML reads as a logical value or as nothing, wherever a name is written without quotes.
YAML_WORDS = frozenset({"false", "n", "no", "null", "off", "on", "true", "y", "yes"})


def _not_a_word_of_yaml(value: str) -> str:
    if value in YAML_WORDS:
        raise ValueError(
            f"{value!r} means something else in YAML, and a name stands in many files without quotes; choose another."
        )
    return value


# The container beside an app's own, which is called as the app.
DATABASE_PROXY = "database-proxy"


def _not_reserved(value: str) -> str:
    if value == DATABASE_PROXY:
        raise ValueError(
            f"{value!r} is the container beside an app that uses a database, and a pod has each name once; choose "
            "another."
        )
    if re.fullmatch(RESERVED, value):
        raise ValueError(f"{value!r} is a name (or looks like one) that the cluster keeps for itself; choose another.")
    return value


EachOnce = AfterValidator(_without_repetition)
# A key that a stack file leaves out arrives as the empty map that Pulumi.yaml declares.
NothingIfEmpty = BeforeValidator(lambda value: None if value == {} else value)


def _not_googles(value: str) -> str:
    """https://cloud.google.com/storage/docs/buckets#naming: the bucket of a state is named by its project."""
    if value.startswith("goog") or "google" in value:
        raise ValueError(
            f"{value!r} has a name of Google's own, and no bucket for the state could be named by it; use another "
            "project."
        )
    return value


ProjectId = Annotated[
    str,
    *matching(
        r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
        "a project ID (6 to 30 lower case letters, digits and hyphens)",
        mistaken={
            "[0-9]+": "a number, as a project has beside its ID (`gcloud projects describe` has both)",
            "projects/.*": "a path; the ID is its second part",
        },
    ),
    AfterValidator(_not_googles),
]
# https://cloud.google.com/docs/geography-and-regions: a part of the world, a direction, and a number.
Region = Annotated[
    str,
    *matching(
        "(africa|asia|australia|europe|me|northamerica|southamerica|us)-"
        "(central|north|northeast|northwest|south|southeast|southwest|east|west)[1-9][0-9]?",
        "a region of Google Cloud, such as europe-west4",
        mistaken={"[a-z]+-[a-z]+[0-9]+-[a-z]": "a zone; the region is what comes before the last hyphen"},
    ),
    AfterValidator(regions.checked),
]
# Account IDs have at most 30 characters: `apps-<team>-preview` leaves a team 17, `app-<app>` an app 26.
TEAM_NAME = r"[a-z]([a-z0-9-]{0,15}[a-z0-9])?"
TeamName = Annotated[
    str,
    *matching(
        TEAM_NAME,
        "a team's name (at most 17 lower case letters, digits, hyphens)",
        published={"not": {"enum": sorted(YAML_WORDS)}},
    ),
    AfterValidator(_not_a_word_of_yaml),
]
APP_NAME = r"[a-z][a-z0-9-]{0,24}[a-z0-9]"
AppName = Annotated[
    str,
    *matching(APP_NAME, "an app's name (2 to 26 lower case letters, digits, hyphens)"),
    AfterValidator(_not_reserved),
    AfterValidator(_not_a_word_of_yaml),
]
DatabaseName = Annotated[
    str, *matching(r"[a-z][a-z0-9_-]{0,62}", "a database's name (lower case, at most 63 characters)")
]
SecretName = Annotated[
    str, *matching(r"[a-z][a-z0-9-]{0,62}", "a secret's name (lower case letters, digits, hyphens, at most 63)")
]
PinnedImage = Annotated[
    str,
    *matching(
        # https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests, with registry
        # and tag; before the digest 255 characters at most.
        r"(?=[^@]{1,255}@)([a-z0-9-]+(\.[a-z0-9-]+)*(:[0-9]+)?/)?[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*(/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*"
        r"(:[a-z0-9_][a-z0-9._-]{0,127})?@sha256:[0-9a-f]{64}",
        "an image pinned by digest (name@sha256:…)",
        "pin it, or what runs could change without a deployment",
    ),
]
# Number and unit; Kubernetes keeps a larger number than this only as text.
DIGITS = "[1-9][0-9]{0,14}"
QUANTITY = rf"({DIGITS})(m|Ki|Mi|Gi|Ti)?"
# Unit to the next larger one, and how many make one of it.
_LARGER = {
    "m": ("", 1000),
    "": ("k", 1000),
    "k": ("M", 1000),
    "Ki": ("Mi", 1024),
    "Mi": ("Gi", 1024),
    "Gi": ("Ti", 1024),
}
Reason = Annotated[str, *matching(r"\S.{8,198}\S", "a reason that a reviewer can judge (10 to 200 characters)")]


def canonical(quantity: str) -> str:
    """A quantity as Kubernetes keeps it, in the largest unit of which it is a whole number: 1024Mi is 1Gi.

    Declared in another way, it differs from what is in the cluster for ever.
    """
    digits = re.match("[0-9]+", quantity)
    amount, unit = int(digits[0]) if digits else 0, quantity.lstrip("0123456789")
    while amount and unit in _LARGER and amount % _LARGER[unit][1] == 0:
        unit, of_one = _LARGER[unit]
        amount //= of_one
    return f"{amount}{unit}"
