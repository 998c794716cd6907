"""`make history`: check a question and print its answer."""

from dataclasses import replace

from cli import target
from cli.console import wide_console
from cli.history.answer import answer
from cli.history.question import Question
from cli.history.rendering import parts
from cli.history.show import markdown, on_terminal
from cli.layout import LAYERS, SANDBOX, environments
from toolchain.errors import UsageError

FORMATS = ("table", "markdown", "json")
NEWEST = 30


def run(question: Question, environment: str, logs: str | None, form: str) -> int:
    """Print the answer to a question; return the exit code.

    Raises `UsageError` for an invalid question, `ToolError` when a source cannot be read.
    """
    check(question, environment, logs, form)
    cloud = target.of(environment)
    cloud.sign_in()
    question = replace(question, layer="apps") if question.app else question
    answered = answer(cloud, question, logs)
    if form == "json":
        print(answered.model_dump_json(by_alias=True, indent=2))
    elif form == "markdown":
        print(markdown(parts(answered, question)), end="")
    else:
        on_terminal(parts(answered, question), wide_console())
    return 0


def check(question: Question, environment: str, logs: str | None, form: str) -> None:
    """Raise `UsageError` for an invalid question."""
    existing = [SANDBOX, *environments()]
    if environment not in existing:
        raise UsageError(f"there is no environment {environment!r}; STACK is one of {', '.join(existing)}")
    if question.layer is not None and question.layer not in LAYERS:
        raise UsageError(f"there is no layer {question.layer!r}; the layers are {', '.join(LAYERS)}")
    if question.app and question.layer not in (None, "apps"):
        raise UsageError(
            f"APP={question.app} names a stack of apps, and LAYER={question.layer} another layer; give one of them"
        )
    if form not in FORMATS:
        raise UsageError(f"there is no format {form!r}; FORMAT is one of {', '.join(FORMATS)}")
    if question.since and question.since > question.until:
        since, until = (f"{time:%Y-%m-%d %H:%M}" for time in (question.since, question.until))
        raise UsageError(f"SINCE ({since}) is after UNTIL ({until}), and nothing is between them")
    if question.reads and not (question.who or question.resource or question.update):
        raise UsageError("reads are most of a log; with READS say whose (WHO), of what (RESOURCE) or of which UPDATE")
    for name, value in (("WHO", question.who), ("RESOURCE", question.resource), ("APP", question.app), ("LOGS", logs)):
        if value is not None and not value.strip():
            raise UsageError(f"{name} is empty; give a part of a name, or leave it out")
