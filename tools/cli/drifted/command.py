"""`make drifted`: what differs from the code by property, and the three ways to repair each of them."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from cli.drifted import acceptance, places
from cli.drifted.adoption import Proof, Trials
from cli.drifted.drifted_property import ACCEPTED, DriftedProperty
from cli.layout import Stack
from cli.preview import planned
from cli.pulumi.engine import reasons
from cli.pulumi.gate import PreviewArtifacts, evaluate
from cli.target.protocol import Target
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError, UsageError
from toolchain.progress import say, show

ADOPT, ACCEPT = "adopt", "accept"
_LONGEST = timedelta(days=90)
_USUAL = timedelta(days=30)


@dataclass(frozen=True)
class Question:
    """Question about drifted properties.

    Attributes:
        resource: name of a resource; empty for all.
        path: a property; empty for all.
        choice: `adopt` or `accept`; empty for the commands of all three ways.
        until: last day of the acceptance.
        reason: reason of the acceptance.
    """

    resource: str = ""
    path: str = ""
    choice: str = ""
    until: date = date.max
    reason: str = ""

    def is_about(self, drifted: DriftedProperty) -> bool:
        """Return whether a property is asked about."""
        return self.resource in ("", drifted.name) and self.path in ("", drifted.path)


def question(resource: str, path: str, choice: str, until: str, reason: str) -> Question:
    """Return the question of the command's options, which are empty where they are not given.

    Raises `UsageError` for a choice or a day that there is not.
    """
    today = datetime.now(UTC).date()
    if choice not in ("", ADOPT, ACCEPT):
        raise UsageError(
            f"CHOICE={choice} is neither {ADOPT} nor {ACCEPT}, so nothing was done. To put everything back, deploy."
        )
    try:
        day = date.fromisoformat(until) if until else today + _USUAL
    except ValueError:
        raise UsageError(f"UNTIL={until} is no day, so nothing was done; write it as {today + _USUAL}") from None
    if not today <= day <= today + _LONGEST:
        raise UsageError(
            f"UNTIL={until} is not within {_LONGEST.days} days from today ({today + _LONGEST} at most), so nothing was "
            "done; what stays for longer is adopted into the code"
        )
    return Question(resource, path, choice, day, reason)


def run(target: Target, chosen: Sequence[Stack], asked: Question) -> int:
    """Show the drifted properties of stacks and how to repair them; return 1 when there are any."""
    target.start()
    count = sum([_one(target, stack, asked) for stack in chosen])
    if not count:
        alike = " like that" if asked.resource or asked.path else ""
        say(f"no property{alike} has drifted: the cloud has what the code declares, or what is accepted")
    return 1 if count else 0


def _one(target: Target, stack: Stack, asked: Question) -> int:
    with target.preview(stack) as engine, tempfile.TemporaryDirectory(prefix="prodfirst-") as folder:
        artifacts = PreviewArtifacts(Path(folder) / "plan.json", Path(folder) / "events.json", engine.state)
        files = [f"--save-plan={artifacts.plan}", f"--event-log={artifacts.events}"]
        result = planned(stack, engine, ["--refresh", *files], artifacts.events)
        if result.code and not artifacts.events.exists():
            raise ToolError(f"{stack.title}: the preview did not start, so what drifted is not known. {result.output}")
        if result.code:
            say(f"{stack.title}: the preview was stopped, so there may be more\n{reasons(result)}")
        verdict = evaluate(stack, artifacts, binding=False)
        for line in verdict.sections.get(ACCEPTED, ()):
            show(f"{stack.title}: accepted: {line}")
        trials = Trials(stack, engine, verdict)
        found = [drifted for drifted in verdict.drift if asked.is_about(drifted)]
        for drifted in found:
            show("\n".join(_told(stack, drifted, asked, trials)))
        return len(found)


def _told(stack: Stack, drifted: DriftedProperty, asked: Question, trials: Trials) -> Iterator[str]:
    """Yield the lines about a drifted property."""
    yield f"{stack.title}: {drifted.label}"
    if drifted.path:
        yield f"  declared {_shown(drifted.declared)}, in the cloud {_shown(drifted.live)}"
    else:
        yield "  it is gone from the cloud"
    if asked.choice == ADOPT:
        yield from _adopted(drifted, trials)
    elif asked.choice == ACCEPT:
        yield from _accepted(stack, drifted, asked)
    else:
        for choice, command in drifted.commands(stack).items():
            yield f"  {choice:<9} {command}"
        if drifted.untouchable:
            yield f"  nobody accepts it: {drifted.untouchable}"


def _shown(value: object) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def _adopted(drifted: DriftedProperty, trials: Trials) -> Iterator[str]:
    code = f"The resource is declared at {drifted.place or 'a place that the state does not name'}."
    if not drifted.path:
        yield f"  To leave it gone, take it out of the code or the configuration. {code}"
        return
    proof = trials.proof(drifted)
    if proof.place is None:
        yield f"  {_unproved(proof)} {code}"
        return
    shown = proof.place.file.relative_to(CHECKOUT).as_posix()
    yield f"  It comes from {shown}:{proof.place.line} ({proof.place.path}): a preview with the other value shows so."
    yield places.difference(proof.place, shown)
    if proof.besides:
        yield "  With it, this would change as well:"
        yield from (f"    {line}" for line in proof.besides)


def _unproved(proof: Proof) -> str:
    if not proof.candidates:
        return "No value of the configuration is the declared one: it is set in code, or is a default."
    listed = ", ".join(f"{place.file.name}:{place.line}" for place in proof.candidates[: proof.tried])
    rest = len(proof.candidates) - proof.tried
    more = f", and {rest} more were not tried" if rest else ""
    return f"It comes from none of the places with its value ({listed}{more}): it is set in code, or computed."


def _accepted(stack: Stack, drifted: DriftedProperty, asked: Question) -> Iterator[str]:
    if drifted.untouchable:
        yield f"  nobody accepts it: {drifted.untouchable}. Put it back, or adopt it."
        return
    yield f"  Add to {acceptance.FILE}, and have security review it{'' if asked.reason else ', with the reason'}:"
    yield acceptance.entry(stack, drifted, asked.until, asked.reason)
