"""The endpoints of GitHub's API that the workflows use, and which permissions each takes.

https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps

Where GitHub's description of its API is at hand, every request and every answer is checked against it.
"""

import json
import re
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from unit.github.description import find
from unit.github.fake_call import OWN, Call, Refusal, Route
from unit.github.fake_github import BOT, FakeGitHub, Json
from unit.github.fake_settings import CREATED, NO_CONTENT, ROUTES

_LEVELS = ("none", "read", "write")
_COMMENT = 65_536


def _shown(item: Json, *own: str) -> Json:
    """An item without what only the double knows of it."""
    return {key: value for key, value in item.items() if key not in own}


def _comments(call: Call, number: str) -> Any:
    return call.page([_shown(each, "issue") for each in call.github.comments_of(int(number))])


def _too_long(call: Call) -> bool:
    return len(str(call.body.get("body", ""))) > _COMMENT


def _comment(call: Call, number: str) -> Any:
    identifier = next(call.github.numbers)
    made = {"id": identifier, "issue": int(number), "body": call.body["body"], "user": {"login": BOT}}
    call.github.comments[identifier] = made
    return _shown(made, "issue")


def _edit_comment(call: Call, identifier: str) -> Any:
    call.github.comments[int(identifier)] |= {"body": call.body["body"]}
    return _shown(call.github.comments[int(identifier)], "issue")


def _issues(call: Call) -> Any:
    label = call.query.get("labels", "")
    found = [each for each in call.github.issues.values() if each["state"] == "open" and label in each["labels"]]
    return call.page(found)


def _issue(call: Call) -> Any:
    number = next(call.github.numbers)
    call.github.issues[number] = {"number": number, "state": "open", "user": {"login": BOT}, **call.body}
    return call.github.issues[number]


def _edit_issue(call: Call, number: str) -> Any:
    call.github.issues[int(number)] |= call.body
    return call.github.issues[int(number)]


def _approvals(call: Call, run: str) -> Any:
    return [_shown(each, "run") for each in call.github.approvals if each["run"] == run]


def _compare(call: Call, base: str, head: str) -> Any:
    between = f"{base}...{head}"
    commits = [{"author": {"login": login}} for login in call.github.authors.get(between, [])]
    return {"status": call.github.compared[between], "commits": call.page(commits)}


def _commit(call: Call, sha: str) -> Any:
    logins = call.github.authors.get(sha, [None])
    return {"sha": sha, "author": logins[0] and {"login": logins[0]}, "committer": {"login": "web-flow"}}


def _jobs(call: Call, number: str) -> Any:
    [found] = [each for each in call.github.runs if each["id"] == int(number)]
    return {"jobs": call.page(found["jobs"])}


def _cancel(call: Call, number: str) -> Any:
    [found] = [each for each in call.github.runs if each["id"] == int(number)]
    if found["status"] == "completed":
        raise Refusal(409, "Cannot cancel a workflow run that is completed.")
    found["status"] = "cancelled"
    return {}


def _runs(call: Call, workflow: str) -> Any:
    names = {"event": "event", "branch": "head_branch", "status": "status"}
    wanted = {field: call.query.get(name) for name, field in names.items()}
    found = [
        each
        for each in call.github.runs
        if each["path"].endswith(f"/{workflow}")
        and all(value in (None, each.get(name)) for name, value in wanted.items())
    ]
    return {"workflow_runs": call.page([_shown(each, "jobs") for each in found])}


# Method and path, the permissions of which one suffices, and what is done.
_ROUTES: tuple[Route, ...] = (
    ("GET", rf"{OWN}/issues/(\d+)/comments", ("issues:read", "pull-requests:read"), _comments),
    ("POST", rf"{OWN}/issues/(\d+)/comments", ("issues:write", "pull-requests:write"), _comment),
    ("PATCH", rf"{OWN}/issues/comments/(\d+)", ("issues:write", "pull-requests:write"), _edit_comment),
    ("GET", rf"{OWN}/issues", ("issues:read",), _issues),
    ("POST", rf"{OWN}/issues", ("issues:write",), _issue),
    ("PATCH", rf"{OWN}/issues/(\d+)", ("issues:write",), _edit_issue),
    ("GET", rf"{OWN}/actions/runs/(\d+)/approvals", ("actions:read",), _approvals),
    ("GET", rf"{OWN}/compare/(\w+)\.\.\.(\w+)", ("contents:read",), _compare),
    ("GET", rf"{OWN}/commits/(\w+)", ("contents:read",), _commit),
    ("GET", rf"{OWN}/actions/runs/(\d+)/jobs", ("actions:read",), _jobs),
    ("GET", rf"{OWN}/actions/workflows/([\w.-]+)/runs", ("actions:read",), _runs),
    ("POST", rf"{OWN}/actions/runs/(\d+)/cancel", ("actions:write",), _cancel),
    *ROUTES,
)


_SUCCESS = {
    **dict.fromkeys((_comment, _issue, *CREATED), 201),
    **dict.fromkeys(NO_CONTENT, 204),
    _cancel: 202,
}


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
    sent = json.loads(body) if body else None
    description = find()
    operation = description.operation(method, path) if description else None
    if description:
        problems = description.request(operation, asked, sent) if operation else [f"there is no {method} {path}"]
        github.undescribed += problems
    call = Call(github, path, asked, sent or {}, "administration" in permissions)
    status, content = _carried_out(call, method, permissions)
    if description and operation:
        github.undescribed += description.answer(operation, status, content)
    return Response(status_code=status) if content is None else JSONResponse(content, status)


def _carried_out(call: Call, method: str, permissions: dict[str, str]) -> tuple[int, Any]:
    for verb, pattern, wanted, handler in _ROUTES:
        found = re.fullmatch(pattern, call.path)
        if verb == method and found:
            if not _allowed(permissions, wanted):
                return 403, {"message": "Resource not accessible by integration"}
            if _too_long(call):
                return 422, {"message": "Validation Failed", "errors": ["body is too long"]}
            try:
                return _SUCCESS.get(handler, 200), handler(call, *found.groups())
            except KeyError:
                return 404, {"message": "Not Found"}
            except Refusal as refusal:
                return refusal.status, {"message": refusal.message}
    return 404, {"message": "Not Found"}
