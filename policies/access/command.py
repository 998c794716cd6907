"""Answers questions about access: `python -m access.command --state … --fetched … --who … --can … --on …`.

Each of the three is optional. Exit codes: 0 answered, even when no principal has access; 2 the question, a state or a
file is wrong.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from access import difference, planned, show
from access.answers import Answer, Answering
from access.listing import Listing
from access.questions import QuestionError, question
from audit.merge import StateError, resources_of
from audit.settings import settings
from engine import urns
from engine.data import DataError
from engine.members import Member
from iam.build import Builder
from iam.decide import Access
from iam.document import VERSION, Document, Entry
from iam.fetched import Fetched
from iam.states import States

_FORMATS = ("table", "markdown", "json")
_ROWS = "rows"  # effective access of all principals, for the portal


def main() -> int:
    """Answer by the arguments; return the exit code."""
    arguments = _arguments()
    try:
        _check(arguments.format)
        states, fetched, at = _states(arguments.state), _fetched(arguments.fetched), datetime.now(UTC)
        worked_from = settings().states
        now = Builder(states, fetched, at, worked_from=worked_from).document()
        if arguments.plan:
            plans = [planned.Plan(*files) for files in arguments.plan]
            planned_states = States([member for plan in plans for member in planned.members(plan)])
            after = Builder(planned_states, fetched, at, before=states, worked_from=worked_from).document()
            gaps = tuple(gap for gap in after.gaps if gap not in now.gaps)
            _compare(now, after, (*gaps, *planned.unsettled(plans)), arguments)
        elif arguments.before:
            _compare(_earlier(arguments.before), now, now.gaps, arguments)
        else:
            _answer(now, arguments)
    except (StateError, DataError, QuestionError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _fetched(file: Path) -> Fetched:
    try:
        return Fetched.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise StateError(
            f"{file.name} cannot be read as what was fetched of the cloud ({type(error).__name__}), so nothing can be "
            "answered. Fetch it again (`make access`)."
        ) from None


def _earlier(file: Path) -> Document:
    try:
        return Document.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise QuestionError(
            f"{file.name} cannot be read as an earlier answer ({type(error).__name__}), so nothing can be compared. "
            "Save one with `make access FORMAT=json > file`."
        ) from None


def _compare(before: Document, after: Document, gaps: tuple[str, ...], arguments: argparse.Namespace) -> None:
    if before.project.id != after.project.id:
        raise QuestionError(
            f"the earlier answer is about {before.project.id} and this one about {after.project.id}: everybody would "
            "have lost everything. Compare two answers about one project."
        )
    given = [word for word in ("can", "on") if getattr(arguments, word) is not None]
    if given:
        raise QuestionError(f"a difference is reported for everybody, or for WHO=…; leave {given[0].upper()} out.")
    old, new = Access(before), Access(after)
    changes = tuple(difference.changes(old, new))
    if arguments.who:
        who = difference.whose(arguments.who, old, new)
        changes = tuple(change for change in changes if change.who == who)
    if arguments.format == "json":
        summary = difference.Difference(version=VERSION, environment=after.environment, changes=changes, gaps=gaps)
        print(as_json(summary))
        return
    title = f"{after.environment}: {show.compared(changes)}"
    _show(title, [show.difference(changes)] if changes else [], gaps, arguments.format)


def _check(form: str) -> None:
    if form not in (*_FORMATS, _ROWS):
        raise QuestionError(f"FORMAT={form!r} is none of {', '.join(_FORMATS)}.")


def _answer(now: Document, arguments: argparse.Namespace) -> None:
    access = Access(now)
    words = {key: str(value) for key in ("who", "can", "on") if (value := getattr(arguments, key)) is not None}
    if arguments.format == _ROWS:
        print(json.dumps(Listing(access).as_json()))
        return
    if not words:
        if arguments.format == "json":
            print(as_json(now))
        else:
            _show("", [show.overview(access)], now.gaps, arguments.format)
        return
    resolved = question(access, words.get("who"), words.get("can"), words.get("on"))
    lines = tuple(Answering(access, resolved).lines())
    if arguments.format == "json":
        print(as_json(Answer(version=VERSION, environment=now.environment, question=words, lines=lines, gaps=now.gaps)))
        return
    sections = list(show.answer(access, resolved, lines))
    _show(f"{now.environment}: {show.heading(access, resolved, lines)}", sections, now.gaps, arguments.format)


def _show(title: str, sections: Sequence[show.Section], gaps: Sequence[str], form: str) -> None:
    if form == "markdown":
        print(show.as_markdown(title, sections, gaps))
    else:
        show.on_terminal(title, sections, gaps)


def as_json(made: Entry) -> str:
    """Return the published form of a document, without fields that have their defaults."""
    return made.model_dump_json(by_alias=True, exclude_defaults=True)


def _states(files: list[Path]) -> States:
    return States(
        [_member(resource) for file in files for resource in resources_of(file) if not resource.get("delete")]
    )


def _member(resource: dict[str, Any]) -> Member:
    urn = str(resource["urn"])
    return Member(urn, str(resource["type"]), urns.parse(urn).name, lambda: resource.get("outputs") or {})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="access", description="Tell who can do what.")
    parser.add_argument("--state", required=True, action="append", type=Path, help="a stack's state; several")
    parser.add_argument("--fetched", required=True, type=Path, help="what was fetched of the cloud (iam/fetched.py)")
    parser.add_argument("--who", help="a principal")
    parser.add_argument("--can", help="a permission, or a verb and a kind of the cluster's")
    parser.add_argument("--on", help="a resource")
    parser.add_argument("--before", type=Path, help="an earlier document, to tell what is gained and lost since")
    parser.add_argument(
        "--plan",
        action="append",
        nargs=3,
        type=Path,
        metavar=("PLAN", "STATE", "EVENTS"),
        help="what a preview wrote, and the state before it: what it would change; several",
    )
    parser.add_argument("--format", default=_FORMATS[0], help=", ".join(_FORMATS))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
