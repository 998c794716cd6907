"""The contracts of the identity layer's three programs, to the last field, and the time of their publication."""

import json

import pytest

from unit.identity.declared import (
    committed,
    committed_daily,
    committed_foundation,
    committed_team,
    configuration,
    daily,
    foundation,
    foundation_configuration,
    gcp,
    program,
    team,
)
from unit.pulumi_mocks import PROJECT, Declared, Document, Engine

KEYS = f"projects/{PROJECT}/locations/europe-west4/keyRings/data/cryptoKeys"


def email(name: str) -> str:
    return f"{name}@{PROJECT}.iam.gserviceaccount.com"


def pair(owner: str) -> Document:
    return {"preview": email(f"{owner}-preview"), "deploy": email(f"{owner}-deploy")}


PLACE = {"id": PROJECT, "number": "100200300400", "region": "europe-west4", "domain": "example.com"}


def test_the_contract_is_exactly_this() -> None:
    assert committed_daily().outputs["contract"] == {
        "contract": "identity",
        "version": 2,
        "project": PLACE,
        "nodeServiceAccount": email("gke-nodes"),
        "keys": {name: f"{KEYS}/{name}" for name in ("backups", "cluster", "databases", "registry")},
        "layers": {owner: pair(owner) for owner in ("identity", "namespaces", "platform", "team")},
        "teams": {
            "database": {"group": "database-team@example.com", "capabilities": ["datastore-admin"]},
            "platform": {"group": "platform-team@example.com", "capabilities": ["platform-reader"]},
            "security": {"group": "security-team@example.com", "capabilities": ["security-reader"]},
        },
    }


def test_the_contract_of_a_team_is_exactly_this() -> None:
    assert committed_team().outputs["contract"] == {
        "contract": "team",
        "version": 1,
        "project": PLACE,
        "team": {
            "name": "shop",
            "group": "shop-team@example.com",
            "ci": pair("apps-shop"),
            "images": email("images-shop"),
        },
        "apps": {
            "storefront": {
                "namespace": "storefront",
                "kubernetesServiceAccount": "storefront",
                "serviceAccount": email("app-storefront"),
                "databases": ["orders"],
                "secrets": [],
                "migratedBy": None,
            },
            "reports": {
                "namespace": "reports",
                "kubernetesServiceAccount": "reports",
                "serviceAccount": email("app-reports"),
                "databases": [],
                "secrets": ["app-reports-signing-key"],
                "migratedBy": None,
            },
        },
    }


def test_the_contract_of_the_foundation_is_exactly_this() -> None:
    assert committed_foundation().outputs["contract"] == {
        "contract": "foundation",
        "version": 1,
        "project": PLACE,
        "github": {
            "repository": "example/infrastructure",
            "repositoryId": "400500600",
            "ownerId": "700800900",
            "branch": "main",
        },
        "owners": {
            "identity": "security-team@example.com",
            "platform": "platform-team@example.com",
            "storage": "database-team@example.com",
        },
        "breakGlassGroup": "break-glass@example.com",
        "breakGlassPeople": [],
    }


def test_what_the_foundation_hands_over_is_what_daily_work_builds_on() -> None:
    changes = {
        "projectNumber": "555666777888",
        "github": {**foundation_configuration()["identity:github"], "branch": "release"},
        "breakGlassGroup": "emergency@example.com",
    }
    window = {"reason": "the old instance must go", "start": "2026-01-31T18:00:00Z", "end": "2026-01-31T20:00:00Z"}
    engine = program({**changes, "breakGlass": window})

    assert foundation(changes).outputs["contract"]["project"]["number"] == "555666777888"
    assert engine.outputs["contract"]["project"]["number"] == "555666777888"
    users = engine.of("gcp:serviceaccount/iAMMember:IAMMember")
    member = users["apps-shop-deploy-github"].inputs["member"]
    assert "projects/555666777888/" in member
    assert member.endswith("apps-shop-sandbox:refs/heads/release")
    assert "projects/555666777888/" in users["images-shop-github-400500601-main"].inputs["member"]
    glass = engine.of("gcp:projects/iAMMember:IAMMember")["break-glass"]
    assert glass.inputs["member"] == "group:emergency@example.com"


