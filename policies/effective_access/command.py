"""Answers questions about access: `python -m effective_access.command --state … --fetched … --who … --can … --on …`.

Any of the three may be left open. Exit codes: 0 answered, also when the answer is nobody; 2 the question, a state or a
file is wrong.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from access_audit.merge import StateError, resources_of
from effective_access import show
from effective_access.answers import Answer, Answering
from effective_access.build import document
from effective_access.decide import Access
from effective_access.evidence import read
from effective_access.model import VERSION, Document, Entry
from effective_access.questions import QuestionError, question
from effective_access.states import States
from policy_pack import urns
from policy_pack.data import DataError
from policy_pack.rule import Member

_FORMATS = ("table", "markdown", "json")


def main() -> int:
    """Answer by the arguments; return the exit code."""
    arguments = _arguments()
    try:
        _check(arguments.format)
        now = document(_states(arguments.state), read(arguments.fetched), datetime.now(UTC))
        _answer(now, arguments)
    except (StateError, DataError, QuestionError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _check(form: str) -> None:
    if form not in _FORMATS:
        raise QuestionError(f"FORMAT={form!r} is none of {', '.join(_FORMATS)}.")


def _answer(now: Document, arguments: argparse.Namespace) -> None:
    access = Access(now)
    words = {key: str(value) for key in ("who", "can", "on") if (value := getattr(arguments, key)) is not None}
    if not words:
        if arguments.format == "json":
            print(as_json(now))
        else:
            _show("", [show.overview(access)], now, arguments.format)
        return
    asked = question(access, words.get("who"), words.get("can"), words.get("on"))
    lines = tuple(Answering(access, asked).lines())
    if arguments.format == "json":
        print(as_json(Answer(version=VERSION, environment=now.environment, question=words, lines=lines, gaps=now.gaps)))
        return
    sections = list(show.answer(access, asked, lines))
    _show(f"{now.environment}: {show.heading(access, asked, lines)}", sections, now, arguments.format)


def _show(title: str, sections: Sequence[show.Section], now: Document, form: str) -> None:
    if form == "markdown":
        print(show.as_markdown(title, sections, now.gaps))
    else:
        show.on_terminal(title, sections, now.gaps)


def as_json(made: Entry) -> str:
    """A document as it is published: what is empty is left out."""
    return made.model_dump_json(by_alias=True, exclude_defaults=True)


def _states(files: list[Path]) -> States:
    return States([_member(each) for file in files for each in resources_of(file) if not each.get("delete")])


def _member(resource: dict[str, Any]) -> Member:
    urn = str(resource["urn"])
    return Member(urn, str(resource["type"]), urns.parse(urn).name, lambda: resource.get("outputs") or {})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="effective_access", description="Tell who can do what.")
    parser.add_argument("--state", required=True, action="append", type=Path, help="a stack's state; several")
    parser.add_argument("--fetched", required=True, type=Path, help="what was fetched of the cloud (evidence.py)")
    parser.add_argument("--who", help="a principal")
    parser.add_argument("--can", help="a permission, or a verb and a kind of the cluster's")
    parser.add_argument("--on", help="a resource")
    parser.add_argument("--before", type=Path, help="an earlier document, to tell what is gained and lost since")
    parser.add_argument("--format", default=_FORMATS[0], help=", ".join(_FORMATS))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
