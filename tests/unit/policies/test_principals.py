"""Service agents: told from customers' accounts by a closed list, and from other projects' agents by the number."""

import pytest

from iam.principals import Agent, Directory, agent, kind

PROJECT, NUMBER = "acme-dev", "42"


def address(local: str, project: str) -> str:
    return f"serviceAccount:{local}@{project}.iam.gserviceaccount.com"


@pytest.mark.parametrize(
    ("local", "service"),
    [
        ("service-42", "gcp-sa-cloud-sql"),
        ("p42-x7k2ab", "gcp-sa-cloud-sql"),
        ("service-p42", "gcp-sa-accessapproval"),
        ("project-42", "storage-transfer-service"),
        ("bqcx-42-ab1c", "gcp-sa-bigquery-condel"),
        ("service-42", "gae-api-prod.google.com"),
    ],
)
def test_an_agent_is_known_by_its_service_and_the_number_of_the_project(local: str, service: str) -> None:
    member = address(local, service)
    assert agent(member) == agent(member.removeprefix("serviceAccount:")) == Agent(service, NUMBER)
    assert kind(member, PROJECT) == "agent"


@pytest.mark.parametrize(
    ("local", "project"),
    [
        ("service-backdoor", "gcp-sa-cloud-sql"),
        ("service-42", "evil-project"),
        ("service-42", "gcp-sa-evil"),
        ("service-42", PROJECT),
        ("p42-x7k2ab", "gcp-sa-cloud-sql.evil"),
    ],
)
def test_what_a_customer_can_make_is_an_account(local: str, project: str) -> None:
    assert agent(address(local, project)) is None
    assert kind(address(local, project), PROJECT) == "account"


@pytest.mark.parametrize(("number", "shown"), [(NUMBER, "agent"), ("43", "account")])
def test_an_agent_that_acts_for_another_project_is_an_account_of_its_full_name(number: str, shown: str) -> None:
    member = address(f"service-{number}", "gcp-sa-cloud-sql")
    principal = Directory({}, {}, PROJECT, NUMBER).principal(member, ())
    assert principal.kind == shown
    assert principal.name == ("agent gcp-sa-cloud-sql" if shown == "agent" else member)
