"""The endpoints of GitHub's API that the workflows use, and which permissions each takes.

https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from unit.github.fake_github import BOT, REPOSITORY, FakeGitHub, Json

_LEVELS = ("none", "read", "write")
_COMMENT = 65_536


@dataclass(frozen=True)
class Call:
    """One call of the API, by a token that may do it."""

    github: FakeGitHub
    path: str
    query: dict[str, str]
    body: Json
    administers: bool


def _page(call: Call, items: list[Json]) -> list[Json]:
    size, page = int(call.query.get("per_page", 30)), int(call.query.get("page", 1))
    return items[(page - 1) * size : page * size]


def _comments(call: Call, number: str) -> Any:
    return _page(call, call.github.comments_of(int(number)))


def _too_long(call: Call) -> bool:
    return len(str(call.body.get("body", ""))) > _COMMENT


def _comment(call: Call, number: str) -> Any:
    identifier = next(call.github.numbers)
    made = {"id": identifier, "issue": int(number), "body": call.body["body"], "user": {"login": BOT}}
    call.github.comments[identifier] = made
    return made


def _edit_comment(call: Call, identifier: str) -> Any:
    call.github.comments[int(identifier)] |= {"body": call.body["body"]}
    return call.github.comments[int(identifier)]


def _issues(call: Call) -> Any:
    label = call.query.get("labels", "")
    found = [each for each in call.github.issues.values() if each["state"] == "open" and label in each["labels"]]
    return _page(call, found)


def _issue(call: Call) -> Any:
    number = next(call.github.numbers)
    call.github.issues[number] = {"number": number, "state": "open", "user": {"login": BOT}, **call.body}
    return call.github.issues[number]


def _edit_issue(call: Call, number: str) -> Any:
    call.github.issues[int(number)] |= call.body
    return call.github.issues[int(number)]


def _deployments(call: Call) -> Any:
    return _page(call, [each for each in call.github.deployments if each["environment"] == call.query["environment"]])


def _statuses(call: Call, number: str) -> Any:
    return _page(call, [{"state": state} for state in call.github.statuses[int(number)]])


def _approvals(call: Call, run: str) -> Any:
    return [each for each in call.github.approvals if each["run"] == run]


def _compare(call: Call, base: str, head: str) -> Any:
    return {"status": call.github.compared[f"{base}...{head}"]}


def _document(call: Call, name: str = "") -> Any:
    found = call.github.documents.setdefault(name, {})
    # GitHub shows merge settings to administrators alone.
    return found if call.administers or name else {key: found[key] for key in ("default_branch",) if key in found}


def _set_document(call: Call, name: str = "") -> Any:
    call.github.documents.setdefault(name, {}).update(call.body)
    return {}


def _rulesets(call: Call) -> Any:
    return _page(call, [{"id": number, "name": each["name"]} for number, each in call.github.rulesets.items()])


def _ruleset(call: Call, number: str) -> Any:
    found = call.github.rulesets[int(number)]
    # Who may pass a ruleset by is told to those alone who may change it.
    return {key: value for key, value in found.items() if call.administers or key != "bypass_actors"}


def _team(call: Call, slug: str) -> Any:
    return {"id": call.github.teams[slug]}


def _set_ruleset(call: Call, number: str = "") -> Any:
    identifier = int(number or next(call.github.numbers))
    call.github.rulesets[identifier] = {"id": identifier, "source": REPOSITORY, **call.body}
    return call.github.rulesets[identifier]


def _environments(call: Call) -> Any:
    return {"environments": _page(call, list(call.github.environments.values()))}


def _set_environment(call: Call, name: str) -> Any:
    """https://docs.github.com/en/rest/deployments/environments: the settings, in the form of reads."""
    rules: list[Json] = [{"type": "branch_policy"}]
    if call.body["wait_timer"]:
        rules.append({"type": "wait_timer", "wait_timer": call.body["wait_timer"]})
    slugs = {number: slug for slug, number in call.github.teams.items()}
    if call.body["reviewers"]:
        told = [{"type": "Team", "reviewer": {"slug": slugs[each["id"]]}} for each in call.body["reviewers"]]
        review = {"prevent_self_review": call.body["prevent_self_review"], "reviewers": told}
        rules.append({"type": "required_reviewers", **review})
    policy = call.body["deployment_branch_policy"]
    call.github.environments[name] = {"name": name, "protection_rules": rules, "deployment_branch_policy": policy}
    return {}


def _branches(call: Call, name: str) -> Any:
    found = call.github.branches.get(name, {})
    return {"branch_policies": [{"id": number, "name": branch} for number, branch in found.items()]}


