"""The form for a new app in Backstage: `apps/template/template.yaml`, with the changes of `make new-app`.

Backstage can neither list files nor read the keys of a stack file, so the form names every stack file; `make docs`
writes the form. It uses actions of @roadiehq/scaffolder-backend-module-utils as well as Backstage's own.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from cli import app_changes, app_skeleton
from cli.app_changes import NAME, REVIEWERS, NewApp
from cli.projects import NAMESPACES, TEAM

FILE = "apps/template/template.yaml"
_UP = "../../"  # from the form's folder to the top of the checkout
_HEADER = """\
# A new app by Backstage: the pull requests that `make new-app` prepares, one for each team that reviews it. `make docs`
# writes this file from stack files and from tools/cli/app_changes.py.
"""
_TEAM = "(parameters.team | parseEntityRef).name"
_APP = NewApp("${{ parameters.name }}", f"${{{{ {_TEAM} }}}}", "${{ parameters.kind }}")
_PUBLIC = "parameters.public and parameters.kind === 'webService'"
_CATALOG = " The check of apps/catalog-info.yaml says how to bring that up to date."

Step = dict[str, Any]


class _Dumper(yaml.SafeDumper):
    """YAML dumper that writes a text of several lines as a literal block."""


def _represent(_: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return yaml.ScalarNode("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _represent)


def text(root: Path) -> str:
    """The form for a checkout."""
    document = {
        "apiVersion": "scaffolder.backstage.io/v1beta3",
        "kind": "Template",
        "metadata": {
            "name": "new-app",
            "title": "New app",
            "description": "A namespace for an app of your team, and the app's entry to begin with",
            "tags": ["app", "kubernetes", "pulumi"],
        },
        "spec": {
            "owner": f"group:default/{app_changes.owners(root)['platform']}",
            "type": "service",
            "parameters": [_parameters(root)],
            "steps": list(_steps(root, app_changes.repository(root))),
            "output": {"links": [_link(number, layer) for number, layer in _numbered()]},
        },
    }
    return _HEADER + yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


def _parameters(root: Path) -> dict[str, Any]:
    name = {
        "title": "Name",
        "description": "Its namespace, too; 2 to 26 lower case letters, digits and hyphens",
        "type": "string",
        "pattern": f"^{NAME}$",
    }
    team = {
        "title": "Team",
        "description": "Its owner, which has an app already; for the first app of a team: make new-app",
        "type": "string",
        "ui:field": "OwnerPicker",
        "ui:options": {"catalogFilter": {"kind": "Group"}},
    }
    kinds = app_skeleton.kinds(root)
    choice = {"default": "webService", "enum": list(kinds), "enumNames": list(kinds.values())}
    kind = {"title": "Kind", "type": "string", **choice}
    public = {
        "title": "Public",
        "description": "A web service only; at its own name below the domain of each environment",
        "type": "boolean",
        "default": False,
    }
    properties = {"name": name, "team": team, "kind": kind, "public": public}
    return {"title": "The app", "required": ["name", "team", "kind"], "properties": properties}


def _steps(root: Path, repository: str) -> Iterator[Step]:
    for environment in app_changes.environments(root):
        path = f"identity/Pulumi.{TEAM}-{_APP.team}-{environment}.yaml"
        for step in _merge(f"identity-{environment}", path, app_changes.DECLARATIONS, app_changes.DECLARED):
            yield step | _if(_is_there(root, environment))
    yield from _reviewers(root, repository.partition("/")[0])
    yield _request(1, "identity", repository)
    for environment in app_changes.with_gateway(root):
        path = f"platform/Pulumi.{NAMESPACES}-{_APP.team}-{environment}.yaml"
        for step in _merge(f"platform-{environment}", path, app_changes.ROUTES, app_changes.PUBLIC):
            yield step | _if(_is_there(root, environment), _PUBLIC)
    yield _request(2, "platform", repository) | _if(_PUBLIC)
    values = {"name": _APP.name, "team": _APP.team, "kind": _APP.kind}
    inputs = {"url": "./skeleton", "targetPath": "apps", "values": values}
    name = "Write the entry and the stack in the sandbox"
    yield {"id": "apps", "name": name, "action": "fetch:template", "input": inputs}
    yield _request(3, "apps", repository)


def _if(*conditions: str) -> dict[str, str]:
    return {"if": f"${{{{ {' and '.join(conditions)} }}}}"}


def _is_there(root: Path, environment: str) -> str:
    """Condition that the app's team has stacks in an environment: the form cannot look for files."""
    return f"{_TEAM} in {json.dumps(app_changes.teams(root, environment))}"


def _fetch(step: str, path: str) -> Step:
    """Step that reads a file into the folder of its layer's pull request."""
    inputs = {"url": f"{_UP}{path}", "targetPath": f"{step.partition('-')[0]}/{path}"}
    return {"id": step, "name": f"Read {path}", "action": "fetch:plain:file", "input": inputs}


def _merge(step: str, path: str, mapping: str, item: Mapping[str, Any]) -> Iterator[Step]:
    fetch = _fetch(step, path)
    yield fetch
    content = yaml.safe_dump({"config": {mapping: {_APP.name: dict(item)}}}, width=1000)
    inputs = {"path": fetch["input"]["targetPath"], "preserveYamlComments": True, "content": content}
    yield {"id": f"{step}-change", "name": "Add the app", "action": "roadiehq:utils:merge", "input": inputs}


def _reviewers(root: Path, organization: str) -> Iterator[Step]:
    """Steps that add the app's lines below the line for all apps; on GitHub the last matching line counts."""
    lines = (root / REVIEWERS).read_text(encoding="utf-8").splitlines() if (root / REVIEWERS).is_file() else []
    for line in lines:
        if line.startswith("/apps/ "):
            fetch = _fetch("identity-reviewers", REVIEWERS)
            yield fetch
            added = _APP.owners(organization, app_changes.environments(root))
            instead = f"{line}\n{''.join(added).rstrip()}"
            file = {"file": fetch["input"]["targetPath"], "includeDotFiles": True, "find": line, "replaceWith": instead}
            yield {
                "id": "identity-reviewers-change",
                "name": "Let the team review its app",
                "action": "roadiehq:utils:fs:replace",
                "input": {"files": [file]},
            }


def _request(number: int, layer: str, repository: str) -> Step:
    owner, _, name = repository.partition("/")
    message = app_changes.messages(_APP)[layer]
    inputs = {
        "repoUrl": f"github.com?owner={owner}&repo={name}",
        "branchName": _APP.branch(number, layer),
        "sourcePath": layer,
        "title": message.title,
        "description": message.body + (_CATALOG if layer == "apps" else ""),
    }
    return {
        "id": f"{layer}-pull-request",
        "name": f"Open the pull request for {layer}",
        "action": "publish:github:pull-request",
        "input": inputs,
    }


def _numbered() -> list[tuple[int, str]]:
    return list(enumerate(app_changes.messages(_APP), start=1))


def _link(number: int, layer: str) -> dict[str, str]:
    link = {"title": f"{number}. {layer}", "url": f"${{{{ steps['{layer}-pull-request'].output.remoteUrl }}}}"}
    return link | ({"if": "${{ parameters.public }}"} if layer == "platform" else {})
