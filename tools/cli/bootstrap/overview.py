"""Overview that `make bootstrap` shows before the first change: caller, project, and the state of each step."""

from dataclasses import dataclass

from rich.table import Table

from cli.bootstrap.google import Project
from cli.bootstrap.stack_file import Claims
from cli.console import wide_console
from cli.layout import Stack


@dataclass(frozen=True)
class Row:
    """A step, its state, and a detail."""

    title: str
    state: str
    detail: str


@dataclass(frozen=True)
class Overview:
    """The project, if it can be read yet, the claims of the stack file, and the steps."""

    project: Project | None
    claims: Claims
    rows: tuple[Row, ...]


def row(title: str, done: bool | None, detail: str) -> Row:
    """Row of a step; `done` is None for a step that is done each time."""
    return Row(title, "to do" if done is None else "done" if done else "to do", "" if done else detail)


def show(overview: Overview, who: str, stack: Stack) -> None:
    """Print the overview."""
    console = wide_console()
    facts = Table(box=None, pad_edge=False, show_header=False)
    parent = overview.project.parent if overview.project else "not known before its API is enabled"
    claims = overview.claims
    for name, value in (
        ("environment", stack.environment),
        ("project", f"{stack.gcp_project()} ({claims.number}), in {parent or 'no organisation'}"),
        ("organisation policies", f"on, by organisation {claims.organization}" if claims.organization else "off"),
        ("administrators", claims.administrators),
        ("audit log", "locked in a last step of its own, for good" if claims.is_locked else "not locked"),
        ("you are", who),
    ):
        facts.add_row(name, value)
    console.print(facts)
    console.print()
    steps = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "step", "state", "detail"):
        steps.add_column(heading, overflow="fold")
    for number, item in enumerate(overview.rows, start=1):
        steps.add_row(str(number), item.title, item.state, item.detail)
    console.print(steps)
    console.print()
