"""Changes of a checkout for a new app: its declaration in the identity layer, its public route, and its entry.

Reads a checkout and returns the new contents of files; writes nothing. The layers check the contents. This module
refuses only mistakes that a reviewer could not see in the diff, such as an unknown team.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cli import app_skeleton, catalog, stack_file
from cli.layout import SANDBOX
from cli.projects import FOUNDATION, joined
from cli.yaml_lines import NotInsertableError, inserted
from toolchain.errors import ToolError, UsageError

# Account IDs have at most 30 characters, and the ID of an app's account is `app-<app>` (identity_layer/kit/scalars.py).
NAME = r"[a-z][a-z0-9-]{0,24}[a-z0-9]"
# Beginnings of names that the cluster keeps for itself, as the identity layer refuses them.
RESERVED = ("default", "kube-", "gke-", "gmp-", "config-management-", "istio-")
REVIEWERS = ".github/CODEOWNERS"
_STACKS_OF = re.compile(r"/apps/Pulumi\.(?P<app>[a-z0-9-]+)-\*\.yaml\s")
# Settings that get an item for the app: one of the identity layer, and one of a platform layer with a gateway.
DECLARATIONS = "identity:apps"
ROUTES = "platform:namespaces"
PUBLIC: Mapping[str, Any] = {"public": True}
NEXT = (
    "For a real environment, let the repository with the app's source build the image: copy "
    "apps/template/source/.github/workflows/build.yml there, and enter the repository in identity:teams.{team}.builds. "
    "It pushes {team}/{name}, and prints the line for apps/Pulumi.{name}-<environment>.yaml."
)


@dataclass(frozen=True)
class NewApp:
    """The app to prepare."""

    name: str
    team: str
    kind: str
    public: bool = False

    @property
    def declaration(self) -> Mapping[str, Any]:
        """The app's item in the identity layer."""
        return {"team": self.team}

    def owners(self, organization: str) -> list[str]:
        """The app's lines in CODEOWNERS."""
        paths = (f"/apps/entries/{self.name}.yaml", f"/apps/Pulumi.{self.name}-*.yaml")
        return [f"{path} @{organization}/{self.team}\n" for path in paths]

    def branch(self, number: int, layer: str) -> str:
        """The name of the branch with the change of a layer."""
        return f"new-app/{self.name}/{number}-{layer}"


@dataclass(frozen=True)
class Message:
    """Title and body of a commit and of its pull request."""

    title: str
    body: str


@dataclass(frozen=True)
class LayerChange:
    """The change of one layer: the team that approves it, its message, and new contents by path in the checkout."""

    layer: str
    approver: str
    message: Message
    files: dict[str, str]


def messages(app: NewApp) -> dict[str, Message]:
    """The message of each layer's change."""
    return {
        "identity": Message(
            f"Declare the app {app.name} of team {app.team}",
            "The team reviews changes of the app. The next deployment of the platform makes the namespace: deploy "
            "identity, then platform.",
        ),
        "platform": Message(
            f"Open a public route to the app {app.name}",
            "In each environment that has a gateway. It takes effect with `apps:public: true` in the app's stack "
            "there.",
        ),
        "apps": Message(
            f"Add {app.name}, a {app.kind} of team {app.team}",
            "The app's entry, and its stack in the sandbox. Deploy it after identity and platform.",
        ),
    }


def changes(root: Path, app: NewApp) -> list[LayerChange]:
    """Changes that the app still requires, in the order of their deployment.

    Raises:
        UsageError: another team owns the name, or the team does not exist.
        ToolError: a file cannot be changed.
    """
    stacks = identity_stacks(root)
    _check(app, stacks)
    files = {
        "identity": _declarations(root, app, stacks) | _reviewers(root, app),
        "platform": _routes(root, app) if app.public else {},
        "apps": _app(root, app),
    }
    owning = {**owners(root), "apps": app.team}
    return [
        LayerChange(layer, owning.get(layer, layer), message, files[layer])
        for layer, message in messages(app).items()
        if files[layer]
    ]


def identity_stacks(root: Path) -> dict[str, dict[str, Any]]:
    """Configuration of the identity layer's daily work by environment.

    Raises `ToolError` when the sandbox has none.
    """
    names = (file.name.split(".")[1] for file in sorted((root / "identity").glob("Pulumi.*.yaml")))
    files = {name: _identity(root, name) for name in names if not name.startswith(f"{FOUNDATION}-")}
    if SANDBOX not in files:
        raise ToolError("identity/Pulumi.sandbox.yaml is not in the last commit, so nothing was prepared; commit it.")
    return {name: _config(file) for name, file in files.items()}


def owners(root: Path) -> dict[str, str]:
    """Teams by what they own, in the sandbox."""
    return stack_file.owners(_identity(root, joined(SANDBOX, FOUNDATION)), _identity(root, SANDBOX))


def repository(root: Path) -> str:
    """Name of the repository whose workflows deploy."""
    return str(_config(_identity(root, joined(SANDBOX, FOUNDATION)))["identity:github"]["repository"])


