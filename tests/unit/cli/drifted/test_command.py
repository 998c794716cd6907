"""Questions about drifted properties, and the commands and entries that repair them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.drifted import acceptance, command
from cli.drifted.drifted_property import DriftedProperty
from cli.layout import Stack
from policy_pack import acceptances
from toolchain.errors import UsageError

TODAY = datetime.now(UTC).date()
SHOP = Stack("apps", "sandbox", "storefront")
REPLICAS = DriftedProperty(
    resource="urn:pulumi:storefront-sandbox::apps::prodfirst:apps:WebService$kubernetes:apps/v1:Deployment::storefront",
    path="spec.template.spec.containers[name=web].image",
    declared="ours",
    live="theirs: no # comment",
)
NAMED = "APP=storefront RESOURCE=storefront PROPERTY='spec.template.spec.containers[name=web].image'"


def test_each_property_has_three_commands() -> None:
    assert REPLICAS.commands(SHOP) == {
        "put back": "make up APP=storefront",
        "adopt": f"make drifted {NAMED} CHOICE=adopt",
        "accept": f"make drifted {NAMED} CHOICE=accept UNTIL=<date> REASON='<why>'",
    }


@pytest.mark.parametrize(
    ("stack", "expected"),
    [
        (Stack("platform", "dev", "storage"), "gh workflow run deploy.yml"),
        (Stack("identity", "dev", "foundation"), "make bootstrap STACK=dev"),
        (Stack("platform", "sandbox"), "make up OWNER=platform"),
    ],
)
def test_whoever_deploys_a_stack_puts_it_back(stack: Stack, expected: str) -> None:
    assert REPLICAS.commands(stack)["put back"] == expected


def test_what_is_protected_is_not_accepted() -> None:
    assert "accept" not in REPLICAS.model_copy(update={"untouchable": "it is protected"}).commands(SHOP)


@pytest.mark.parametrize("resource", ["", "storefront"])
@pytest.mark.parametrize("path", ["", REPLICAS.path])
def test_a_question_is_about_what_it_names(resource: str, path: str) -> None:
    assert command.question(resource, path, "", "", "").is_about(REPLICAS)
    assert not command.question("reports", path, "", "", "").is_about(REPLICAS)
    assert not command.question(resource, "spec.replicas", "", "", "").is_about(REPLICAS)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"choice": "ignore"}, "CHOICE=ignore is neither adopt nor accept, so nothing was done"),
        ({"until": "soon"}, "UNTIL=soon is no day, so nothing was done; write it as"),
        ({"until": f"{TODAY + timedelta(days=91)}"}, "is not within 90 days from today"),
        ({"until": f"{TODAY - timedelta(days=1)}"}, "is not within 90 days from today"),
    ],
)
def test_a_choice_or_day_that_there_is_not_is_refused(given: dict[str, str], words: str) -> None:
    options = {"resource": "", "path": "", "choice": "", "until": "", "reason": "", **given}
    with pytest.raises(UsageError, match=words):
        command.question(**options)


def test_an_acceptance_is_for_a_month_unless_another_day_is_given() -> None:
    assert command.question("", "", "", "", "").until == TODAY + timedelta(days=30)
    assert command.question("", "", "", f"{TODAY}", "").until == TODAY


def test_the_entry_is_one_that_security_can_take_over(tmp_path: Path) -> None:
    file = tmp_path / "drift_acceptances.yaml"
    reason = "The new image is built: until then, this one."
    file.write_text(f"acceptances:\n{acceptance.entry(SHOP, REPLICAS, TODAY, reason)}\n")

    [entry] = acceptances.load(file, on=TODAY).all

    assert entry.resource.fits(REPLICAS.resource)
    assert (entry.path, entry.value, entry.reason) == (REPLICAS.path, REPLICAS.live, reason)
    assert (entry.owner, entry.expires) == ("shop", TODAY)


def test_an_entry_without_a_reason_is_not_taken(tmp_path: Path) -> None:
    entry: list[dict[str, Any]] = yaml.safe_load(acceptance.entry(SHOP, REPLICAS, date(2026, 12, 1), ""))
    assert entry[0]["reason"] == ""
    file = tmp_path / "drift_acceptances.yaml"
    file.write_text(yaml.safe_dump({"acceptances": entry}))
    with pytest.raises(acceptances.data.DataError, match="reason"):
        acceptances.load(file, on=date(2026, 11, 30))
