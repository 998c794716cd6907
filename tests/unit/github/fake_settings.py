"""The settings of the fake repository, and what GitHub refuses of them by plan, visibility and organisation.

Refusals that GitHub's description does not mention are from reports of those who met them; where a report has no exact
words, the double has its own.
"""

from typing import Any

from unit.github.fake_call import OWN, Call, Refusal, Route
from unit.github.fake_github import REPOSITORY, FakeGitHub, Json

_UPGRADE = "Upgrade to GitHub Pro or make this repository public to enable this feature."
_NO_PROTECTION = (
    "Failed to create the environment protection rule. Please ensure the billing plan supports the required reviewers "
    "protection rule."
)
_NO_BRANCHES = "Fail to create protected rule, please ensure billing plan include protected branch gate."
# Fields that GitHub refuses by their presence where the plan has no protection rules.
_PROTECTION = ("wait_timer", "prevent_self_review", "reviewers", "can_admins_bypass")
_FOR_EVERYBODY = ("default_branch", "private", "allow_forking")


def _is_without(github: FakeGitHub, *plans: str) -> bool:
    """Return whether a private repository of one of these plans lacks what a public one has."""
    return github.is_private and github.plan in plans


def _repository(call: Call) -> Any:
    """GitHub shows merge settings to administrators alone."""
    found = call.github.documents["repository"]
    return {key: value for key, value in found.items() if call.administers or key in _FOR_EVERYBODY}


def _set_repository(call: Call) -> Any:
    if "allow_forking" in call.body:
        if not call.github.is_private:
            raise Refusal(422, "Allow forks can only be changed on org-owned private repositories")
        if call.github.organization_forbids_forks:
            raise Refusal(422, "This organization does not allow private repository forking")
    call.github.documents["repository"].update(call.body)
    return call.github.documents["repository"]


def _require_settable(call: Call, name: str) -> None:
    if name == "fork-pr-contributor-approval" and call.github.is_private:
        raise Refusal(422, "Fork PR approval is not allowed for private repositories")
    if name == "fork-pr-workflows-private-repos" and not call.github.is_private:
        raise Refusal(422, "Fork PR workflow settings are only for private repositories")
    if name == "selected-actions":
        if call.github.organization_selects_actions:
            raise Refusal(409, "The organization selects the actions of its repositories")
        if call.github.documents[""]["allowed_actions"] != "selected":
            raise Refusal(409, "The repository policy for allowed_actions must be configured to selected")


def _actions(call: Call, name: str = "") -> Any:
    _require_settable(call, name)
    return call.github.documents[name]


def _set_actions(call: Call, name: str = "") -> None:
    _require_settable(call, name)
    call.github.documents[name].update(call.body)


def _workflows(call: Call) -> Any:
    found = call.github.workflows
    return {"workflows": call.page([{"id": number, **content} for number, content in found.items()])}


def _enable(call: Call, number: str) -> None:
    call.github.workflows[int(number)]["state"] = "active"


def _require_rulesets(call: Call) -> None:
    if _is_without(call.github, "free"):
        raise Refusal(403, _UPGRADE)


def _rulesets(call: Call) -> Any:
    _require_rulesets(call)
    return call.page([{"id": number, "name": each["name"]} for number, each in call.github.rulesets.items()])


def _ruleset(call: Call, number: str) -> Any:
    _require_rulesets(call)
    found = call.github.rulesets[int(number)]
    # Who may pass a ruleset by is told to those alone who may change it.
    return {key: value for key, value in found.items() if call.administers or key != "bypass_actors"}


def _set_ruleset(call: Call, number: str = "") -> Any:
    _require_rulesets(call)
    if call.body["target"] == "push":
        if not call.github.is_private:
            raise Refusal(422, "Push rulesets are for private and internal repositories")
        if "ref_name" in call.body.get("conditions", {}):
            raise Refusal(422, "Target ref_name is not supported for push rulesets")
    if any(rule["type"] == "merge_queue" for rule in call.body["rules"]) and _is_without(call.github, "free", "team"):
        raise Refusal(422, "Merge queue is not available for this repository")
    same = [key for key, each in call.github.rulesets.items() if each["name"] == call.body["name"]]
    if same and same != [int(number or 0)]:
        raise Refusal(422, "Name must be unique")
    identifier = int(number) if number else next(call.github.numbers)
    call.github.rulesets[identifier] = {"id": identifier, "source": REPOSITORY, **call.body}
    return call.github.rulesets[identifier]


def _create_ruleset(call: Call) -> Any:
    return _set_ruleset(call)


