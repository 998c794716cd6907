"""`make history`: from the words of the command line to an answer."""

from dataclasses import dataclass
from datetime import UTC, datetime

from runner.ci.login import sign_in_to_look
from runner.console import wide_console
from runner.history.answer import answer
from runner.history.question import Question, moment, update_key
from runner.history.show import markdown, on_terminal
from runner.history.telling import told
from runner.layout import LAYERS, SANDBOX, environments
from sandbox.tools.errors import UsageError

FORMATS = ("table", "markdown", "json")
_NEWEST = 30


@dataclass(frozen=True)
class Words:
    """What the command line says; None for what it does not."""

    stack: str = SANDBOX
    who: str | None = None
    resource: str | None = None
    layer: str | None = None
    app: str | None = None
    since: str | None = None
    until: str | None = None
    update: str | None = None
    logs: str | None = None
    form: str = "table"
    reads: bool = False


def run(words: Words) -> int:
    """Print the answer; return the exit code.

    Raises `UsageError` for words that mean nothing, `ToolError` when something cannot be read.
    """
    asked = question(words, datetime.now(UTC))
    sign_in_to_look(words.stack)
    found = answer(words.stack, asked, words.logs)
    if words.form == "json":
        print(found.model_dump_json(by_alias=True, indent=2))
    elif words.form == "markdown":
        print(markdown(told(found, asked)), end="")
    else:
        on_terminal(told(found, asked), wide_console())
    return 0


def question(words: Words, now: datetime) -> Question:
    """What the words ask for.

    Raises `UsageError` when they ask for nothing that can be.
    """
    _check(words)
    since = moment(words.since, "SINCE", now) if words.since is not None else None
    until = moment(words.until, "UNTIL", now) if words.until is not None else now
    if since and since > until:
        raise UsageError(f"SINCE={words.since} is after UNTIL={words.until or 'now'}, and nothing is between them")
    return Question(
        who=words.who,
        resource=words.resource,
        layer="apps" if words.app else words.layer,
        app=words.app,
        since=since,
        until=until,
        update=update_key(words.update) if words.update is not None else None,
        reads=words.reads,
        # The whole of a document, or what fits a screen.
        details=words.form == "json",
        newest=None if since or words.form == "json" else _NEWEST,
    )


def _check(words: Words) -> None:
    known = [SANDBOX, *environments()]
    if words.stack not in known:
        raise UsageError(f"there is no environment {words.stack!r}; STACK is one of {', '.join(known)}")
    if words.layer is not None and words.layer not in LAYERS:
        raise UsageError(f"there is no layer {words.layer!r}; the layers are {', '.join(LAYERS)}")
    if words.app and words.layer not in (None, "apps"):
        raise UsageError(
            f"APP={words.app} names a stack of apps, and LAYER={words.layer} another layer; give one of them"
        )
    if words.form not in FORMATS:
        raise UsageError(f"there is no format {words.form!r}; FORMAT is one of {', '.join(FORMATS)}")
    if words.reads and not (words.who or words.resource or words.update):
        raise UsageError("reads are most of a log; with READS say whose (WHO), of what (RESOURCE) or of which UPDATE")
    for name, value in (("WHO", words.who), ("RESOURCE", words.resource), ("APP", words.app), ("LOGS", words.logs)):
        if value is not None and not value.strip():
            raise UsageError(f"{name} is empty; give a part of a name, or leave it out")
