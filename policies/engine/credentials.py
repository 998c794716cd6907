"""Shapes of credentials in plain text, and names under which a plain value is one.

The patterns are in the published schema of an entry as well, so they use nothing that an editor's regular expressions
lack. What comes before a mark that a shape needs has a length: without one, a long text would be looked through again
from each of its characters.
"""

import re
from collections.abc import Iterator

# What it is, and its shape anywhere in a text.
SHAPES = {
    # also in base64, and in the formats of other programs
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----|LS0tLS1CRUdJTiB(QUklW|SU0Eg|FQyBQ|PUEVOU1NI|FTkNS)|"
    r"PuTTY-User-Key-File|AGE-SECRET-KEY-1",
    "a service account's key file": r'"private_key_id"|"type"\s*:\s*"service_account"|eyJ0eXBlIjogInNlcnZpY2Vf|'
    r"eyJ0eXBlIjoic2VydmljZV9h|ewogICJ0eXBlIjogInNlcnZpY2Vf",
    "a Google API key": r"AIza[0-9A-Za-z_-]{35}|AQ\.[0-9A-Za-z_-]{40,}",
    "a Google access token": r"ya29\.[0-9A-Za-z_-]{20,}|1//0[0-9A-Za-z_-]{40,}",
    "a Google client secret": r"GOCSPX-[0-9A-Za-z_-]{20,}",
    "a GitHub token": r"gh[pousr]_[0-9A-Za-z]{36}|github_pat_[0-9A-Za-z_]{40,}",
    "a GitLab token": r"gl(pat|dt|rt|ptt)-[0-9A-Za-z_-]{20,}",
    "an AWS access key": r"(AKIA|ASIA)[0-9A-Z]{16}",
    "a Slack token": r"(xox[abeprs]|xapp)-[0-9A-Za-z-]{10,}|hooks\.slack\.com/services/T[0-9A-Z]+/",
    "a Stripe key": r"[rs]k_(live|test)_[0-9A-Za-z]{16,}|whsec_[0-9A-Za-z+/=]{20,}",
    "a SendGrid key": r"SG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}",
    "an npm token": r"npm_[0-9A-Za-z]{36}",
    "a PyPI token": r"pypi-[0-9A-Za-z_-]{40,}",
    "a Docker token": r"dckr_(pat|oat)_[0-9A-Za-z_-]{20,}",
    "a Pulumi token": r"pul-[0-9a-f]{40}",
    "a Vault token": r"hv[sbr]\.[0-9A-Za-z_-]{20,}",
    "a key of a language model's API": r"sk-(ant-|proj-)?[0-9A-Za-z_-]{32,}",
    "a token of a service": r"dop_v1_[0-9a-f]{64}|shp(at|ca|pa|ss)_[0-9a-fA-F]{32}|hf_[0-9A-Za-z]{30,}|"
    r"sb[ps]_[0-9a-f]{40}|lin_api_[0-9A-Za-z]{32,}|NRAK-[0-9A-Z]{27}|dapi[0-9a-f]{32}|glsa_[0-9A-Za-z]{32}_|"
    r"figd_[0-9A-Za-z_-]{36,}|sq0(atp|csp)-[0-9A-Za-z_-]{22,}|ATATT3xFf[0-9A-Za-z_=-]{20,}|ATBB[0-9A-Za-z]{32}|"
    r"tskey-[a-z]+-[0-9A-Za-z-]{16,}|(nvapi|xai|CFPAT|pplx)-[0-9A-Za-z_-]{40,}|gsk_[0-9A-Za-z]{50,}|"
    r"r8_[0-9A-Za-z]{37}|rubygems_[0-9a-f]{48}|oy2[a-z0-9]{43}|AKCp[0-9A-Za-z]{60,}|PMAK-[0-9a-f]{24}-|"
    r"[0-9]{8,10}:AA[0-9A-Za-z_-]{33}|key-[0-9a-f]{32}|SK[0-9a-f]{32}|CCIPAT_[0-9A-Za-z]{20,}|HRKU-[0-9A-Za-z_-]{30,}|"
    r"NRJS-[0-9a-f]{19}|glc_[0-9A-Za-z+/=]{32,}|pscale_(tkn|pw|oauth)_[0-9A-Za-z_=.-]{32,}|"
    r"dp\.(pt|st|sa|ct|scim|audit)\.[0-9A-Za-z._-]{40,}|fo1_[0-9A-Za-z_-]{43}|FlyV1 fm[12]_|nfp_[0-9A-Za-z]{36}|"
    r"LTAI[0-9A-Za-z]{16,}|AKID[0-9A-Za-z]{32}|AQVN[0-9A-Za-z_-]{35}|ntn_[0-9A-Za-z]{40,}|secret_[0-9A-Za-z]{43}|"
    r"pat[0-9A-Za-z]{14}\.[0-9a-f]{64}|tfp_[0-9A-Za-z_]{40,}|sk\.eyJ[0-9A-Za-z_-]{10,}|aio_[0-9A-Za-z]{28}|"
    r"sq[pua]_[0-9a-f]{40}|snyk_[a-z]{2,5}\.[0-9a-f]{8}\.|[0-9A-Za-z]{14}\.atlasv1\.[0-9A-Za-z_=-]{60,}|"
    r"access_token\$production\$|FLWSECK-[0-9A-Za-z]{32}|xkeysib-[0-9a-f]{64}|dt0c01\.[0-9A-Z]{24}\.[0-9A-Z]{64}|"
    r"sntry[su]_[0-9A-Za-z_=+/]{40,}|duffel_(live|test)_[0-9A-Za-z_=-]{43}|EZ[AT]K[0-9A-Za-z]{54}|"
    r"pcsk_[0-9A-Za-z_]{40,}|pnu_[0-9A-Za-z]{36}|ico-[0-9A-Za-z]{32}|ddp_[0-9A-Za-z]{36}|bkua_[0-9a-f]{40}|"
    r"ops_eyJ[0-9A-Za-z_-]{100,}|pat-(na|eu)[0-9]-[0-9a-f]{8}-|v1\.0-[0-9a-f]{24}-[0-9a-f]{100,}|[0-9a-f]{32}-us[0-9]{1,2}|"
    r"[MNO][0-9A-Za-z_-]{23,27}\.[0-9A-Za-z_-]{6}\.[0-9A-Za-z_-]{27,}|hooks\.zapier\.com/hooks/catch/[0-9]+/",
    "a password's hash": r"\$argon2id?\$|\$2[abxy]\$[0-9]{2}\$|\$(1|5|6|y|apr1)\$[^$\s]{1,40}\$",
    "a JSON web token": r"eyJ[0-9A-Za-z_-]{10,2000}\.eyJ[0-9A-Za-z_-]{10,2000}\.",
    "an address with a password": r"[A-Za-z][A-Za-z0-9+.-]{0,30}://[^/\s:@]*:[^/\s:@]+@|"
    r"[0-9A-Za-z_.-]{1,64}:[^\s@/]{1,200}@(tcp|unix)\(",
    "a password of a connection": r"([Pp]assword|PASSWORD|[Pp]wd|PWD|AccountKey|SharedAccessKey)=[^\s;&$%{<]+",
    "an address with a key": r"[?&](sig|access_token|api_?key|auth_?token|token|[Ss]ignature|X-(Goog|Amz)-Signature)="
    r"[^\s&$%{<]{6,}|discord(app)?\.com/api/webhooks/[0-9]+/|(outlook|webhook)\.office(365)?\.com/webhook",
    "a header with a credential": r"[Aa]uthorization:\s*(Basic|Bearer)\s+[0-9A-Za-z+/=._-]{8,}|"
    r"(Basic|Bearer) [0-9A-Za-z+/._-]{0,200}([0-9]|[a-z][A-Z])[0-9A-Za-z+/=._-]{6,}",
    "a client certificate or token of a cluster": r"client-key-data|client-certificate-data",
}
# Last words of a variable's name, in upper case.
WORDS = (
    "PASS|PASSCODES?|PWD?|TOKEN|SECRETS?|CREDENTIALS?|CREDS?|PAT|PSK|JWT|BEARER|SALT|OTP_SEED|API_?KEYS?|KEY_BASE|"
    "SECRET_BASE|(BASIC|HTTP|NPM|PROXY|REDIS)_AUTH|"
    "(ACCESS|ACCOUNT|APP|AUTH|COOKIE|DJANGO|ENCRYPTION|FERNET|HMAC|JWT|LICEN[CS]E|MASTER|PRIVATE|SECRET|SERVICE|SESSION|"
    "SIGNING|SSH|WEBHOOK|ANTHROPIC|DATADOG|MAILGUN|OPENAI|SENDGRID|STRIPE|TWILIO)_KEY"
)
# The same, written in one with the word before.
_JOINED = (
    "SECRETS?|TOKEN|SECRETVALUE|(DB|USER|ROOT|ADMIN|SMTP|MAIL|FTP|SSH|REDIS|MYSQL|PG|KEY|STORE|LDAP|HTTP)(PASS|PWD)|"
    "(ACCESS|AUTH|ENCRYPTION|MASTER|PRIVATE|SECRET|SIGNING)KEYS?"
)
# Words after a name that leave it one.
_AFTER = "V?[0-9]+|OLD|NEW|CURRENT|PREVIOUS|NEXT|PRIMARY|SECONDARY|BACKUP|VALUE|BASE64|B64|PROD|STAGING|DEV|TEST|LIVE"
NAME = rf"((PASSWORD|PASSWD|PASSPHRASE)S?|(^|_)({WORDS})|({_JOINED}))(_?({_AFTER}))*$"
# Values under such a name that are no credential: nothing, a switch, a file, a reference, a secret's name in Secret
# Manager.
HARMLESS = (
    r"^(true|false|(/[A-Za-z0-9._-]+){2,}|\$\{[^}]*\}|\$\([^)]*\)|"
    r"projects/[a-z0-9-]+/secrets/[A-Za-z0-9_-]+(/versions/[a-z0-9]+)?)?$"
)

