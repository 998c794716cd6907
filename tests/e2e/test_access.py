"""`make access` on what the layers deployed: every answer is what the sandbox itself decides.

It needs the real thing: only what the layers granted, and what the API server makes of their Roles, shows whether the
answers are about the world or about themselves. Everything is asked of the sandbox that most tests share.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from e2e.access_oracle import Decisions, disagreements, first
from e2e.harness import Sandbox
from iam import decide
from iam.decide import Access
from iam.document import Document, Verdict
from iam.principals import workload_parts
from iam.rbac import Request
from sandbox import conformance
from sandbox.cloud import seed


@dataclass(frozen=True)
class Compared:
    """Answers of the command, and decisions of the sandbox."""

    document: Document
    decisions: Decisions


@pytest.fixture(scope="module")
def compared(shared: Sandbox) -> Iterator[Compared]:
    """Both of them, each asked once."""
    told = shared.run("access", "--format", "json").succeeded()
    document = Document.model_validate_json(told.out)
    with shared.cloud() as cloud:
        yield Compared(document, Decisions(cloud, document))


def test_every_answer_about_google_cloud_is_what_the_sandbox_decides(compared: Compared) -> None:
    access = Access(compared.document)
    asked = len(compared.decisions.found) * len(access.permissions)
    assert asked > 400_000
    assert first(disagreements(access, compared.decisions)) == []
    assert compared.document.gaps == ()


def _without(document: Document, **parts: object) -> Document:
    return document.model_copy(update=parts)


def _widened(document: Document) -> Document:
    name = next(name for name in document.roles if name.endswith("/platformDatabaseOperator"))
    held = (*(document.roles[name].permissions or ()), "cloudsql.instances.delete", "cloudsql.instances.clone")
    return _without(
        document, roles={**document.roles, name: document.roles[name].model_copy(update={"permissions": held})}
    )


MUTANTS: dict[str, Callable[[Document], Document]] = {
    "deny rules are forgotten": lambda made: _without(made, denials=()),
    "a deny rule spares somebody": lambda made: _without(
        made, denials=tuple(each.model_copy(update={"exceptions": (seed.ADMIN,)}) for each in made.denials)
    ),
    "conditions are forgotten": lambda made: _without(
        made, grants=tuple(each.model_copy(update={"condition": None}) for each in made.grants)
    ),
    "groups are forgotten": lambda made: _without(
        made, principals=tuple(each.model_copy(update={"is_in": ()}) for each in made.principals)
    ),
    "inheritance is forgotten": lambda made: _without(
        made, resources=tuple(each.model_copy(update={"parent": None}) for each in made.resources)
    ),
    "a role contains more": _widened,
    "a grant is missing": lambda made: _without(made, grants=made.grants[1:]),
}


@pytest.mark.parametrize("mutate", MUTANTS.values(), ids=MUTANTS.keys())
def test_a_document_that_is_wrong_is_found_out(compared: Compared, mutate: Callable[[Document], Document]) -> None:
    wrong = Access(mutate(compared.document))
    assert first(disagreements(wrong, compared.decisions, every=False), 1)


@pytest.mark.parametrize("name", ["holds", "denies"])
def test_an_evaluation_that_is_wrong_is_found_out(
    compared: Compared, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def always(*_: object) -> Verdict:
        return Verdict.YES

    monkeypatch.setattr(decide, name, always)
    assert first(disagreements(Access(compared.document), compared.decisions, every=False), 1)


def test_the_published_operations_are_answered_as_they_are_published(compared: Compared, shared: Sandbox) -> None:
    access = Access(compared.document)
    apps = conformance.Cluster(shared.path).apps()
    with shared.cloud() as cloud:
        there = conformance.deployed(cloud, apps)
        for operation in conformance.operations(there):
            for member in there.columns().values():
                told = access.decide(member, operation.permission, operation.on)
                decided = cloud.iam.decide(member, operation.permission, operation.on)
                assert (told.verdict is not Verdict.NO) == decided.allowed, (member, operation.title)
                roles = {reason.grant.role for reason in told.reasons if reason.grant}
                assert decided.grant is None or decided.grant.role in roles, (member, operation.title)


def test_every_answer_about_the_cluster_is_the_api_servers(compared: Compared, shared: Sandbox) -> None:
    access = Access(compared.document)
    server = conformance.Cluster(shared.path)
    requests = conformance.requests(next(iter(server.apps())))
    wrong: list[str] = []
    with shared.cloud() as cloud:
        for who in (each.id for each in compared.document.principals if each.kind in ("user", "account", "workload")):
            parts = workload_parts(who)
            name = f"system:serviceaccount:{parts[0]}:{parts[1]}" if parts else who.partition(":")[2]
            groups = [group.partition(":")[2] for group in cloud.store.groups_of(who)]
            for asked in requests:
                decided = server.cell(f":{name}", groups, asked)
                told = access.decide_in_cluster(who, Request(asked.verb, asked.resource, asked.group, asked.namespace))
                if (told.verdict is Verdict.YES) != bool(decided):
                    wrong.append(f"{who}: {asked.title}: told {told.verdict}, decided {decided!r}")
    assert wrong == []


def test_a_question_is_answered_with_the_path(shared: Sandbox) -> None:
    nobody = shared.run("access", "--can", "cloudsql.instances.delete", "--on", "orders").succeeded()
    assert "nobody has cloudsql.instances.delete on instance orders" in nobody.out
    assert "denied by the deny policy guard-rails" in nobody.out

    told = shared.run("access", "--can", "cloudsql.instances.update", "--on", "orders", "--format", "json").succeeded()
    ways = {line["who"].partition("@")[0]: line["path"] for line in json.loads(told.out)["lines"]}
    assert ways["serviceAccount:storage-deploy"] == ["platformDatabaseOperator on project"]
    by = "iam.serviceAccounts.getAccessToken by roles/iam.workloadIdentityUser on account storage-deploy"
    assert [path for who, path in ways.items() if "deploy.yml:environment:storage-sandbox" in who] == [
        [f"account storage-deploy ({by})", "platformDatabaseOperator on project"]
    ]


def test_a_question_about_what_is_not_there_says_what_is(shared: Sandbox) -> None:
    done = shared.run("access", "--can", "cloudsql.instances.delete", "--on", "ordres")
    assert done.code == 2
    assert "there is no resource 'ordres'. The nearest: orders" in done.err
    assert "Traceback" not in done.text
