import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from rich.console import Console

from cli import command_line
from cli.history import schema
from cli.history.model import Entry, History, Person, Update
from cli.history.question import Question, moment
from cli.history.rendering import parts
from cli.history.show import markdown, on_terminal
from toolchain.errors import UsageError

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("3d", NOW - timedelta(days=3)),
        ("2w", NOW - timedelta(weeks=2)),
        ("12h", NOW - timedelta(hours=12)),
        ("30m", NOW - timedelta(minutes=30)),
        ("2026-05-01", datetime(2026, 5, 1, tzinfo=UTC)),
        ("2026-05-01T14:30", datetime(2026, 5, 1, 14, 30, tzinfo=UTC)),
        ("2026-05-01T14:30+02:00", datetime(2026, 5, 1, 12, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_written_as_people_write_it(text: str, time: datetime) -> None:
    assert moment(text, "SINCE", NOW) == time


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "yesterday"), "SINCE=yesterday is no time; write a date"),
        (("--until", "99999w"), "UNTIL=99999w is no time"),
        (("--since", "1d", "--until", "2d"), "is after UNTIL ("),
        (("--stack", "moon"), "there is no environment 'moon'; STACK is one of sandbox, dev, prod"),
        (("--layer", "network"), "there is no layer 'network'"),
        (("--layer", "platform", "--app", "storefront"), "give one of them"),
        (("--format", "xml"), "FORMAT is one of table, markdown, json"),
        (("--update", "12"), "UPDATE=12 names no update"),
        (("--update", "platform/0"), "UPDATE=platform/0 names no update"),
        (("--who", " "), "WHO is empty"),
        (("--reads", "yes"), "reads are most of a log; with READS say whose (WHO)"),
    ],
)
def test_words_that_mean_nothing_are_refused(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        command_line.run(["history", *words])


HOSTILE = "[bold]\x1b[2J <script>alert(1)</script> @everyone | `x`"


def history() -> History:
    """An answer with names that somebody chose to do harm."""
    author = Person(name=HOSTILE, email="ada@example.com")
    times: dict[str, Any] = {"started": NOW, "ended": NOW}
    update = Update(
        key="platform/1",
        stack="prod",
        layer="platform",
        app=None,
        number=1,
        kind="update",
        result="succeeded",
        message=HOSTILE,
        author=author,
        changes=(),
        **times,
    )
    entry = Entry(id="1", time=NOW, principal=HOSTILE, service="s", method="m", resource="r", origin="person")
    return History(environment="prod", since=None, until=NOW, updates=(update,), entries=(entry,), notes=("A note.",))


@pytest.mark.parametrize("asked", [Question(), Question(update=("platform", 1))])
def test_names_from_outside_stay_text_on_a_terminal(asked: Question) -> None:
    console = Console(width=200, force_terminal=True, color_system=None)
    with console.capture() as capture:
        on_terminal(parts(history(), asked), console)

    shown = capture.get()
    assert "\x1b[2J" not in shown
    assert "[bold] <script>" in shown
    assert "A note." in shown


@pytest.mark.parametrize("asked", [Question(), Question(update=("platform", 1))])
def test_names_from_outside_stay_text_in_markdown(asked: Question) -> None:
    shown = markdown(parts(history(), asked))

    assert "<script>" not in shown
    assert "@everyone" not in shown
    assert all(line.count(" | ") in (0, 4, 6) for line in shown.splitlines())


def test_a_person_behind_an_account_is_named_in_the_list() -> None:
    found = history()
    [entry] = found.entries
    behind = entry.model_copy(update={"principal": "deploy@p.iam.gserviceaccount.com", "via": ("ada@example.com",)})
    shown = markdown(parts(found.model_copy(update={"entries": (behind,)}), Question())).replace("\\", "")

    assert "p.iam.gserviceaccount.com on behalf of ada@" in shown


def test_the_document_is_as_its_schema_says() -> None:
    document = json.loads(history().model_dump_json(by_alias=True))
    validator: Any = Draft202012Validator(json.loads(schema.text()))
    validator.validate(document)
