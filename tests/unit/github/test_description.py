"""GitHub's description of its API finds what is wrong with a request or an answer."""

from typing import Any
from urllib.parse import parse_qsl

import pytest

from cli.github.settings_file import load
from unit.github.description import COMMAND, Description, find

OWN = "/repos/example/infrastructure"
BODY = {"body": "text"}
ENVIRONMENT = {"wait_timer": 3, "can_admins_bypass": False, "deployment_branch_policy": None}


@pytest.fixture(scope="module")
def description() -> Description:
    """The description."""
    found = find()
    if found is None:
        pytest.fail(f"GitHub's description of its API is not here, so the double is unchecked. Fetch it: {COMMAND}")
    return found


@pytest.mark.parametrize(
    ("method", "address", "body", "problem"),
    [
        ("POST", "/issues/7/comments", BODY, ""),
        ("POST", "/issues/7/comments", {}, "body is missing"),
        ("POST", "/issues/7/comments", None, "its body is missing"),
        ("POST", "/issues/7/comments", {"body": 7}, "7 is no string"),
        ("POST", "/issues/7/comments", {**BODY, "more": 1}, "there is no field more"),
        ("POST", "/issues/seven/comments", BODY, "is no integer"),
        ("GET", "/issues?state=open&per_page=100", None, ""),
        ("GET", "/issues?state=ajar", None, "'ajar' is none of"),
        ("GET", "/issues?colour=red", None, "there is no parameter colour"),
        ("GET", "/issues", {"state": "open"}, "it takes no body"),
        ("PUT", "/environments/live", ENVIRONMENT, ""),
        ("PUT", "/environments/live", {**ENVIRONMENT, "reviewer": []}, "there is no field reviewer"),
        ("PUT", "/environments/live", {"reviewers": [{"type": "Robot", "id": 1}]}, "'Robot' is none of"),
    ],
)
def test_a_request_is_checked(description: Description, method: str, address: str, body: Any, problem: str) -> None:
    path, _, query = address.partition("?")
    operation = description.operation(method, f"{OWN}{path}")
    assert operation is not None
    problems = description.request(operation, dict(parse_qsl(query)), body)
    assert problem in "".join(problems) if problem else not problems


def test_what_github_does_not_offer_is_no_operation(description: Description) -> None:
    assert description.operation("PUT", f"{OWN}/issues/7/comments") is None
    assert description.operation("GET", f"{OWN}/nothing") is None


@pytest.mark.parametrize(
    ("path", "status", "body", "problem"),
    [
        ("/rulesets", 200, [{"id": 1, "name": "main"}], ""),
        ("/rulesets", 200, [{"id": "1", "name": "main"}], "'1' is no integer"),
        ("/rulesets", 200, [{"id": 1, "called": "main"}], "there is no field called"),
        ("/rulesets", 201, [], "answers 201, and not 200"),
        ("/rulesets", 403, {"message": "no"}, ""),
        ("/rulesets", 403, {"reason": "no"}, "answers 403"),
        ("/environments", 200, {"environments": [{"name": "live", "can_admins_bypass": True}]}, ""),
        ("/issues/7", 200, {"number": 7, "state": "open", "colour": "red"}, "there is no field colour"),
    ],
)
def test_an_answer_is_checked(description: Description, path: str, status: int, body: Any, problem: str) -> None:
    operation = description.operation("GET", f"{OWN}{path}")
    assert operation is not None
    problems = description.answer(operation, status, body)
    assert problem in "".join(problems) if problem else not problems


def test_the_committed_settings_are_of_the_form_that_github_describes(description: Description) -> None:
    settings = load()
    problems: list[str] = []
    for private in (True, False):
        part = settings.of(private=private)
        requests = [("PATCH", "", part.repository)]
        requests += [("PUT", f"/actions/permissions/{name}".rstrip("/"), body) for name, body in part.actions.items()]
        for ruleset in part.rulesets:
            actors = [
                {key: value for key, value in actor.items() if key != "owner"} for actor in ruleset["bypass_actors"]
            ]
            requests.append(("POST", "/rulesets", {**ruleset, "bypass_actors": actors}))
        for method, path, body in requests:
            operation = description.operation(method, f"{OWN}{path}")
            assert operation is not None, path
            problems += description.request(operation, {}, body)
    assert problems == []
