"""Contracts and outputs hold no credential, and no message of any rule ever shows a secret."""

import base64
import gzip
import json
from copy import deepcopy
from typing import Any, cast

import pytest

from pack.analyzer import UNKNOWN_STRING, Analyzer, Inputs, secret, urn
from pack.cases import Broken, table

VERSION = "gcp:secretmanager/secretVersion:SecretVersion"
ROOT = "pulumi:pulumi:Stack"
CONTRACT: Inputs = {"contract": "identity", "project": {"id": "p"}, "teams": {"shop": {"group": "shop@example.com"}}}


PUBLISHED = "projects/p/secrets/contract-identity"


def version(document: Any, of: str = PUBLISHED) -> Inputs:
    return {"secret": of, "secretData": secret(json.dumps(document)), "deletionPolicy": "ABANDON"}


def test_a_contract_of_names_is_accepted(analyzer: Analyzer) -> None:
    assert analyzer.check(VERSION, version(CONTRACT)) == []
    assert analyzer.stack([(urn(ROOT, "identity-sandbox"), ROOT, {"contract": CONTRACT})]) == []


CREDENTIALS: list[tuple[Inputs, str]] = [
    ({"database": {"password": "hunter2"}}, "database.password is named like a credential"),
    ({"apiKey": "hunter2"}, "apiKey is named like a credential"),
    ({"list": [{"note": "-----BEGIN RSA PRIVATE KEY-----hunter2"}]}, "list[0].note looks like a private key"),
    ({"note": "AIza" + "hunter2" * 5}, "note looks like a Google API key"),
    ({"note": "ya29." + "hunter2" * 5}, "looks like a Google access token"),
    ({"note": "ghp_" + "hunter" * 6}, "looks like a GitHub token"),
    ({"note": "eyJhunter2hunter2.eyJhunter2hunter2.x"}, "looks like a JSON web token"),
    ({"note": "postgres://app:hunter2@10.0.0.1/orders"}, "looks like an address with a password"),
    ({"note": '{"type": "service_account", "x": "hunter2"}'}, "looks like a service account's key file"),
    ({"note": "users: [{client-key-data: hunter2}]"}, "looks like a client certificate or token"),
]


@pytest.mark.parametrize(("extra", "words"), CREDENTIALS)
def test_a_contract_with_a_credential_is_refused(analyzer: Analyzer, extra: Inputs, words: str) -> None:
    found = analyzer.check(VERSION, version({**CONTRACT, **extra}))
    assert {finding.policy for finding in found} == {"secret-contract-without-credentials"}
    assert any(words in finding.message for finding in found)
    assert not any("hunter" in finding.message for finding in found)


def test_a_compressed_contract_is_judged_by_what_is_in_it(analyzer: Analyzer) -> None:
    def compressed(document: Inputs) -> Inputs:
        text = base64.b64encode(gzip.compress(json.dumps(document).encode())).decode()
        return {**version(CONTRACT), "secretData": secret(text)}

    assert analyzer.check(VERSION, compressed(CONTRACT)) == []
    [finding] = analyzer.check(VERSION, compressed({**CONTRACT, "password": "hunter2"}))
    assert finding.policy == "secret-contract-without-credentials"
    assert "password is named like a credential" in finding.message
    [finding] = analyzer.check(VERSION, {**version(CONTRACT), "secretData": secret("H4sIhunter2")})
    assert finding.policy == "secret-contract-without-credentials"
    assert "hunter2" not in finding.message


@pytest.mark.parametrize(("extra", "words"), [*CREDENTIALS, ({"x": secret("hunter2")}, "x is marked as secret")])
def test_a_stack_with_a_credential_among_its_outputs_is_refused(analyzer: Analyzer, extra: Inputs, words: str) -> None:
    found = analyzer.stack([(urn(ROOT, "identity-sandbox"), ROOT, {"contract": {**CONTRACT, **extra}})])
    assert {finding.policy for finding in found} == {"secret-outputs-without-credentials"}
    assert any(words in finding.message for finding in found)
    assert not any("hunter" in finding.message for finding in found)


def test_a_contract_that_only_the_update_knows_is_judged_there(analyzer: Analyzer) -> None:
    inputs = {**version(CONTRACT), "secretData": secret(UNKNOWN_STRING)}
    assert analyzer.check(VERSION, inputs) == []
    assert analyzer.check(VERSION, {**inputs, "secret": UNKNOWN_STRING}, name="contract-identity-version") == []


def test_a_contract_that_is_no_document_is_refused(analyzer: Analyzer) -> None:
    for text in (secret("hunter2"), 1, None):
        [finding] = analyzer.check(VERSION, {**version(CONTRACT), "secretData": text})
        assert finding.policy == "secret-contract-without-credentials"
        assert "hunter2" not in finding.message


def test_any_other_payload_is_refused(analyzer: Analyzer) -> None:
    [finding] = analyzer.check(VERSION, version("hunter2", "app-storefront-stripe"))
    assert finding.policy == "secret-payload-not-in-state"
    assert "hunter2" not in finding.message
    assert analyzer.check(VERSION, {"secret": "app-storefront-stripe", "deletionPolicy": "ABANDON"}) == []


SEED = "hunter2-Sup3rS3cret"


def seeded(value: Any) -> Any:
    """The same structure with every leaf a secret."""
    if isinstance(value, dict):
        return {key: seeded(inner) for key, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [seeded(inner) for inner in cast("list[Any]", value)]
    return secret(SEED)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to all leaves of a structure."""
    if isinstance(value, dict):
        entries = list(cast("dict[str, Any]", value).items())
    elif isinstance(value, list):
        entries = list(enumerate(cast("list[Any]", value)))
    else:
        return [path]
    return [leaf for key, inner in entries for leaf in leaves(inner, (*path, key))]


def with_seed(inputs: Inputs, way: tuple[Any, ...]) -> Inputs:
    """A copy with a secret at one place."""
    copy = deepcopy(inputs)
    place: Any = copy
    for step in way[:-1]:
        place = place[step]
    place[way[-1]] = secret(SEED)
    return copy


@pytest.mark.parametrize("kind", table.VALID)
def test_no_message_shows_a_secret_wherever_it_is(analyzer: Analyzer, kind: str) -> None:
    """Every leaf alone, every top-level input as a whole, and all leaves at once."""
    inputs = table.VALID[kind].inputs
    variants = [with_seed(inputs, way) for way in leaves(inputs) if way]
    variants += [{**inputs, key: secret({"inside": SEED})} for key in inputs]
    variants += [seeded(inputs)]
    for variant in variants:
        for finding in analyzer.check(kind, variant, layer="platform"):
            assert SEED not in finding.message, finding


@pytest.mark.parametrize("case", table.BROKEN, ids=lambda case: case.title)
def test_no_message_about_a_broken_resource_shows_a_secret(analyzer: Analyzer, case: Broken) -> None:
    found = analyzer.check(case.type, seeded(table.inputs(case)))
    assert not any(SEED in finding.message for finding in found)