def _team(call: Call, slug: str) -> Any:
    return {"id": call.github.teams[slug]}


def _environments(call: Call) -> Any:
    return {"environments": call.page(list(call.github.environments.values()))}


def _set_environment(call: Call, name: str) -> Any:
    """https://docs.github.com/en/rest/deployments/environments: the settings, in the form of reads.

    Fields that are left out stay as they are. A refused request has made the environment, without rules.
    """
    bare: Json = {"name": name, "protection_rules": [], "deployment_branch_policy": None, "can_admins_bypass": True}
    found = call.github.environments.setdefault(name, bare)
    if _is_without(call.github, "free") and call.body.get("deployment_branch_policy"):
        raise Refusal(422, _NO_BRANCHES)
    if _is_without(call.github, "free", "team") and call.body.keys() & set(_PROTECTION):
        raise Refusal(422, _NO_PROTECTION)
    rules = {rule["type"]: rule for rule in found["protection_rules"]}
    _set_rules(call, rules)
    policy = call.body.get("deployment_branch_policy", found["deployment_branch_policy"])
    if policy:
        rules["branch_policy"] = {"type": "branch_policy"}
    bypass = call.body.get("can_admins_bypass", found["can_admins_bypass"])
    found.update(protection_rules=list(rules.values()), deployment_branch_policy=policy, can_admins_bypass=bypass)
    return found


def _set_rules(call: Call, rules: dict[str, Json]) -> None:
    if "wait_timer" in call.body:
        rules["wait_timer"] = {"type": "wait_timer", "wait_timer": call.body["wait_timer"]}
        if not call.body["wait_timer"]:
            del rules["wait_timer"]
    if "reviewers" in call.body:
        slugs = {number: slug for slug, number in call.github.teams.items()}
        reviewers = [{"type": "Team", "reviewer": {"slug": slugs[each["id"]]}} for each in call.body["reviewers"]]
        review = {"prevent_self_review": call.body.get("prevent_self_review", False), "reviewers": reviewers}
        rules["required_reviewers"] = {"type": "required_reviewers", **review}
        if not reviewers:
            del rules["required_reviewers"]


def _branches(call: Call, name: str) -> Any:
    found = call.github.branches.get(name, {})
    return {"branch_policies": call.page([{"id": number, **policy} for number, policy in found.items()])}


def _set_branch(call: Call, name: str) -> Any:
    policy: Json | None = call.github.environments[name]["deployment_branch_policy"]
    if not policy or not policy["custom_branch_policies"]:
        raise Refusal(404, "The environment has no custom branch policies")
    number = next(call.github.numbers)
    call.github.branches.setdefault(name, {})[number] = {"name": call.body["name"], "type": call.body["type"]}
    return {"id": number, **call.github.branches[name][number]}


def _remove_branch(call: Call, name: str, number: str) -> None:
    del call.github.branches[name][int(number)]


_WRITES = ("administration:write",)
_BRANCHES = rf"{OWN}/environments/([\w-]+)/deployment-branch-policies"
ROUTES: tuple[Route, ...] = (
    ("GET", OWN, (), _repository),
    ("PATCH", OWN, _WRITES, _set_repository),
    ("GET", rf"{OWN}/actions/permissions/?([\w-]*)", ("administration:read",), _actions),
    ("PUT", rf"{OWN}/actions/permissions/?([\w-]*)", _WRITES, _set_actions),
    ("GET", rf"{OWN}/actions/workflows", ("actions:read",), _workflows),
    ("PUT", rf"{OWN}/actions/workflows/(\d+)/enable", ("actions:write",), _enable),
    ("GET", rf"{OWN}/rulesets", (), _rulesets),
    ("POST", rf"{OWN}/rulesets", _WRITES, _create_ruleset),
    ("GET", rf"{OWN}/rulesets/(\d+)", (), _ruleset),
    ("PUT", rf"{OWN}/rulesets/(\d+)", _WRITES, _set_ruleset),
    ("GET", rf"{OWN}/environments", ("actions:read",), _environments),
    ("PUT", rf"{OWN}/environments/([\w-]+)", _WRITES, _set_environment),
    ("GET", _BRANCHES, ("actions:read",), _branches),
    ("POST", _BRANCHES, _WRITES, _set_branch),
    ("DELETE", rf"{_BRANCHES}/(\d+)", _WRITES, _remove_branch),
    ("GET", r"/orgs/example/teams/([\w-]+)", _WRITES, _team),
)
# Answers other than 200.
CREATED = (_create_ruleset,)
NO_CONTENT = (_set_actions, _enable, _remove_branch)
