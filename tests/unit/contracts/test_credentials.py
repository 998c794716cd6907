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
    "an address with a key": "https://a.example.com/c?sv=2020&sig=abcdef0123",
    "a token of a service": f"hf_{'a' * 34}",
    "a password's hash": f"$2b$12${'a' * 53}",
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
    "text",
    [
        "-----BEGIN PGP PRIVATE KEY BLOCK-----",
        *("LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQo=", "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCg=="),
        *("PuTTY-User-Key-File-2: ssh-rsa", f"AGE-SECRET-KEY-1{'A' * 58}"),
        "eyJ0eXBlIjogInNlcnZpY2VfYWNjb3VudCIsICJwcm9qZWN0X2lkIjogIngifQ==",
        *(f"1//0{'a' * 60}", f"AQ.Ab8RN6{'a' * 40}", "xapp-1-A0123456789-1"),
        *(f"dop_v1_{'0' * 64}", f"shpat_{'0' * 32}", f"dapi{'0' * 32}", f"glsa_{'a' * 32}_{'0' * 8}"),
        *(f"ATATT3xFfGF0{'a' * 60}", f"tskey-auth-{'a' * 20}", f"nvapi-{'a' * 64}", f"r8_{'a' * 37}"),
        *(f"rubygems_{'0' * 48}", f"PMAK-{'0' * 24}-{'0' * 34}", f"123456789:AA{'a' * 33}"),
        *("Bearer abcdef0123456789", "Basic dXNlcjpwYXNz"),
        *(f"CCIPAT_{'a' * 22}_{'0' * 40}", f"HRKU-{'A' * 60}", f"NRJS-{'0' * 19}", f"glc_{'e' * 60}"),
        *(f"pscale_tkn_{'a' * 43}", f"dp.pt.{'a' * 43}", f"fo1_{'a' * 43}", "FlyV1 fm2_lJPECA", f"nfp_{'a' * 36}"),
        *(f"LTAI{'a' * 20}", f"AKID{'a' * 32}", f"AQVN{'a' * 35}", f"ntn_{'1' * 46}", f"secret_{'a' * 43}"),
        *(f"pat{'a' * 14}.{'0' * 64}", f"tfp_{'a' * 44}", "sk.eyJ1IjoiYWJjIiwi", f"aio_{'a' * 28}", f"sqp_{'0' * 40}"),
        *(f"snyk_uat.{'0' * 8}.x", f"{'a' * 14}.atlasv1.{'b' * 67}", "access_token$production$x$y"),
        *(f"FLWSECK-{'a' * 32}-X", f"xkeysib-{'0' * 64}-x", f"dt0c01.{'A' * 24}.{'B' * 64}", f"sntrys_{'a' * 60}"),
        *(f"duffel_live_{'a' * 43}", f"EZAK{'a' * 54}", f"pcsk_{'a' * 60}", f"pnu_{'a' * 36}", f"ico-{'a' * 32}"),
        *(f"ddp_{'a' * 36}", f"bkua_{'0' * 40}", f"ops_eyJ{'a' * 200}", f"pat-eu1-{'0' * 8}-x", f"{'0' * 32}-us21"),
        *(f"v1.0-{'0' * 24}-{'0' * 146}", f"M{'T' * 23}.{'a' * 6}.{'b' * 38}"),
        *("https://hooks.zapier.com/hooks/catch/1/a", "user:$apr1$abc$defghijk", "$6$rounds=5000$salt$hash"),
        "shop:hunter2@tcp(db:3306)/shop",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc==;",
        "Endpoint=sb://x/;SharedAccessKeyName=n;SharedAccessKey=abc=",
        *("https://storage.googleapis.com/b/o?X-Goog-Signature=abcdef01", "https://x.example.com/?token=abcdef01"),
        *("https://discord.com/api/webhooks/123/abcdef", "https://outlook.office.com/webhook/abc"),
    ],
)
def test_a_credential_of_a_service_or_in_another_encoding_is_found(text: str) -> None:
    assert credentials.looks_like(text)


@pytest.mark.parametrize(
    "name",
    [
        *("PGPASSWORD", "ROOTPASSWORD", "DB_PASSWORDS", "APP_SECRETS", "APIKEYS", "API_KEYS", "GITHUB_PAT"),
        *("DB_PASSWORD_1", "DB_PASSWORD_OLD", "TOKEN_V2", "DB_PW", "DB_CREDS", "WIFI_PSK", "CLIENT_SECRET_VALUE"),
        *("DBPASS", "CLIENTSECRET", "PRIVATEKEY", "ACCESSKEY", "SECRETKEY", "AUTHTOKEN", "KEYPASS", "SIGNING_SALT"),
        *("PASSWORD2", "FERNET_KEY", "LICENCE_KEY", "API_KEY_PROD", "JWT", "clientSecret2"),
        *("REDIS_AUTH", "OPENAI_KEY", "STRIPE_KEY", "MASTER_KEY", "HMAC_KEY", "APP_KEY", "SECRET_KEY_BASE"),
    ],
)
def test_a_name_of_a_credential_is_known_in_its_usual_forms(name: str) -> None:
    assert credentials.is_named(name, "hunter2")


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
        ("PROXY_BYPASS", "localhost"),
        ("TOKENIZER", "bpe"),
        ("TOKEN_TTL", "60"),
        ("PASSWORD_POLICY", "strict"),
        ("SECRETS_PATH", "/x"),
        ("PASSIVE", "1"),
        ("CREDIT", "5"),
        ("MY_PWA", "x"),
        ("COMMIT", "0" * 40),
        ("CHECKSUM", "sha512-" + "aA1+" * 20),
        ("VERSIONS", "v1.0-alpha.12345.release-candidate"),
        *((f"{word}_KEY", "id") for word in ("CACHE", "PARTITION", "PRIMARY", "PUBLIC", "SORT", "IDEMPOTENCY")),
        ("LOG_FORMAT", "user=%u password=%p"),
        ("MESSAGE", "Basic authentication is needed"),
        ("HOME_PATH", "/home"),
        ("IMAGE", f"registry.example/x:1@sha256:{'a1' * 32}"),
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
