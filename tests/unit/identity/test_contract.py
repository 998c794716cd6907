"""The contracts of the identity layer's two programs, to the last field, and the time of their publication."""

import json

import pytest

from unit.identity.declared import (
    committed,
    committed_daily,
    committed_foundation,
    configuration,
    foundation,
    foundation_configuration,
    gcp,
    program,
)
from unit.pulumi_mocks import PROJECT, Declared, Document, Engine

KEYS = f"projects/{PROJECT}/locations/europe-west4/keyRings/data/cryptoKeys"


def email(name: str) -> str:
    return f"{name}@{PROJECT}.iam.gserviceaccount.com"


def pair(owner: str) -> Document:
    return {"preview": email(f"{owner}-preview"), "deploy": email(f"{owner}-deploy")}


NO_CI: Document = {"ci": None, "images": None}


def builds(team: str) -> Document:
    return {"ci": pair(f"apps-{team}"), "images": email(f"images-{team}")}


def test_the_contract_is_exactly_this() -> None:
    assert committed().outputs["contract"] == {
        "contract": "identity",
        "version": 1,
        "project": {"id": PROJECT, "number": "100200300400", "region": "europe-west4", "domain": "example.com"},
        "nodeServiceAccount": email("gke-nodes"),
        "keys": {name: f"{KEYS}/{name}" for name in ("backups", "cluster", "databases", "registry")},
        "layers": {"identity": pair("identity"), "platform": pair("platform")},
        "teams": {
            "shop": {"group": "shop-team@example.com", "capabilities": ["cluster-user"], **builds("shop")},
            "database": {"group": "database-team@example.com", "capabilities": ["datastore-admin"], **NO_CI},
            "platform": {"group": "platform-team@example.com", "capabilities": ["platform-reader"], **NO_CI},
            "security": {"group": "security-team@example.com", "capabilities": ["security-reader"], **NO_CI},
        },
        "apps": {
            "storefront": {
                "team": "shop",
                "namespace": "storefront",
                "kubernetesServiceAccount": "storefront",
                "serviceAccount": email("app-storefront"),
                "databases": ["orders"],
                "secrets": [],
            },
            "reports": {
                "team": "shop",
                "namespace": "reports",
                "kubernetesServiceAccount": "reports",
                "serviceAccount": email("app-reports"),
                "databases": [],
                "secrets": ["app-reports-signing-key"],
            },
        },
    }


def test_the_contract_of_the_foundation_is_exactly_this() -> None:
    assert committed_foundation().outputs["contract"] == {
        "contract": "foundation",
        "version": 1,
        "project": {"id": PROJECT, "number": "100200300400", "region": "europe-west4", "domain": "example.com"},
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


def test_every_account_in_the_contract_is_made_and_every_key_is() -> None:
    accounts = {
        email(item.inputs["accountId"]) for item in committed().of("gcp:serviceaccount/account:Account").values()
    }
    text = json.dumps(committed().outputs["contract"])
    addresses = {word for word in text.split('"') if word.endswith(f"@{PROJECT}.iam.gserviceaccount.com")}
    keys = {item.inputs["name"] for item in committed().of("gcp:kms/cryptoKey:CryptoKey").values()}
    # Nobody who reads the contract needs the datastores' accounts: they hold nothing in the cluster.
    assert accounts - addresses == {email("storage-deploy"), email("storage-preview")}
    assert addresses <= accounts
    assert set(committed().outputs["contract"]["keys"]) <= keys


def test_an_app_that_uses_nothing_of_google_has_no_account_there() -> None:
    app = program({"apps": {"storefront": {"team": "shop"}}}).outputs["contract"]["apps"]["storefront"]
    assert app["serviceAccount"] is None
    assert (app["databases"], app["secrets"]) == ([], [])


def test_the_secrets_of_an_app_are_named_by_their_ids_and_made() -> None:
    engine = program({"apps": {"storefront": {"team": "shop", "secrets": ["smtp", "api-key"]}}})
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
    teams["shop"]["capabilities"] = ["platform-reader", "cluster-user"]
    capabilities = program({"teams": teams}).outputs["contract"]["teams"]["shop"]["capabilities"]
    assert capabilities == ["cluster-user", "platform-reader"]


@pytest.fixture(params=[committed_foundation, committed_daily], ids=["foundation", "daily work"])
def stack(request: pytest.FixtureRequest) -> Engine:
    """Each of the two programs."""
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
    assert version.inputs["secret"].endswith(f"/secrets/contract-{stack.outputs['contract']['contract']}")