_SHAPES = [(what, re.compile(pattern)) for what, pattern in SHAPES.items()]
_NAME, _HARMLESS = re.compile(NAME), re.compile(HARMLESS)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# `--db-password=x`, `export DB_PASSWORD=x`, `db.password: x`; a name before a colon without a blank is a host's or an
# image's.
_ASSIGNED = re.compile(
    r"^[ \t]*(export[ \t]+)?-{0,2}(?P<name>[A-Za-z][\w.-]*)[ \t]*(=|:[ \t])[ \t]*[\"']?(?P<value>[^\"'\s]*)",
    re.MULTILINE,
)
_QUOTED = re.compile(r"[\"'](?P<name>[A-Za-z][\w.-]*)[\"']\s*:\s*[\"'](?P<value>[^\"']*)[\"']")


def looks_like(text: str) -> str:
    """Name of the credential whose shape is in a text; empty without one."""
    return next((what for what, pattern in _SHAPES if pattern.search(text)), "")


def is_named(name: str, value: str) -> bool:
    """Return whether a value is a credential by its name: `DB_PASSWORD`, `dbPassword`, `db-password`."""
    words = re.sub(r"[.-]", "_", _HUMP.sub("_", name)).upper()
    return _NAME.search(words) is not None and _HARMLESS.search(value) is None


def setting(name: str, value: str) -> str:
    """Name of the credential that a setting is, by its name, its value or one of its lines; empty for no credential."""
    if is_named(name, value):
        return "a value under the name of a credential"
    return looks_like(value) or lines(value)


def lines(text: str) -> str:
    """Name of the credential that a line `name=value` in a text is; empty without one."""
    for pattern in (_ASSIGNED, _QUOTED):
        for match in pattern.finditer(text):
            if match["value"] and is_named(match["name"], match["value"]):
                return f"a value of {match['name']}"
    return ""


def arguments(values: list[str]) -> Iterator[tuple[int, str]]:
    """Positions of a command's arguments that are credentials, and their names: `--password=x`, `--password x`."""
    for index, value in enumerate(values):
        before = values[index - 1] if index else ""
        is_value = before.startswith("-") and "=" not in before and not value.startswith("-")
        if what := looks_like(value) or lines(value):
            yield index, what
        elif is_value and is_named(before.lstrip("-"), value):
            yield index, f"a value of {before}"
