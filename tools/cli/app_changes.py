"""What a new app changes in a checkout: its place in the identity layer, a way in where it is public, and its entry.

It reads a checkout and says which files would have which content. The layers themselves judge what is in them; here is
only refused what could not be seen in a reviewer's diff, such as a team that is not there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from cli import catalog
from cli.layout import SANDBOX
from cli.yaml_lines import NotInsertableError, inserted
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError, UsageError

# Account IDs have at most 30 characters, and an app's is `app-<app>` (identity_layer/kit/scalars.py).
NAME = r"[a-z][a-z0-9-]{0,24}[a-z0-9]"
# Beginnings of names that the cluster keeps for itself, as the identity layer refuses them.
RESERVED = ("default", "kube-", "gke-", "gmp-", "config-management-", "istio-")
SKELETON = Path("apps") / "template" / "skeleton"
REVIEWERS = ".github/CODEOWNERS"
_STACK = "stack"
_STACKS_OF = re.compile(r"/apps/Pulumi\.(?P<app>[a-z0-9-]+)-\*\.yaml\s")
_PLACEHOLDER = re.compile(r"\$\{\{ values\.(?P<name>[a-z]+) \}\}")
NEXT = (
    "For a real environment, let the repository with the app's source build the image: copy "
    "apps/template/source/.github/workflows/build.yml there, and enter the repository in identity:teams.{team}.builds. "
    "It pushes {team}/{name}, and tells the line for apps/Pulumi.{name}-<environment>.yaml."
)


@dataclass(frozen=True)
class NewApp:
    """What a person asked for."""

    name: str
    team: str
    kind: str
    public: bool = False


@dataclass(frozen=True)
class Change:
    """One team's part: the layer that changes, whose approval it takes, a commit's title and body, and new contents.

    Paths are relative to the checkout.
    """

    layer: str
    approver: str
    title: str
    body: str
    files: dict[str, str]


def kinds() -> list[str]:
    """The kinds of app that there is a skeleton for."""
    return sorted(folder.name for folder in (CHECKOUT / SKELETON).iterdir() if folder.name != _STACK)


def changes(root: Path, app: NewApp) -> list[Change]:
    """What is still missing for the app, in the order in which it goes in.

    Raises:
        UsageError: the name is another team's, or there is no such team.
        ToolError: a file cannot be changed as is needed.
    """
    stacks = {file.name.split(".")[1]: _config(file) for file in sorted((root / "identity").glob("Pulumi.*.yaml"))}
    if SANDBOX not in stacks:
        raise ToolError("identity/Pulumi.sandbox.yaml is not in the last commit, so nothing was prepared; commit it.")
    _check(app, stacks)
    owners: dict[str, str] = stacks[SANDBOX].get("identity:owners", {})
    found = [
        Change(
            "identity",
            owners.get("identity", "identity"),
            f"Team {app.team} gets a place for the app {app.name}",
            "The team reviews what becomes of it. A namespace follows when the platform is deployed again: deploy "
            "identity, then platform.",
            _places(root, app, stacks) | _reviewers(root, app, stacks[SANDBOX]),
        ),
        Change(
            "platform",
            owners.get("platform", "platform"),
            f"The app {app.name} is reached from outside",
            "In each environment that has a way in. It takes effect with `apps:public: true` in the app's stack there.",
            _ways_in(root, app) if app.public else {},
        ),
        Change(
            "apps",
            app.team,
            f"{app.name}, a {app.kind} of team {app.team}",
            "The app's entry, and its stack in the sandbox. Deploy it when identity and platform are.",
            _entry(root, app),
        ),
    ]
    return [change for change in found if change.files]


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


def _places(root: Path, app: NewApp, stacks: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The identity layer's stack files in which the app has no place yet, with one.

    An environment that the team has not reached yet is left out: a change goes to the first one first. The sandbox gets
    the team as well, for the app is tried there.
    """
    found: dict[str, str] = {}
    for environment, config in stacks.items():
        path = f"identity/Pulumi.{environment}.yaml"
        text = (root / path).read_text(encoding="utf-8")
        if app.team not in config.get("identity:teams", {}):
            if environment != SANDBOX:
                continue
            about = next(teams[app.team] for each in stacks.values() if app.team in (teams := each["identity:teams"]))
            shown = yaml.safe_dump(about, default_flow_style=True, sort_keys=False, width=1000).strip()
            text = _inserted(text, path, "identity:teams", app.team, shown)
        if app.name not in config.get("identity:apps", {}):
            found[path] = _inserted(text, path, "identity:apps", app.name, f"{{team: {app.team}}}")
    return found


