"""Kinds of resources with IAM policies (kinds.yaml), and the conversion between their full names and words.

A resource has a full name (https://cloud.google.com/iam/docs/full-resource-names), and words by which security's files
and the answers call it: "secret NAME", "key RING/NAME", "project".
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from engine import data

FILE = Path(__file__).with_name("kinds.yaml")
CONTAINERS = ("project", "folder", "organization")

_GRANT = re.compile(r"(?P<begin>gcp:.*?)iam(member|binding|policy):.*", re.IGNORECASE)
_INPUT = re.compile(r"\{(\w+)\}")
# Inputs with the location of a resource, which do not identify it.
_WHERE = {"cluster", "location", "parent", "project", "region", "zone"}
# Inputs that default to the provider's setting: no two resources differ in them alone.
_ANYWHERE = dict.fromkeys(("location", "region", "zone"), "-")
# Inputs that the vendor's provider writes into a state with the collection before the name, as in its IDs.
_PREFIXES = {"bucket": "b/"}
# Inputs that are relative names themselves.
_WHOLE = {"parent": r"(?:projects|folders|organizations|billingAccounts)/[^/]+"}


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Owner(_Document):
    """Project whose resources need no prefix in words.

    Attributes:
        project: its ID.
        number: its number; empty where it is not known.
    """

    project: str
    number: str = ""

    def has(self, project: str) -> bool:
        """Return whether a project in a resource name is this one."""
        return project in ("-", "_", self.project) or (bool(self.number) and project == self.number)


class Kind(_Document):
    """Kind of resource; kinds.yaml explains its fields."""

    name: Annotated[str, Field(pattern=r"^[a-z]+/")]
    grants: str = ""
    own_type: Annotated[str, Field(alias="type")] = ""
    own_word: Annotated[str, Field(alias="word")] = ""
    own_permission: Annotated[str, Field(alias="permission")] = ""
    identifier: Annotated[str, Field(alias="id")] = ""
    duty: str = ""

    @cached_property
    def service(self) -> str:
        """First label of the service's host."""
        return self.name.partition("/")[0]

    @cached_property
    def relative(self) -> str:
        """Pattern of relative resource names."""
        return self.name.partition("/")[2]

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Inputs that make up the name; the last one is the target."""
        return tuple(_INPUT.findall(self.relative))

    @property
    def target(self) -> str:
        """Input of a grant that names its resource."""
        return self.inputs[-1]

    @property
    def type(self) -> str:
        """Prefix of the type token of the resource itself."""
        return self.own_type or self.grants

    @cached_property
    def word(self) -> str:
        """Word for such a resource."""
        begin = self.type.removeprefix("gcp:").replace("/", " ")
        return self.own_word or re.sub("[A-Z]", lambda match: f" {match[0].lower()}", begin).strip()

    @cached_property
    def permission(self) -> str:
        """Prefix of the permissions on such a resource in roles."""
        collection = next(part for part in reversed(self.relative.split("/")) if "{" not in part)
        return self.own_permission or f"{self.service}.{collection}"

    @property
    def sets_policy(self) -> str:
        """Permission to set the IAM policy of such a resource."""
        return f"{self.permission}.setIamPolicy"

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        parts = _INPUT.split(self.relative)
        literals = (re.escape(text) for text in parts[::2])
        names = (f"(?P<{name}>{_WHOLE.get(name, '[^/]+')})" for name in parts[1::2])
        return re.compile("".join(text for pair in zip(literals, [*names, ""], strict=True) for text in pair))

    def parts(self, relative: str) -> Mapping[str, str] | None:
        """Return the inputs in a relative resource name; None for a resource of another kind."""
        match = self._pattern.fullmatch(relative)
        return match.groupdict() if match else None

    def relative_name(self, fields: Mapping[str, Any], project: str) -> str:
        """Return the relative name of a grant's resource, or of the resource itself; empty where fields are missing.

        The provider takes a full name, a short name, and every form between: "RING/KEY", "LOCATION/RING/KEY".
        """
        given = {name: _plain(name, fields[name]) for name in self.inputs if fields.get(name) is not None}
        known: dict[str, Any] = {"project": project, **given}
        own = known.get(self.target)
        if isinstance(own, str):
            if self._pattern.fullmatch(own):
                return own
            parts = own.split("/")
            known |= dict(zip(self.inputs[-len(parts) :], parts, strict=True)) if len(parts) <= len(self.inputs) else {}
        return self._filled(known)

    def _filled(self, known: Mapping[str, Any]) -> str:
        made: list[str] = []
        for segment in self.relative.split("/"):
            values = [known.get(name, _ANYWHERE.get(name)) for name in _INPUT.findall(segment)]
            if not all(isinstance(value, str) and value for value in values):
                return ""
            # A parent that is given by its full name is the beginning of the name.
            whole = next((value for value in values if "/" in value), None)
            made = [whole] if whole else [*made, _INPUT.sub("{}", segment).format(*values)]
        name = "/".join(made)
        return name if self._pattern.fullmatch(name) else ""

    def words(self, relative: str, owner: Owner) -> str:
        """Return a resource in words; a resource of another project with its whole name."""
        parts = self.parts(relative) or {}
        if self.word in CONTAINERS:
            own = self.word == "organization" or (self.word == "project" and owner.has(parts["project"]))
            return self.word if own else f"{self.word} {parts[self.target]}"
        if not owner.has(parts.get("project", "-")):
            return f"{self.word} {relative}"
        shown = [value for name, value in parts.items() if name == self.target or name not in _WHERE]
        return f"{self.word} {'/'.join(self._short(value, owner) for value in shown)}"

    def _short(self, value: str, owner: Owner) -> str:
        if self.word == "account":
            return value.removesuffix(f"@{owner.project}.iam.gserviceaccount.com")
        return value.removeprefix(f"{owner.project}-") if self.word == "bucket" else value


def _plain(name: str, value: Any) -> Any:
    """Return a field without the prefix that the provider gives it in a state."""
    return value.removeprefix(_PREFIXES.get(name, "")) if isinstance(value, str) else value


class OtherTypes(_Document):
    """Types that control access other than by an IAM policy, and the reason why they are no grants."""

    because: Annotated[str, Field(min_length=20)]
    types: tuple[str, ...]


class _File(_Document):
    kinds: tuple[Kind, ...]
    others: tuple[OtherTypes, ...]


_READ = data.load(FILE, _File)
KINDS, OTHERS = _READ.kinds, _READ.others
_BY_GRANT = {kind.grants.lower(): kind for kind in KINDS if kind.grants}
_BY_TYPE = {kind.type: kind for kind in KINDS if kind.type}


def is_grant(token: str) -> bool:
    """Return whether a type is a grant, of a known kind or not."""
    return _GRANT.fullmatch(token) is not None


@cache
def of_grant(token: str) -> Kind | None:
    """Return the kind of resource that a type of grant is on; None for a grant of an unknown kind."""
    match = _GRANT.fullmatch(token)
    return _BY_GRANT.get(match["begin"].lower()) if match else None


@cache
def of_type(token: str) -> Kind | None:
    """Return the kind of a type of resource; None for a type without an IAM policy."""
    return _BY_TYPE.get(token.rpartition(":")[0])


@cache
def of_name(name: str) -> Kind | None:
    """Return the kind of a full resource name; None for an unknown kind."""
    return next((kind for kind in _of_service(name) if kind.parts(_relative(name)) is not None), None)


def _of_service(name: str) -> Iterable[Kind]:
    service = name.removeprefix("//").partition(".googleapis.com/")[0]
    return (kind for kind in KINDS if kind.service == service)


def _relative(name: str) -> str:
    return name.removeprefix("//").partition("/")[2]


def full(kind: Kind, relative: str) -> str:
    """Return the full name of a resource."""
    return f"//{kind.service}.googleapis.com/{relative}"


def words(name: str, owner: Owner) -> str:
    """Return a full name in words; the name itself for an unknown kind."""
    kind = of_name(name)
    return kind.words(_relative(name), owner) if kind else name


def declared(token: str, outputs: Mapping[str, Any], project: str) -> str:
    """Return the full name of a resource by its type and outputs; empty for a type without an IAM policy.

    The name is derived from declared inputs and not from IDs, so that a planned resource has one too.
    """
    kind = of_type(token)
    if kind is None:
        return ""
    own = outputs.get(kind.identifier or kind.target, outputs.get("name"))
    if kind.word == "account" and isinstance(own, str):
        own = f"{own}@{project}.iam.gserviceaccount.com"
    relative = kind.relative_name({**outputs, kind.target: own}, project)
    return full(kind, relative) if relative else ""
