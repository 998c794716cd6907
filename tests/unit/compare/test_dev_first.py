"""A change reaches the first environment first: what is there alone is no finding, and what a later one lacks is."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from cli import rollout
from cli.layout import LAYERS
from compare import __main__ as command
from unit.compare.conftest import FIRST, LAST, Checkout, Config

# The stacks of an environment that are no app's: the project, and the beginning of the stack's name.
STACKS = (
    ("identity", "foundation-"),
    ("identity", ""),
    ("identity", "team-shop-"),
    ("platform", ""),
    ("platform", "storage-"),
    ("platform", "namespaces-shop-"),
)
STORE: dict[str, Any] = {
    "owner": "database",
    "version": "POSTGRES_18",
    "tier": "db-custom-1-3840",
    "databases": ["ledger"],
    "highlyAvailable": False,
    "objectives": {"dataLossMinutes": 5, "downtimeMinutes": 240},
}
BUILD = {"repository": "example/finance", "repositoryId": "400500777"}


def add_team(config: Config) -> None:
    config["identity:teams"]["finance"] = {"group": "finance-team@example.com", "capabilities": ["cluster-user"]}


def add_app(config: Config) -> None:
    config["identity:team"]["builds"].append(BUILD)
    config["identity:apps"]["ledger"] = {"databases": ["ledger"], "secrets": ["token"]}


def add_store(config: Config) -> None:
    config["platform:datastores"]["books"] = STORE


def test_what_is_committed_differs_as_intended_and_no_otherwise(checkout: Checkout) -> None:
    assert [checkout.findings(layer) for layer in LAYERS] == [[], [], []]


def test_a_team_of_three_lines_in_the_first_environment_alone_is_no_finding(checkout: Checkout) -> None:
    checkout.edit(f"identity/{FIRST}", add_team)

    assert [checkout.findings(layer) for layer in LAYERS] == [[], [], []]


def test_an_app_with_a_datastore_in_the_first_environment_alone_brings_its_guards_and_is_no_finding(
    checkout: Checkout,
) -> None:
    checkout.edit(f"identity/team-shop-{FIRST}", add_app)
    checkout.edit(f"platform/storage-{FIRST}", add_store)
    checkout.edit(
        f"platform/namespaces-shop-{FIRST}",
        lambda config: config["platform:namespaces"].update(ledger={"public": True}),
    )

    assert [checkout.findings(layer) for layer in LAYERS] == [[], [], []]


def test_the_same_in_the_last_environment_alone_is_found(checkout: Checkout) -> None:
    checkout.edit(f"identity/team-shop-{LAST}", add_app)
    checkout.edit(f"platform/storage-{LAST}", add_store)

    found = checkout.findings("identity") + checkout.findings("platform")

    for resource in ("Account app-ledger", "DatabaseInstance books", "Namespace ledger", "ResourceQuota ledger-quota"):
        assert any(each.startswith(f"{resource} is in {LAST} and not in {FIRST}") for each in found), resource


def change(key: str, value: Any) -> Callable[[Config], object]:
    """Sets a dotted key below a configuration key; None is no value, not even the default."""

    def edit(config: Config) -> None:
        first, *path = key.split(".")
        *parents, last = [first, *path]
        inner = config
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value

    return edit


@pytest.mark.parametrize(
    ("stack", "key", "value", "said"),
    [
        (
            "identity/foundation-",
            "identity:organization",
            None,
            ["DenyPolicy", "Policy organization-iam.disableServiceAccountKeyCreation"],
        ),
        ("identity/foundation-", "identity:github.branch", "release", ["IAMMember", "WorkloadIdentityPoolProvider"]),
        (
            "identity/foundation-",
            "identity:owners.platform",
            "security-team@example.com",
            ["IAMMember platform-preview-people: member is"],
        ),
        ("identity/", "identity:teams.database.capabilities", ["datastore-admin", "platform-reader"], ["IAMMember"]),
        ("identity/team-shop-", "identity:team.builds", [BUILD], ["IAMMember"]),
        ("identity/team-shop-", "identity:bindWorkloads", True, ["IAMMember"]),
        ("platform/", "platform:cluster", {"releaseChannel": "STABLE"}, ["Cluster main: releaseChannel.channel is"]),
        ("platform/storage-", "platform:datastores.orders.version", "POSTGRES_17", ["databaseVersion is POSTGRES_18"]),
    ],
)
def test_what_the_last_environment_protects_less_or_grants_more_is_found(
    checkout: Checkout, stack: str, key: str, value: Any, said: list[str]
) -> None:
    checkout.edit(f"{stack}{LAST}", change(key, value))

    found = checkout.findings(stack.partition("/")[0])

    for words in said:
        assert any(words in each for each in found), (words, found)


def test_a_value_of_the_other_environment_is_found_as_after_copying_a_line(checkout: Checkout) -> None:
    image = f"europe-west4-docker.pkg.dev/example-dev/proxy@sha256:{'1' * 64}"
    for name in (FIRST, LAST):
        checkout.edit(f"platform/{name}", change("platform:databaseProxyImage", image))

    found = checkout.findings("platform")

    assert found
    assert all("<project>/proxy" in each and "example-dev/proxy" in each for each in found)


MINE = {
    "gcp:project": "acme-trial",
    "gcp:region": "us-central1",
    "identity:projectNumber": "987654321098",
    "identity:domain": "acme.org",
    "identity:administrators": "cloud@acme.org",
    "identity:alerts": "cloud@acme.org",
    "identity:breakGlassGroup": "cloud@acme.org",
    "identity:github": {"repository": "acme/platform", "repositoryId": "11", "ownerId": "12"},
    "identity:organization": {"id": "987654321", "customerId": "C0acme"},
    "identity:owners": {
        "identity": "security@acme.org",
        "platform": "platform@acme.org",
        "storage": "database@acme.org",
    },
}
MINE_EVERYWHERE = {"gcp:project": "acme-trial", "gcp:region": "us-central1"}


def test_the_own_project_region_domain_groups_and_repository_of_an_adopter_are_no_difference(
    checkout: Checkout,
) -> None:
    for key, value in MINE.items():
        checkout.edit(f"identity/foundation-{FIRST}", change(key, value))
    for team in ("database", "platform", "security"):
        checkout.edit(f"identity/{FIRST}", change(f"identity:teams.{team}.group", f"{team}@acme.org"))
    checkout.edit(f"identity/team-shop-{FIRST}", change("identity:team.group", "shop@acme.org"))
    builds = [{"repository": "acme/shop", "repositoryId": "13"}]
    checkout.edit(f"identity/team-shop-{FIRST}", change("identity:team.builds", builds))
    for key, value in MINE_EVERYWHERE.items():
        for layer, part in STACKS:
            checkout.edit(f"{layer}/{part}{FIRST}", change(key, value))
    checkout.edit(f"platform/{FIRST}", change("platform:gateway.domain", "trial.acme.org"))

    assert checkout.findings("identity") == []
    assert checkout.findings("platform") == []


def test_the_first_environment_may_have_another_name(checkout: Checkout) -> None:
    for layer, part in STACKS:
        (checkout.root / layer / f"Pulumi.{part}{FIRST}.yaml").rename(checkout.root / layer / f"Pulumi.{part}test.yaml")
    [finding] = rollout.findings(checkout.root)
    assert "identity/Pulumi.foundation-test.yaml is of the environment test" in finding

    checkout.list_environments("test", LAST)
    assert [checkout.findings(layer) for layer in LAYERS] == [[], [], []]

    checkout.edit(f"platform/storage-{LAST}", add_store)
    assert any("is in prod and not in test" in each for each in checkout.findings("platform"))


@pytest.mark.parametrize("kept", [(FIRST,), (LAST,), ()])
def test_with_one_environment_or_none_there_is_nothing_to_compare(
    checkout: Checkout,
    kept: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in {FIRST, LAST} - set(kept):
        for layer, part in STACKS:
            (checkout.root / layer / f"Pulumi.{part}{name}.yaml").unlink()

    assert command.main([]) == 0
    assert "nothing to compare" in capsys.readouterr().out


def test_each_environment_is_compared_with_the_next_one(checkout: Checkout) -> None:
    checkout.list_environments(FIRST, "staging", LAST)
    for layer, part in STACKS:
        checkout.add(
            f"{layer}/{part}staging", f"{layer}/{part}{LAST}", {"example-prod": "example-staging", "310300": "410400"}
        )
    assert [checkout.findings(layer) for layer in LAYERS] == [[], [], []]

    checkout.edit("identity/staging", add_team)
    assert {each.partition(" is in ")[2].partition(",")[0] for each in checkout.findings("identity")} == {
        f"staging and not in {FIRST}"
    }

    checkout.edit(f"identity/{FIRST}", add_team)
    assert checkout.findings("identity") == []

    checkout.edit(f"identity/foundation-{LAST}", change("identity:organization", None))
    assert any(
        each.startswith("DenyPolicy") and "is in staging and not in prod" in each
        for each in checkout.findings("identity")
    )


def test_a_layer_that_an_environment_has_not_yet_is_compared_with_the_one_before_that(checkout: Checkout) -> None:
    checkout.list_environments(FIRST, "staging", LAST)
    for part in ("foundation-", "", "team-shop-"):
        own = {"example-prod": "example-staging", "310300": "410400"}
        checkout.add(f"identity/{part}staging", f"identity/{part}{LAST}", own)
    checkout.edit(f"platform/storage-{LAST}", add_store)

    assert any(f"is in {LAST} and not in {FIRST}" in each for each in checkout.findings("platform"))

    (checkout.root / "platform" / f"Pulumi.{FIRST}.yaml").unlink()
    assert checkout.findings("platform") == []


def test_an_environment_without_its_foundation_is_compared_with_nothing_yet(checkout: Checkout) -> None:
    checkout.edit(f"identity/{LAST}", add_team)
    assert checkout.findings("identity")

    (checkout.root / "identity" / f"Pulumi.foundation-{LAST}.yaml").unlink()
    assert [checkout.findings(layer) for layer in LAYERS] == [[], [], []]


def test_a_teams_stack_is_compared_only_where_what_it_depends_on_is_the_same_teams(checkout: Checkout) -> None:
    billing = {"shop": "billing", "storefront": "invoices", "reports": "reminders", "400500601": "400500602"}
    checkout.add(f"platform/namespaces-billing-{LAST}", f"platform/namespaces-shop-{LAST}", billing)
    assert checkout.findings("platform") == []

    checkout.add(f"identity/team-billing-{LAST}", f"identity/team-shop-{LAST}", billing)
    assert checkout.findings("platform") == [
        f"Stack namespaces-billing is in {LAST} and not in {FIRST}, so {FIRST} never tried it"
    ]


def app(checkout: Checkout, name: str, environment: str) -> None:
    """The stack file of an app like the sandbox's."""
    checkout.add(f"apps/{name}-{environment}", f"apps/{name}-sandbox", {"prodfirst-sandbox": f"example-{environment}"})


def test_an_app_is_compared_where_both_have_it_and_found_where_the_last_alone_has_it(checkout: Checkout) -> None:
    app(checkout, "storefront", FIRST)
    assert checkout.findings("apps") == []

    app(checkout, "storefront", LAST)
    assert checkout.findings("apps") == []

    checkout.edit(f"apps/storefront-{LAST}", change("apps:public", True))
    assert any("storefront" in each for each in checkout.findings("apps"))
    checkout.edit(f"apps/storefront-{LAST}", change("apps:public", None))

    app(checkout, "reports", LAST)
    assert checkout.findings("apps") == [f"Stack reports is in {LAST} and not in {FIRST}, so {FIRST} never tried it"]

    entry = {"resource": "Stack reports", "property": "", "reason": "Its data is in the last environment alone."}
    (checkout.root / "apps" / "differences.yaml").write_text(yaml.safe_dump([entry]))
    assert checkout.findings("apps") == []
