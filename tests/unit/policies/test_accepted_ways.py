"""Ways to more than was given that a decision accepts: told each time, and accepted for nobody else."""

import pytest

from audit.settings import settings
from iam.safeguards import SAFEGUARDS
from unit.policies.layers_world import layers, texts

BYSTANDER = "account bystander"
_TOKEN = "roles/iam.serviceAccountTokenCreator"


def test_an_accepted_way_is_told_with_its_decision_and_no_violation() -> None:
    made = layers()
    made.holds("account team-deploy", "iam.serviceAccounts.setIamPolicy")

    accepted = made.found("audit-escalation-accepted")

    assert made.ways() == set()
    assert "accepted by identity/decisions/0003-foundation-and-daily-work.md: It manages accounts" in texts(accepted)
    assert "  1. account team-deploy may let anybody act as account app-shop" in texts(accepted)


def test_what_is_accepted_for_one_is_not_for_another_who_comes_through_it() -> None:
    made = layers()
    made.holds("account team-deploy", "iam.serviceAccounts.setIamPolicy")
    made.grant(BYSTANDER, _TOKEN, "account team-deploy")

    assert {(BYSTANDER, "account team-deploy"), (BYSTANDER, "account data-admin")} <= made.ways()


def test_an_accepted_way_that_is_gone_is_said_to_be() -> None:
    assert "accepts is not there (any more)" in texts(layers().found("audit-escalation-accepted"))


@pytest.mark.parametrize("label", ["DenyPolicy guard-rails", "AlertPolicy alert-account-access"])
def test_a_way_is_accepted_only_while_its_safeguards_hold(label: str) -> None:
    made = layers()
    made.holds("account team-deploy", "iam.serviceAccounts.setIamPolicy")
    made.weak[label] = ["no state has it"]

    assert ("account team-deploy", "account data-admin") in made.ways()
    assert f"safeguards that do not hold: {label}: no state has it" in texts(made.found("audit-no-escalation"))
    assert "It manages accounts" not in texts(made.found("audit-escalation-accepted"))


def test_every_accepted_way_names_safeguards_that_are_listed() -> None:
    listed = {one.label for one in SAFEGUARDS.all()}

    for accepted in settings().accepted:
        assert set(accepted.safeguards) <= listed, accepted
