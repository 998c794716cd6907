import json
from typing import Any

import pytest

from cli.history import entries

Json = dict[str, Any]

POOL = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/github/subject/"
JOB = "repo:example/infrastructure:environment:platform-prod"


def entry(log: str = "activity", time: str = "2026-05-01T10:00:00Z", **more: Any) -> Json:
    """An entry as Cloud Logging exports it; further fields are of its payload."""
    payload = {
        "serviceName": "sqladmin.googleapis.com",
        "methodName": "cloudsql.instances.update",
        "resourceName": "projects/p/instances/orders",
        "authenticationInfo": {"principalEmail": "ada@example.com"},
        **more,
    }
    name = f"projects/p/logs/cloudaudit.googleapis.com%2F{log}"
    return {"insertId": f"{log}{time}", "logName": name, "timestamp": time, "protoPayload": payload}


REFUSED: Json = {"code": 7, "message": "denied"}


def test_what_changed_something_is_kept_with_who_and_on_what() -> None:
    [found] = entries.read([entry()])

    assert (found.principal, found.method, found.outcome) == ("ada@example.com", "cloudsql.instances.update", "done")
    assert found.resource == "projects/p/instances/orders"


def test_what_only_read_is_left_out_unless_it_was_refused() -> None:
    assert entries.read([entry("data_access")]) == []
    [refused] = entries.read([entry("data_access", status=REFUSED)])
    assert (refused.outcome, refused.message) == ("refused", "denied")


def test_what_only_read_is_told_where_it_is_asked_for() -> None:
    [found] = entries.read([entry("data_access")], reads=True)
    assert (found.changes, found.outcome) == (False, "done")
    content = json.dumps(entry("data_access")).encode() + b"\n\n"
    assert list(entries.lines(content)) == []
    assert list(entries.lines(content, reads=True)) == [entry("data_access")]


def test_what_failed_for_another_reason_is_no_refusal() -> None:
    [found] = entries.read([entry(status={"code": 9, "message": "is protected"})])
    assert (found.outcome, found.message) == ("failed", "is protected")


def test_a_workflow_behind_an_account_is_named_with_its_environment() -> None:
    chain = [{"principalSubject": f"{POOL}{JOB}"}]
    who = {"principalEmail": "platform-deploy@p.iam.gserviceaccount.com", "serviceAccountDelegationInfo": chain}
    [found] = entries.read([entry(authenticationInfo=who)])

    assert found.via == (JOB,)
    assert found.job is not None
    assert (found.job.repository, found.job.environment) == ("example/infrastructure", "platform-prod")


def test_a_job_that_acts_as_itself_is_named_too() -> None:
    subject = f"{POOL}repo:example/infrastructure:pull_request"
    [found] = entries.read([entry(authenticationInfo={"principalSubject": subject})])

    assert found.principal == "repo:example/infrastructure:pull_request"
    assert found.job is not None
    assert found.job.environment is None


def test_a_person_behind_an_account_is_named() -> None:
    chain = [{"firstPartyPrincipal": {"principalEmail": "ada@example.com"}}]
    who = {"principalEmail": "platform-deploy@p.iam.gserviceaccount.com", "serviceAccountDelegationInfo": chain}
    [found] = entries.read([entry(authenticationInfo=who)])

    assert found.via == ("ada@example.com",)


def test_a_long_operation_is_told_once_with_how_it_ended() -> None:
    first = {**entry(), "operation": {"id": "op", "first": True}}
    last = {**entry(time="2026-05-01T10:09:00Z", status={"code": 13, "message": "broke"}), "operation": {"id": "op"}}

    for order in ([first, last], [last, first]):
        [found] = entries.read(order)
        assert (found.time.minute, found.outcome, found.message) == (0, "failed", "broke")


def test_what_was_exported_twice_is_told_once() -> None:
    assert len(entries.read([entry(), entry()])) == 1


def test_entries_of_other_logs_are_passed_over() -> None:
    other = {**entry(), "logName": "projects/p/logs/stderr", "textPayload": "x"}
    del other["protoPayload"]
    assert entries.read([other]) == []


def test_the_address_of_the_callers_computer_is_nowhere() -> None:
    metadata = {"callerIp": "203.0.113.7", "callerSuppliedUserAgent": "gcloud"}
    [found] = entries.read([entry(requestMetadata=metadata)])

    assert found.caller == "gcloud"
    assert "203.0.113.7" not in found.model_dump_json()


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
def test_lines_are_looked_at_before_they_are_parsed(separators: tuple[str, str]) -> None:
    written = [entry("data_access"), entry(), entry("data_access", status=REFUSED)]
    content = b"\n".join(json.dumps(each, separators=separators).encode() for each in written)

    assert list(entries.lines(content)) == written[1:]


def test_what_gcloud_prints_is_read_as_well() -> None:
    assert list(entries.lines(json.dumps([entry()], indent=2).encode())) == [entry()]