def _identity(root: Path, name: str) -> Path:
    return root / "identity" / f"Pulumi.{name}.yaml"


def with_gateway(root: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The platform layer's stack files with a gateway, and their configurations."""
    for file in sorted((root / "platform").glob("Pulumi.*.yaml")):
        if (config := _config(file)).get("platform:gateway"):
            yield file, config


def _config(file: Path) -> dict[str, Any]:
    try:
        return dict(yaml.safe_load(file.read_text(encoding="utf-8"))["config"])
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise ToolError(f"{file.parent.name}/{file.name} is no stack file, so nothing was prepared: {error}") from error


def _check(app: NewApp, stacks: dict[str, dict[str, Any]]) -> None:
    known = {team for config in stacks.values() for team in config.get("identity:teams", {})}
    if app.team not in known:
        raise UsageError(
            f"there is no team {app.team!r} in identity/Pulumi.*.yaml (there are: {', '.join(sorted(known))}), so "
            "nobody would answer for the app. Nothing was prepared. Correct TEAM, or have it added to identity:teams."
        )
    for environment, config in stacks.items():
        where = f"identity/Pulumi.{environment}.yaml"
        teams: dict[str, Any] = config.get("identity:teams", {})
        if app.team in teams and "cluster-user" not in teams[app.team].get("capabilities", []):
            raise UsageError(
                f"the team {app.team!r} cannot reach the cluster, so it could not run an app. Nothing was prepared. "
                f"Have it given the capability cluster-user in {where}."
            )
        owner = config.get("identity:apps", {}).get(app.name, {}).get("team", app.team)
        if owner != app.team:
            raise UsageError(
                f"the name {app.name!r} is taken: {where} has it as an app of the team {owner!r}. Nothing was "
                "prepared. Choose another NAME."
            )


def _declarations(root: Path, app: NewApp, stacks: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Stack files of the identity layer that do not declare the app yet, with its declaration.

    An environment that the team has not reached yet is left out: a change goes to the first environment first. The
    sandbox gets the team as well, because the app is tried there.
    """
    files: dict[str, str] = {}
    for environment, config in stacks.items():
        path = f"identity/Pulumi.{environment}.yaml"
        text = (root / path).read_text(encoding="utf-8")
        if app.team not in config.get("identity:teams", {}):
            if environment != SANDBOX:
                continue
            team = next(teams[app.team] for stack in stacks.values() if app.team in (teams := stack["identity:teams"]))
            text = _inserted(text, path, "identity:teams", app.team, team)
        if app.name not in config.get(DECLARATIONS, {}):
            files[path] = _inserted(text, path, DECLARATIONS, app.name, app.declaration)
    return files


def _reviewers(root: Path, app: NewApp) -> dict[str, str]:
    """CODEOWNERS with the app's lines, by which GitHub requires a review by the app's team."""
    file = root / REVIEWERS
    added = app.owners(repository(root).partition("/")[0])
    if not file.is_file() or added[0].split()[0] in (text := file.read_text(encoding="utf-8")):
        return {}
    lines = text.splitlines(keepends=True)
    position = next((number for number, line in enumerate(lines, 1) if line.startswith("/apps/ ")), 0)
    if not position:
        raise ToolError(f"{REVIEWERS} has no line for /apps/, below which an app's two lines go; add it.")
    # The last line that matches counts, and /apps/Pulumi.shop-*.yaml matches the stacks of shop-admin as well: the
    # longer name has to come later.
    for number, line in enumerate(lines, 1):
        shorter = _STACKS_OF.match(line)
        if shorter and app.name.startswith(f"{shorter['app']}-"):
            position = number
    return {REVIEWERS: "".join([*lines[:position], *added, *lines[position:]])}


def _routes(root: Path, app: NewApp) -> dict[str, str]:
    """Stack files of the platform layer that have a gateway and no route to the app, with the route added."""
    return {
        (path := f"platform/{file.name}"): _inserted(file.read_text("utf-8"), path, ROUTES, app.name, PUBLIC)
        for file, config in with_gateway(root)
        if app.name not in config.get(ROUTES, {})
    }


def _inserted(text: str, path: str, mapping: str, key: str, value: Mapping[str, Any]) -> str:
    shown = yaml.safe_dump(dict(value), default_flow_style=True, sort_keys=False, width=1000).strip()
    try:
        return inserted(text, ["config", mapping], key, shown)
    except NotInsertableError as error:
        raise ToolError(f"{path} cannot be changed, so nothing was prepared: {error}.") from error


def _app(root: Path, app: NewApp) -> dict[str, str]:
    """The app's files that do not exist yet, and the catalog with the app in it."""
    written = app_skeleton.files(root, app.name, app.team, app.kind)
    missing = {path: text for path, text in written.items() if not (root / path).exists()}
    if not missing:
        return {}
    entries = {file.stem: file.read_text(encoding="utf-8") for file in (root / "apps" / "entries").glob("*.yaml")}
    return {**missing, catalog.FILE: catalog.text(root, {app.name: next(iter(written.values())), **entries})}
