"""Ways to more than was given that a decision accepts: told each time, and accepted for nobody else."""

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
