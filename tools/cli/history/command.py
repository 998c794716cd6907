"""`make history`: from a question to a printed answer."""

from dataclasses import replace

from cli import target
from cli.console import wide_console
from cli.history.answer import answer
from cli.history.question import Question
from cli.history.rendering import told
from cli.history.show import markdown, on_terminal
from cli.layout import LAYERS, SANDBOX, environments
from toolchain.errors import UsageError

FORMATS = ("table", "markdown", "json")
NEWEST = 30


def run(asked: Question, environment: str, logs: str | None, form: str) -> int:
    """Print the answer; return the exit code.

    Raises `UsageError` for a question that cannot be asked, `ToolError` when something cannot be read.
    """
    check(asked, environment, logs, form)
    cloud = target.of(environment)
    cloud.sign_in()
    asked = replace(asked, layer="apps") if asked.app else asked
    found = answer(cloud, asked, logs)
    if form == "json":
        print(found.model_dump_json(by_alias=True, indent=2))
    elif form == "markdown":
        print(markdown(told(found, asked)), end="")
    else:
        on_terminal(told(found, asked), wide_console())
    return 0


def check(asked: Question, environment: str, logs: str | None, form: str) -> None:
    """Raise `UsageError` for a question that cannot be asked."""
    known = [SANDBOX, *environments()]
    if environment not in known:
        raise UsageError(f"there is no environment {environment!r}; STACK is one of {', '.join(known)}")
    if asked.layer is not None and asked.layer not in LAYERS:
        raise UsageError(f"there is no layer {asked.layer!r}; the layers are {', '.join(LAYERS)}")
    if asked.app and asked.layer not in (None, "apps"):
        raise UsageError(
            f"APP={asked.app} names a stack of apps, and LAYER={asked.layer} another layer; give one of them"
        )
    if form not in FORMATS:
        raise UsageError(f"there is no format {form!r}; FORMAT is one of {', '.join(FORMATS)}")
    if asked.since and asked.since > asked.until:
        since, until = (f"{time:%Y-%m-%d %H:%M}" for time in (asked.since, asked.until))
        raise UsageError(f"SINCE ({since}) is after UNTIL ({until}), and nothing is between them")
    if asked.reads and not (asked.who or asked.resource or asked.update):
        raise UsageError("reads are most of a log; with READS say whose (WHO), of what (RESOURCE) or of which UPDATE")
    for name, value in (("WHO", asked.who), ("RESOURCE", asked.resource), ("APP", asked.app), ("LOGS", logs)):
        if value is not None and not value.strip():
            raise UsageError(f"{name} is empty; give a part of a name, or leave it out")
