"""The command line behind make.

Exit codes: 0 done, 1 a failure or a finding, 2 wrong use, 130 interrupted. What is expected to fail prints one
message; a traceback is a defect of this program.
"""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from runner import access, audit, checks, cost, down, drift, lock, preview, reproducible, shell, start, status, up
from runner.bootstrap import options as bootstrap
from runner.ci.login import sign_in_to_look
from runner.directory import SandboxDirectory
from runner.history import options as history
from runner.layout import POLICIES, SANDBOX, Kind
from runner.portal import options as portal
from sandbox.ports import PortError
from sandbox.processes import StopError
from sandbox.servers import ServerError
from sandbox.tools import cache
from sandbox.tools.environments import CHECKOUT
from sandbox.tools.errors import ToolError, UsageError
from sandbox.tools.progress import say

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True}  # further arguments are another program's
# Files side by side: what tests share, such as a sandbox that is up, they share within a file's process.
_WHOLE_SUITE = ("--numprocesses=2", "--dist=loadfile")

Layer = Annotated[str | None, typer.Option(help="identity, platform or apps")]
Report = Annotated[Path | None, typer.Option(help="a folder for SARIF, JUnit and Markdown")]


@app.command("up")
def _up(layer: Layer = None, app_name: Annotated[str | None, typer.Option("--app")] = None) -> None:
    """Bring up the sandbox and all layers in it."""
    try:
        code = up.run(layer, app_name)
    except KeyboardInterrupt:
        up.explain_interrupt()
        raise
    raise typer.Exit(code)


@app.command("preview")
def _preview(
    layer: Layer = None,
    app_name: Annotated[str | None, typer.Option("--app")] = None,
    stack: Annotated[str, typer.Option(help="the environment: sandbox, dev, prod, …")] = SANDBOX,
    *,
    refresh: Annotated[bool, typer.Option(help="compare with the cloud as it is, not with the state")] = False,
    report: Report = None,
) -> None:
    """Show what a change would do, as the read-only identity, and what the plan gate says of it."""
    sign_in_to_look(stack, layer, app_name)
    raise typer.Exit(preview.run(layer, app_name, stack, refresh=refresh, report=report))


@app.command("audit")
def _audit(
    stack: Annotated[str, typer.Option(help="the environment: sandbox, dev, prod, …")] = SANDBOX,
    report: Report = None,
) -> None:
    """Judge the states of all layers together."""
    sign_in_to_look(stack)
    raise typer.Exit(audit.run(stack, report))


app.command("access")(access.command)


app.command("bootstrap")(bootstrap.command)


@app.command("deploy")
def _deploy(
    stack: Annotated[str | None, typer.Option(help="the environment: dev, prod, …")] = None,
    layer: Layer = None,
    apps: Annotated[str | None, typer.Option("--app", help="apps, separated by blanks")] = None,
) -> None:
    """Deploy to Google Cloud what is previewed, judged and let through."""
    if stack is None:
        raise UsageError("which environment? STACK is dev, prod or another one that has stack files")
    from runner import deploy  # noqa: PLC0415  Google's libraries take 0.3 s to load

    raise typer.Exit(deploy.run(stack, layer, apps or None))


@app.command("ci")
def _ci(step: Annotated[str | None, typer.Option(help="the step's name")] = None) -> None:
    """Do a step of a workflow on GitHub."""
    from runner.ci import steps  # noqa: PLC0415  no other command needs it

    raise typer.Exit(steps.run(step))


@app.command("github")
def _github(
    *,
    check: Annotated[bool, typer.Option(help="only tell what is not as committed")] = False,
    repository: Annotated[str | None, typer.Option(help="owner/name")] = None,
) -> None:
    """Bring the repository's settings on GitHub to what is committed."""
    from runner.ci import settings  # noqa: PLC0415  no other command needs it

    raise typer.Exit(settings.run(check=check, repository=repository))


@app.command("cost")
def _cost(
    layer: Layer = None,
    app_name: Annotated[str | None, typer.Option("--app")] = None,
    stack: Annotated[str, typer.Option(help="the environment")] = SANDBOX,
) -> None:
    """Estimate what the stacks cost a month, and what a change would cost."""
    sign_in_to_look(stack, layer, app_name)
    raise typer.Exit(cost.run(layer, app_name, stack))


app.command("portal")(portal.command)


@app.command("new-app")
def _new_app(
    name: Annotated[str | None, typer.Option(help="of the app: 2 to 26 characters")] = None,
    team: Annotated[str | None, typer.Option(help="who owns it")] = None,
    kind: Annotated[str, typer.Option(help="webService, worker or cronJob")] = "webService",
    public: Annotated[str | None, typer.Option(help="`yes`: reached from outside")] = None,
) -> None:
    """Prepare a new app: a branch for each team that has a say."""
    from runner import new_app  # noqa: PLC0415  no other command needs it

    raise typer.Exit(new_app.run(name, team, kind, public))


app.command("history")(history.command)