def test_every_account_in_the_contracts_is_made_and_every_key_is() -> None:
    accounts = {
        email(item.inputs["accountId"]) for item in committed().of("gcp:serviceaccount/account:Account").values()
    }
    text = json.dumps([committed_daily().outputs["contract"], committed_team().outputs["contract"]])
    addresses = {word for word in text.split('"') if word.endswith(f"@{PROJECT}.iam.gserviceaccount.com")}
    keys = {item.inputs["name"] for item in committed().of("gcp:kms/cryptoKey:CryptoKey").values()}
    # Nobody who reads the contracts needs the datastores' accounts: they hold nothing in the cluster.
    assert accounts - addresses == {email("storage-deploy"), email("storage-preview")}
    assert addresses <= accounts
    assert set(committed_daily().outputs["contract"]["keys"]) <= keys


def test_an_app_that_uses_nothing_of_google_has_no_account_there() -> None:
    app = team({"apps": {"storefront": {}}}).outputs["contract"]["apps"]["storefront"]
    assert app["serviceAccount"] is None
    assert (app["databases"], app["secrets"]) == ([], [])


def test_a_team_may_be_there_before_its_first_app() -> None:
    engine = team({"apps": {}})
    assert engine.outputs["contract"]["apps"] == {}
    assert engine.outputs["contract"]["team"]["ci"] == pair("apps-shop")


def test_the_secrets_of_an_app_are_named_by_their_ids_and_made() -> None:
    engine = team({"apps": {"storefront": {"secrets": ["smtp", "api-key"]}}})
    assert engine.outputs["contract"]["apps"]["storefront"]["secrets"] == [
        "app-storefront-api-key",
        "app-storefront-smtp",
    ]
    secrets = engine.of("gcp:secretmanager/secret:Secret")
    for name in ("app-storefront-api-key", "app-storefront-smtp"):
        assert secrets[name].inputs["secretId"] == name
        assert secrets[name].protect


def test_the_contract_names_every_capability_of_a_team_in_order() -> None:
    teams = configuration()["identity:teams"]
    teams["platform"]["capabilities"] = ["platform-reader", "cluster-user"]
    capabilities = daily({"teams": teams}).outputs["contract"]["teams"]["platform"]["capabilities"]
    assert capabilities == ["cluster-user", "platform-reader"]


@pytest.fixture(
    params=[committed_foundation, committed_daily, committed_team], ids=["foundation", "daily work", "team"]
)
def stack(request: pytest.FixtureRequest) -> Engine:
    """Each of the three programs."""
    return request.param()


def test_the_contract_is_published_after_everything_else(stack: Engine) -> None:
    kind = "gcp:secretmanager/secretVersion:SecretVersion"
    [version] = stack.of(kind).values()
    others = {item.name for item in gcp(stack).values() if item.type != kind}
    assert others <= _before(version, stack)
    assert version.inputs["deletionPolicy"] == "ABANDON"


def _before(item: Declared, stack: Engine) -> set[str]:
    """Names of all resources that a resource waits for, and of those that these wait for."""
    waiting = {each.name: each.dependencies for each in stack.declared if each.dependencies}
    before, new = set[str](), set(item.dependencies)
    while new:
        before |= new
        new = {name for each in new for name in waiting.get(each, frozenset[str]())} - before
    return before


def test_what_is_written_is_what_the_output_shows(stack: Engine) -> None:
    [version] = stack.of("gcp:secretmanager/secretVersion:SecretVersion").values()
    written = version.inputs["secretData"]["value"]  # the engine's way to mark a secret
    assert json.loads(written) == stack.outputs["contract"]
    contract = stack.outputs["contract"]
    name = f"{contract['contract']}-{contract['team']['name']}" if "team" in contract else contract["contract"]
    assert version.inputs["secret"].endswith(f"/secrets/contract-{name}")
