"""Sources of the history of an environment on Google Cloud, and the notes on sources that cannot be read."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli import target
from cli.google.client import Client
from cli.history import backends
from cli.history.answer import answer
from cli.history.model import History
from cli.history.question import Question
from identity_layer import names
from unit.cli.google import double
from unit.cli.google.double import Answer, Session
from unit.cli.history import test_updates
from unit.cli.history.test_entries import entry

UNTIL = datetime(2026, 12, 31, tzinfo=UTC)


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[History, Session]]:
    """Asks of prod, which has had one update; Google answers so."""
    test_updates.write(tmp_path, "prod", test_updates.FIRST)
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}?metadata=skip")

    def asked(*answers: Answer, **question: Any) -> tuple[History, Session]:
        client, session = double.client(*answers)
        monkeypatch.setattr(backends, "client", lambda: client)
        return answer(target.of("prod"), Question(until=UNTIL, **question)), session

    return asked


def test_without_an_export_cloud_logging_is_asked(ask: Callable[..., tuple[History, Session]]) -> None:
    found, session = ask((200, {"entries": [entry(time="2026-12-01T00:00:00Z")]}), newest=30)

    assert [update.key for update in found.updates] == ["platform/1"]
    assert [(each.principal, each.origin) for each in found.entries] == [("ada@example.com", "person")]
    # From the oldest update that is told, and what comes before it.
    assert 'timestamp>="2026-11-21T17:32:12' in session.asked[0].body["filter"]
    assert _sources(found) == []


def _sources(found: History) -> list[str]:
    """Notes about sources, without those about claims."""
    return [note for note in found.notes if not note.startswith(("Author, commit", "Not attested"))]


def test_what_an_update_claims_and_what_nobody_attests_is_said(ask: Callable[..., tuple[History, Session]]) -> None:
    found, _ = ask((200, {"entries": [entry(time="2026-12-01T00:00:00Z")]}), newest=30)
    claims = [note for note in found.notes if note not in _sources(found)]

    assert [update.is_attested for update in found.updates] == [False]
    assert "are what each update recorded of itself" in claims[0]
    assert claims[1].endswith("platform/1. Compare them with the deployments on GitHub.")


def test_what_was_done_by_hand_to_something_else_is_not_told(ask: Callable[..., tuple[History, Session]]) -> None:
    by_hand = entry(time="2026-12-01T00:00:00Z")
    assert ask((200, {"entries": [by_hand]}), resource="invoices")[0].entries == ()
    assert len(ask((200, {"entries": [by_hand]}), resource="Orders")[0].entries) == 1


def test_a_question_about_all_times_looks_at_the_last_month_of_the_log_and_says_so(
    ask: Callable[..., tuple[History, Session]],
) -> None:
    found, session = ask((200, {}), who="ada")

    assert [update.key for update in found.updates] == ["platform/1"]
    assert 'timestamp>="2026-12-01' in session.asked[0].body["filter"]
    assert _sources(found) == ["The audit log was looked at from 2026-12-01 on; SINCE looks further back."]


def test_who_may_not_read_the_log_is_told_what_the_states_tell(ask: Callable[..., tuple[History, Session]]) -> None:
    found, _ = ask((403, {}), (403, {}), newest=30)

    assert [update.key for update in found.updates] == ["platform/1"]
    [note] = _sources(found)
    assert "roles/logging.viewer" in note
    assert "Out-of-band changes are not reported; LOGS names a folder or a bucket" in note


def test_who_may_read_only_the_projects_own_log_is_told_what_is_missing(
    ask: Callable[..., tuple[History, Session]],
) -> None:
    found, _ = ask(
        (403, {}),
        (200, {"entries": [entry(time="2026-12-01T00:00:00Z")]}),
        newest=30,
    )
    assert len(found.entries) == 1
    [note] = _sources(found)
    assert "roles/logging.viewAccessor" in note
    assert "changes are" in note


@pytest.mark.parametrize(
    ("store", "layer", "addresses"),
    [
        ("foundation", "identity", [f"{names.state_bucket('example-prod', 'foundation')}/"]),
        ("identity", "identity", [f"{names.state_bucket('example-prod', 'identity')}/"]),
        ("team", "identity", [f"{names.state_bucket('example-prod', 'team')}/shop/"]),
        ("namespaces", "platform", [f"{names.state_bucket('example-prod', 'namespaces')}/shop/"]),
        ("apps", "apps", [f"{names.state_bucket('example-prod', 'apps')}/shop/"]),
    ],
)
def test_each_owners_bucket_is_read_as_its_own_preview_account(
    monkeypatch: pytest.MonkeyPatch, store: str, layer: str, addresses: list[str]
) -> None:
    readers: list[str | None] = []
    answers: list[Answer] = [(200, {})] * 10
    client, session = double.client(*answers)

    def signed_in(account: str | None = None) -> Client:
        readers.append(account)
        return client

    monkeypatch.setattr(backends, "client", signed_in)
    assert list(backends.history(target.of("prod"))) == []

    asked = [f"{each.url.split('/')[-2]}/{each.parameters['prefix']}" for each in session.asked]
    assert [each for each in asked if f"-state-{store}/" in each] == [
        f"{each}.pulumi/history/{layer}/" for each in addresses
    ]
    # identity-preview reads the foundation too.
    owners = ("identity", "identity", "team", "platform", "storage", "namespaces", "apps-shop")
    assert readers == [f"{owner}-preview@example-prod.iam.gserviceaccount.com" for owner in owners]
