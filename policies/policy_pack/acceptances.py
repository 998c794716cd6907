"""Accepted drift: properties that somebody changed out of band, and that stay so until a date.

They are listed in policies/drift_acceptances.yaml, which security reviews. While an acceptance holds, the pack gives
the resource the accepted value in place of the declared one, before any rule sees it: every rule evaluates what the
cloud has, and a deployment changes nothing there. The plan gate refuses a plan in which the cloud has another value. An
acceptance that has expired or that changes nothing is a violation (rules/drift.py).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict

from engine import data, paths
from engine.accepted import Day, Owner, Reason
from engine.urns import Urn, parse
from engine.values import leaves, masked
from iam.deciding import gives_access
from iam.safeguards import SAFEGUARDS
from policy_pack.waivers import LONGEST, Named, Target
from policy_pack.waivers import today as present_day

_FOLDER: Final = Path(__file__).resolve().parents[1]
FILE: Final = _FOLDER / "drift_acceptances.yaml"
_IDENTITY: Final = "identity"


def _readable(path: str) -> str:
    paths.parse(path)
    return path


# Path of a property, in the form of `engine.paths`.
Property = Annotated[str, AfterValidator(_readable)]


class Acceptance(BaseModel):
    """Accepted difference between the cloud and the code.

    Attributes:
        resource: its URN, or its stack, type and name.
        path: the property.
        value: the value that the cloud has, and keeps; None where the cloud has none.
        reason: for reviewers, the reason why it stays.
        owner: the team that will end the difference.
        expires: the last day on which it is valid.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    resource: Named
    path: Property
    value: Any
    reason: Reason
    owner: Owner
    expires: Day

    @property
    def key(self) -> tuple[Urn, str]:
        """Resource and property, which no second acceptance has."""
        return self.resource.parts, self.path

    @property
    def title(self) -> str:
        """Acceptance in words, for messages."""
        kind = self.resource.type.rpartition(":")[2]
        return f"acceptance of {self.path} of {kind} {self.resource.name} (owner: {self.owner})"

    def of(self, inputs: Mapping[str, Any]) -> Any:
        """Return the value that inputs have at the path; None without one."""
        return paths.value(inputs, paths.parse(self.path))

    def is_in(self, inputs: Mapping[str, Any]) -> bool:
        """Return whether inputs have the accepted value."""
        return paths.equal(self.of(inputs), self.value)

    def applied(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return inputs with the accepted value.

        Raises:
            engine.paths.PathError: the inputs have nothing above the path.
        """
        return dict(paths.replaced(inputs, paths.parse(self.path), self.value))


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    acceptances: tuple[Acceptance, ...]


class Acceptances:
    """All acceptances, and what became of each in the stack that is evaluated.

    Args:
        acceptances: acceptances of the file.
        today: the day of the evaluation.
    """

    def __init__(self, acceptances: Iterable[Acceptance], today: date) -> None:
        self.all = tuple(acceptances)
        self.today = today
        self._by_resource: dict[Urn, list[Acceptance]] = {}
        for acceptance in self.all:
            self._by_resource.setdefault(acceptance.resource.parts, []).append(acceptance)

    def expired(self, acceptance: Acceptance) -> bool:
        """Return whether the last day of an acceptance is over."""
        return acceptance.expires < self.today

    def of(self, urn: str) -> list[Acceptance]:
        """Return the acceptances for a resource, expired ones included."""
        if not self._by_resource:
            return []
        return [one for one in self._by_resource.get(parse(urn), ()) if one.resource.fits(urn)]

    def valid(self, urn: str) -> list[Acceptance]:
        """Return the acceptances for a resource that hold today."""
        return [acceptance for acceptance in self.of(urn) if not self.expired(acceptance)]

    def of_stack(self, project: str, stack: str) -> list[Acceptance]:
        """Return the acceptances for the resources of a stack."""
        return [one for one in self.all if (one.resource.parts.project, one.resource.parts.stack) == (project, stack)]

    def applied(self, urn: str, inputs: dict[str, Any]) -> dict[str, Any]:
        """Return the inputs that a resource gets in place of the declared ones."""
        for acceptance in self.valid(urn):
            try:
                inputs = acceptance.applied(inputs)
            except paths.PathError:
                continue  # the stack's rule names it
        return inputs


NONE: Final = Acceptances((), date.min)


class _Types(BaseModel):
    """Types in security's files for the plan gate; the rest of each file is the gate's."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    protected: dict[str, str] = {}
    types: dict[str, "_Weakening"] = {}


class _Weakening(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    guards: bool = True


@cache
def _listed() -> tuple[Mapping[str, str], frozenset[str]]:
    """Protected types with what is lost with them, and types that hold data or are guard rails."""
    protected = data.load(_FOLDER / "plan_rules.yaml", _Types).protected
    weakening = data.load(_FOLDER / "plan_weakening.yaml", _Types).types
    return protected, frozenset(name for name, of in weakening.items() if of.guards)


def untouchable(type_token: str, name: str = "", project: str = "") -> str:
    """Return why no drift of a resource is accepted, or put back unattended; empty where it may be.

    Args:
        type_token: its type.
        name: its name in Pulumi; empty for any.
        project: the layer that declares it; empty for any.
    """
    protected, guards = _listed()
    if loss := protected.get(type_token):
        return f"it is protected, because of {loss}"
    if gives_access(type_token) or project == _IDENTITY:
        return "it decides who may do what"
    if type_token in guards:
        return "it holds data or is a guard rail (plan_weakening.yaml)"
    if type_token.startswith("pulumi:"):
        return "a provider's inputs decide where the identity's token goes"
    rails = (one for one in SAFEGUARDS.all() if one.group.type == type_token and name in ("", one.name))
    return next((f"it is a guard rail: {one.group.because}" for one in rails), "")


def load(file: Path = FILE, *, on: date | None = None) -> Acceptances:
    """Load the acceptances of a file.

    Args:
        file: YAML, `acceptances: [...]`.
        on: the day of the evaluation; today by default.

    Raises:
        engine.data.DataError: the file has another form, or an acceptance exceeds its limits.
    """
    day = on or present_day()
    listed = data.load(file, _File).acceptances
    problems = list(_problems(listed, day))
    if problems:
        raise data.unusable(file, problems)
    return Acceptances(listed, day)


def _problems(listed: tuple[Acceptance, ...], day: date) -> Iterator[str]:
    seen: dict[Target, list[str]] = {}
    for index, acceptance in enumerate(listed):
        place, target = f"acceptances.{index}", acceptance.resource
        if why := untouchable(target.type, target.name, target.parts.project):
            yield (
                f"{place}.resource: no drift of {target.type} {target.name!r} is accepted: {why}. Put it back, or "
                "declare it."
            )
        if acceptance.expires > day + LONGEST:
            yield (
                f"{place}.expires: {acceptance.expires} is more than {LONGEST.days} days ahead ({day + LONGEST} at "
                "most); what stays for longer is declared."
            )
        if _is_secret(acceptance):
            yield f"{place}.value: {acceptance.path} is secret, and no secret is written here. Put it back."
        others = seen.setdefault(target, [])
        if any(_overlap(acceptance.path, other) for other in others):
            yield f"{place}: accepts the same property as another one; remove one."
        others.append(acceptance.path)


def _is_secret(acceptance: Acceptance) -> bool:
    last = paths.parse(acceptance.path)[-1].key
    return any(masked(value, path.rpartition(".")[2] or last) != value for path, value in leaves(acceptance.value))


def _overlap(one: str, other: str) -> bool:
    steps, others = paths.parse(one), paths.parse(other)
    return all(a == b for a, b in zip(steps, others, strict=False))
