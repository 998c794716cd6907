"""Options that several commands have, and the type of yes-or-no options."""

from pathlib import Path
from typing import Annotated, Any, NewType

import typer

from toolchain.errors import UsageError

# Not a plain `bool`: Typer makes a flag of it, which is set whatever value make passes.
Switch = NewType("Switch", bool)
NO, YES = Switch(False), Switch(True)
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")

Layer = Annotated[str | None, typer.Option(help="identity, platform or apps")]
Owner = Annotated[
    str | None,
    typer.Option(
        metavar="storage",
        help="the stacks of one owner: foundation, identity, team, platform, storage, namespaces, apps-<team>",
    ),
]
Team = Annotated[str | None, typer.Option(help="the stacks of one team, and of its apps")]
App = Annotated[str | None, typer.Option(help="one app")]
Environment = Annotated[str, typer.Option(metavar="sandbox", help="the environment: sandbox, dev, prod, …")]
RequiredEnvironment = Annotated[
    str, typer.Option("--stack", metavar="prod", help="the environment: dev, prod or another one that has stack files")
]
Report = Annotated[Path | None, typer.Option(metavar="folder", help="a folder for SARIF, JUnit and Markdown")]
Contracts = Annotated[
    Path | None,
    typer.Option(
        metavar="folder",
        help="a folder of contracts that plans would publish: what it has is read, and its own are added",
    ),
]
Format = Annotated[str, typer.Option("--format", metavar="table|markdown|json", help="how the answer is written")]
Logs = Annotated[
    str | None, typer.Option(metavar="folder", help="a folder or a gs://… address with exported audit logs")
]


def switch(text: str) -> Any:
    """A yes-or-no option; `text` describes its effect when it is yes."""
    return typer.Option(metavar="yes", help=text, parser=str, callback=_decided, show_default=False)


def variable(option: str) -> str:
    """Name of the make variable of an option."""
    return option.lstrip("-").replace("-", "_").upper()


def _decided(param: typer.CallbackParam, value: str) -> bool:
    if value.lower() in _YES:
        return True
    if value.lower() in _NO:
        return False
    name = variable(param.opts[0])
    raise UsageError(
        f"{name}={value} is neither yes nor no, so nothing was done; write {name}=yes (or true, 1), {name}=no (or "
        f"false, 0), or leave {name} out"
    )


Refresh = Annotated[
    Switch,
    typer.Option(
        metavar="no",
        help="no: begin from the state, and leave alone what was changed out of band",
        parser=str,
        callback=_decided,
        show_default=False,
    ),
]