@app.command("compare")
def _compare(layer: Layer = None) -> None:
    """Tell what dev and prod would not share, and whether that is intended."""
    command = [*checks.COMPARISON, *(["--layer", layer] if layer else [])]
    env = checks.comparing()
    raise typer.Exit(subprocess.run(command, env=env, cwd=CHECKOUT / "tests", check=False).returncode)  # noqa: S603  ours


@app.command("drift")
def _drift() -> None:
    """Change the sandbox behind Pulumi's back."""
    raise typer.Exit(drift.run())


@app.command("down")
def _down() -> None:
    """Stop the servers and discard the sandbox."""
    raise typer.Exit(down.run())


@app.command("status")
def _status() -> None:
    """Show servers, stacks and identities."""
    raise typer.Exit(status.run())


@app.command("shell")
def _shell(
    layer: Layer = None,
    app_name: Annotated[str | None, typer.Option("--app")] = None,
    identity: Annotated[str, typer.Option("--as", help="preview or deploy")] = "deploy",
    command: Annotated[str | None, typer.Option("--command", "-c")] = None,
) -> None:
    """Open a shell on the sandbox as a layer's identity."""
    kinds: dict[str, Kind] = {"preview": "preview", "deploy": "deploy"}
    if identity not in kinds:
        raise UsageError(f"there is no identity {identity!r}; AS is preview or deploy")
    raise typer.Exit(shell.run(layer, app_name, kinds[identity], command))


@app.command("tools")
def _tools() -> None:
    """Find, download or build the tools."""
    found = start.tools()
    say(f"pulumi      {found.pulumi}\nkubernetes  {found.controlplane}\ncache       {cache.root()}")


@app.command("test", context_settings=_PASSED_ON)
def _test(context: typer.Context) -> None:
    """Run the tests; further arguments go to pytest."""
    start.tools()
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", *(context.args or _WHOLE_SUITE)]
    raise typer.Exit(subprocess.run(command, cwd=CHECKOUT / "tests", check=False).returncode)  # noqa: S603  pytest


@app.command("verify-reproducible")
def _verify_reproducible() -> None:
    """Bring this commit up twice from nothing, and compare the states."""
    raise typer.Exit(reproducible.run())


@app.command("conformance")
def _conformance() -> None:
    """Write the table of who may do what, as the running sandbox decides."""
    _report("sandbox.conformance", [])


@app.command("checkov")
def _checkov() -> None:
    """Ask an independent judge about what the sandbox deployed."""
    _report("judge", [])


@app.command("explain", context_settings=_PASSED_ON)
def _explain(context: typer.Context) -> None:
    """Explain the last refusals of the simulated cloud."""
    _report("sandbox.cloud.explain", context.args)


@app.command("unused", context_settings=_PASSED_ON)
def _unused(context: typer.Context) -> None:
    """List what was granted and never used."""
    _report("sandbox.cloud.unused", context.args)


def _report(module: str, arguments: list[str]) -> NoReturn:
    """Run a report on the sandbox's cloud, which knows nothing of this program."""
    env = {**os.environ, "SANDBOX_DIR": str(SandboxDirectory.default().required().path)}
    command = [sys.executable, "-m", module, *arguments]
    raise typer.Exit(subprocess.run(command, env=env, cwd=CHECKOUT / "tests", check=False).returncode)  # noqa: S603  ours


@app.command("bench", context_settings=_PASSED_ON)
def _bench(context: typer.Context) -> None:
    """Measure what everything costs; further arguments name parts."""
    start.tools()
    command = [sys.executable, "-m", "bench", *context.args]
    env = {**os.environ, "PYTHONPATH": f".{os.pathsep}{POLICIES}"}  # the pack is measured by itself as well
    raise typer.Exit(subprocess.run(command, cwd=CHECKOUT / "tests", env=env, check=False).returncode)  # noqa: S603  ours


@app.command("check")
def _check() -> None:
    """Lint, format, types, locks and documents."""
    raise typer.Exit(checks.run())


@app.command("lock")
def _lock(*, upgrade: bool = False) -> None:
    """Write the lock files."""
    raise typer.Exit(lock.run(upgrade=upgrade))


def main() -> int:
    """Run the command of the arguments; return the exit code."""
    try:
        app(standalone_mode=True)
    except (ToolError, PortError, ServerError, StopError) as error:
        say(f"error: {error}")
        return getattr(error, "exit_code", 1)
    except sqlite3.DatabaseError as error:
        file = SandboxDirectory.default().path / "cloud.db"
        say(
            f"error: the simulated cloud ({file}) cannot be used: {error}. This command stopped there. If its disk is "
            "full, free some space; else begin anew with `make down` and `make up`."
        )
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        return _disk(error)
    return 0


def _disk(error: OSError) -> int:
    """A full or read-only disk met anywhere; every other system error is a defect and keeps its traceback."""
    try:
        with cache.disk_errors("running this command", CHECKOUT):
            raise error
    except ToolError as told:
        say(f"error: {told}")
        return told.exit_code


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code) if code == 130 else sys.exit(code)
