"""Credentials in plain are found by their shape, by their name and in a text's lines, and nothing else is."""

import re

import pytest

from identity_layer.kit import credentials

# A text of each shape, made up.
EXAMPLES = {
    "a private key": "-----BEGIN RSA PRIVATE KEY-----",
    "a service account's key file": '{"type": "service_account"}',
    "a Google API key": f"AIza{'a' * 35}",
    "a Google access token": f"ya29.{'a' * 20}",
    "a Google client secret": f"GOCSPX-{'a' * 24}",
    "a GitHub token": f"ghs_{'a' * 36}",
    "a GitLab token": f"glpat-{'a' * 20}",
    "an AWS access key": f"ASIA{'A' * 16}",
    "a Slack token": f"xoxb-{'1' * 12}",
    "a Stripe key": f"sk_live_{'a' * 24}",
    "a SendGrid key": f"SG.{'a' * 22}.{'b' * 43}",
    "an npm token": f"npm_{'a' * 36}",
    "a PyPI token": f"pypi-{'a' * 60}",
    "a Docker token": f"dckr_pat_{'a' * 27}",
    "a Pulumi token": f"pul-{'a' * 40}",
    "a Vault token": f"hvs.{'a' * 24}",
    "a key of a language model's API": f"sk-ant-{'a' * 40}",
    "a JSON web token": f"eyJ{'a' * 12}.eyJ{'b' * 12}.c",
    "an address with a password": "redis://:hunter2@cache:6379",
    "a password of a connection": "Server=db;Password=hunter2",
    "a header with a credential": "Authorization: Bearer abcdefgh12345678",
    "a client certificate or token of a cluster": "client-key-data: x",
}


@pytest.mark.parametrize("what", credentials.SHAPES)
def test_a_credential_is_found_by_its_shape_anywhere_in_a_text(what: str) -> None:
    assert credentials.looks_like(f"before {EXAMPLES[what]} after") == what


@pytest.mark.parametrize("what", credentials.SHAPES)
def test_a_shape_is_one_that_an_editor_understands_as_well(what: str) -> None:
    assert not re.search(r"\(\?|\\[AZb]", credentials.SHAPES[what])


@pytest.mark.parametrize(
    ("name", "value", "what"),
    [
        ("DB_PASSWORD", "hunter2", "a value under the name of a credential"),
        ("dbPassword", "hunter2", "a value under the name of a credential"),
        ("api-token", "123456", "a value under the name of a credential"),
        ("TOKEN", "x", "a value under the name of a credential"),
        ("db.properties", "host=x\ndb.secret = hunter2\n", "a value of db.secret"),
        ("db.yaml", "db:\n  passphrase: hunter2\n", "a value of passphrase"),
        ("db.json", '{"user": "x", "apiKey": "hunter2"}', "a value of apiKey"),
        ("start.sh", "export API_TOKEN=hunter2", "a value of API_TOKEN"),
    ],
)
def test_a_setting_is_a_credential_by_its_name_or_a_line(name: str, value: str, what: str) -> None:
    assert credentials.setting(name, value) == what


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", ""),
        ("DB_PASSWORD", "/run/secrets/db"),
        ("DB_PASSWORD", "${DATABASE_PASSWORD}"),
        ("SECRET_API_TOKEN", "projects/my-project/secrets/app-shop-api-token/versions/latest"),
        ("USE_TOKEN", "true"),
        ("TOKEN_URL", "https://login.example.com/token?a=b:c@d"),
        ("PASSWORD_MIN_LENGTH", "12"),
        ("MAX_TOKENS", "4000"),
        ("COMPASS", "north"),
        ("UPSTREAM", "auth-token:8080"),
        ("IMAGE", "eu.gcr.io/p/my-secret:1.2"),
        ("db.yaml", "db:\n  passwordFile: /run/secrets/db\n"),
    ],
)
def test_what_is_no_credential_is_let_through(name: str, value: str) -> None:
    assert credentials.setting(name, value) == ""


def test_arguments_are_looked_at_one_by_one_and_with_the_option_before_them() -> None:
    arguments = [
        "project-token:europe-west4:orders",
        "--token",
        "x",
        "--db-token=y",
        "--token-file=z",
        "--secret",
        "--v",
    ]
    assert dict(credentials.arguments(arguments)) == {2: "a value of --token", 3: "a value of db-token"}


@pytest.mark.parametrize("part", ["a", "eyJ", "a-", "//:", "a:", '"a'])
def test_a_text_as_long_as_an_argument_may_be_is_looked_through_in_one_go(part: str) -> None:
    text = (part * 131_072)[:131_072]
    looked_at = credentials.looks_like(text) or credentials.lines(text)  # for minutes, if from each character again

    assert looked_at == ""