def _set_branch(call: Call, name: str) -> Any:
    call.github.branches.setdefault(name, {})[next(call.github.numbers)] = call.body["name"]
    return {}


def _remove_branch(call: Call, name: str, number: str) -> Any:
    del call.github.branches[name][int(number)]
    return {}


# Method and path, the permissions of which one suffices, and what is done.
_OWN = f"/repos/{REPOSITORY}"
_ROUTES: tuple[tuple[str, str, tuple[str, ...], Callable[..., Any]], ...] = (
    ("GET", rf"{_OWN}/issues/(\d+)/comments", ("issues:read", "pull-requests:read"), _comments),
    ("POST", rf"{_OWN}/issues/(\d+)/comments", ("issues:write", "pull-requests:write"), _comment),
    ("PATCH", rf"{_OWN}/issues/comments/(\d+)", ("issues:write", "pull-requests:write"), _edit_comment),
    ("GET", rf"{_OWN}/issues", ("issues:read",), _issues),
    ("POST", rf"{_OWN}/issues", ("issues:write",), _issue),
    ("PATCH", rf"{_OWN}/issues/(\d+)", ("issues:write",), _edit_issue),
    ("GET", rf"{_OWN}/deployments", ("deployments:read",), _deployments),
    ("GET", rf"{_OWN}/deployments/(\d+)/statuses", ("deployments:read",), _statuses),
    ("GET", rf"{_OWN}/actions/runs/(\d+)/approvals", ("actions:read",), _approvals),
    ("GET", rf"{_OWN}/compare/(\w+)\.\.\.(\w+)", ("contents:read",), _compare),
    ("GET", _OWN, (), _document),
    ("PATCH", _OWN, ("administration:write",), _set_document),
    ("GET", rf"{_OWN}/actions/permissions/?([\w-]*)", ("administration:read",), _document),
    ("PUT", rf"{_OWN}/actions/permissions/?([\w-]*)", ("administration:write",), _set_document),
    ("GET", rf"{_OWN}/rulesets", (), _rulesets),
    ("POST", rf"{_OWN}/rulesets", ("administration:write",), _set_ruleset),
    ("GET", rf"{_OWN}/rulesets/(\d+)", (), _ruleset),
    ("PUT", rf"{_OWN}/rulesets/(\d+)", ("administration:write",), _set_ruleset),
    ("GET", rf"{_OWN}/environments", ("actions:read",), _environments),
    ("PUT", rf"{_OWN}/environments/([\w-]+)", ("administration:write",), _set_environment),
    ("GET", rf"{_OWN}/environments/([\w-]+)/deployment-branch-policies", ("actions:read",), _branches),
    ("POST", rf"{_OWN}/environments/([\w-]+)/deployment-branch-policies", ("administration:write",), _set_branch),
    (
        "DELETE",
        rf"{_OWN}/environments/([\w-]+)/deployment-branch-policies/(\d+)",
        ("administration:write",),
        _remove_branch,
    ),
    (
        "GET",
        r"/orgs/example/teams/([\w-]+)",
        ("administration:write",),
        _team,
    ),
)


def _allowed(permissions: dict[str, str], wanted: tuple[str, ...]) -> bool:
    if "administration" in permissions or not wanted:
        return True
    pairs = [each.split(":") for each in wanted]
    return any(_LEVELS.index(permissions.get(name, "none")) >= _LEVELS.index(level) for name, level in pairs)


def answer(github: FakeGitHub, request: Request, body: bytes) -> Response:
    """Carry out a request as GitHub does, and return its answer."""
    method, path, token = request.method, request.url.path, request.headers.get("authorization", "")
    github.calls.append(f"{method} {path}")
    permissions = github.tokens.get(token.removeprefix("Bearer "))
    if permissions is None:
        return JSONResponse({"message": "Bad credentials"}, 401)
    asked = {name: values[0] for name, values in parse_qs(request.url.query).items()}
    call = Call(github, path, asked, json.loads(body or b"{}"), "administration" in permissions)
    for verb, pattern, wanted, handler in _ROUTES:
        found = re.fullmatch(pattern, path)
        if verb == method and found:
            if not _allowed(permissions, wanted):
                return JSONResponse({"message": "Resource not accessible by integration"}, 403)
            if _too_long(call):
                return JSONResponse({"message": "Validation Failed", "errors": ["body is too long"]}, 422)
            try:
                return JSONResponse(handler(call, *found.groups()))
            except KeyError:
                return JSONResponse({"message": "Not Found"}, 404)
    return JSONResponse({"message": "Not Found"}, 404)