def _reviewers(root: Path, app: NewApp, config: dict[str, Any]) -> dict[str, str]:
    """The owners of the code with the app's team in it, where GitHub asks for their reviews."""
    file = root / REVIEWERS
    entry = f"/apps/entries/{app.name}.yaml"
    if not file.is_file() or entry in (text := file.read_text(encoding="utf-8")):
        return {}
    organization = config["identity:github"]["repository"].partition("/")[0]
    added = [f"{path} @{organization}/{app.team}\n" for path in (entry, f"/apps/Pulumi.{app.name}-*.yaml")]
    lines = text.splitlines(keepends=True)
    place = next((number for number, line in enumerate(lines, 1) if line.startswith("/apps/ ")), 0)
    if not place:
        raise ToolError(f"{REVIEWERS} has no line for /apps/, below which an app's two lines go; add it.")
    # The last line that matches counts, and /apps/Pulumi.shop-*.yaml matches the stacks of shop-admin, too: the longer
    # name has to come later.
    for number, line in enumerate(lines, 1):
        shorter = _STACKS_OF.match(line)
        if shorter and app.name.startswith(f"{shorter['app']}-"):
            place = number
    return {REVIEWERS: "".join([*lines[:place], *added, *lines[place:]])}


def _ways_in(root: Path, app: NewApp) -> dict[str, str]:
    """The platform layer's stack files that have a way in from outside, and not yet for the app."""
    found: dict[str, str] = {}
    for file in sorted((root / "platform").glob("Pulumi.*.yaml")):
        config = _config(file)
        if config.get("platform:gateway") and app.name not in config.get("platform:namespaces", {}):
            path = f"platform/{file.name}"
            found[path] = _inserted(file.read_text("utf-8"), path, "platform:namespaces", app.name, "{public: true}")
    return found


def _inserted(text: str, path: str, mapping: str, key: str, value: str) -> str:
    try:
        return inserted(text, ["config", mapping], key, value)
    except NotInsertableError as error:
        raise ToolError(f"{path} cannot be changed, so nothing was prepared: {error}.") from error


def _entry(root: Path, app: NewApp) -> dict[str, str]:
    """The app's files that are not there, and the catalog with the app in it."""
    skeletons = [
        *((Path("apps") / "entries", file) for file in (root / SKELETON / app.kind).iterdir()),
        *((Path("apps"), file) for file in (root / SKELETON / _STACK).iterdir()),
    ]
    written = {str(folder / _filled(file.name, app)): _text(file, app) for folder, file in skeletons}
    missing = {path: text for path, text in written.items() if not (root / path).exists()}
    if not missing:
        return {}
    entries = {app.name: _text(skeletons[0][1], app)} | dict(_entries(root))
    return {**missing, catalog.FILE: catalog.text(root, entries)}


def _entries(root: Path) -> Iterator[tuple[str, str]]:
    for file in (root / "apps" / "entries").glob("*.yaml"):
        yield file.stem, file.read_text(encoding="utf-8")


def _text(file: Path, app: NewApp) -> str:
    return _filled(file.read_text(encoding="utf-8"), app)


def _filled(text: str, app: NewApp) -> str:
    values = {"name": app.name, "team": app.team}
    return _PLACEHOLDER.sub(lambda found: values[found["name"]], text)
