"""Rules on secrets: no payload in a program, in its state, or in a contract between layers."""

import base64
import json
import re
import zlib
from collections.abc import Iterator
from typing import Any, cast

from engine.credentials import looks_like
from engine.inputs import UNKNOWN, Secret, items, shown
from policy_pack.demands import demand
from policy_pack.rule import Finding, Resource, Severity, Stack, like, of, rule, stack_rule

VERSION = "gcp:secretmanager/secretVersion:SecretVersion"
ROOT = "pulumi:pulumi:Stack"
CONTRACT = re.compile(r"(.*/)?contract-[a-z0-9-]+")
_COMPRESSED = "H4sI"  # gzip's first bytes, in base64
# Names of keys in JSON with credentials; a contract has none, whatever its value.
_KEY = re.compile(r"(?i).*(password|passwd|passphrase|credential|private_?key|api_?key|client_?secret|token)s?")


def credentials(document: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of values that look like a credential or are marked as secret, without the values."""
    if isinstance(document, Secret):
        yield f"{path or 'the document'} is marked as secret"
    elif isinstance(document, dict):
        for key, value in cast("dict[str, Any]", document).items():
            inner = f"{path}.{key}".lstrip(".")
            if _KEY.fullmatch(key) and isinstance(value, str) and value:
                yield f"{inner} is named like a credential"
            yield from credentials(value, inner)
    elif isinstance(document, list):
        for index, value in enumerate(items(document)):
            yield from credentials(value, f"{path}[{index}]")
    elif isinstance(document, str) and (what := looks_like(document)):
        yield f"{path or 'the document'} looks like {what}"


@rule(
    "secret-contract-without-credentials",
    of(VERSION),
    Severity.CRITICAL,
    references=["design: contracts"],
    remediation="Hand over a name or an address, and let the consumer obtain its own credential.",
    url="https://cloud.google.com/secret-manager/docs/best-practices",
)
def contract_without_credentials(resource: Resource) -> Iterator[str]:
    """No contract between layers has a password, a token or a key: all consumers, and every plan, would show it."""
    if not _is_contract(resource):
        return
    payload = resource.inputs.get("secretData")
    text = payload.value if isinstance(payload, Secret) else payload
    if text is UNKNOWN:
        return  # this rule checks it in the update, when it is known and before it is written
    if not isinstance(text, str):
        yield "its secretData is no text, so it cannot be judged. Publish a JSON document."
        return
    document = json.loads(_uncompressed(text))
    for problem in credentials(document):
        yield f"{problem}: whoever may read the contract, or a plan, would have it. Hand over a name instead."


def _uncompressed(text: str) -> str:
    """Return the JSON of a contract, which is gzip in base64 where it would exceed the size of a secret."""
    return zlib.decompress(base64.b64decode(text), wbits=31).decode() if text.startswith(_COMPRESSED) else text


def _is_contract(resource: Resource) -> bool:
    secret = resource.inputs.get("secret")
    return (isinstance(secret, str) and CONTRACT.fullmatch(secret) is not None) or "contract" in resource.name


@rule(
    "secret-payload-not-in-state",
    of(VERSION),
    Severity.HIGH,
    remediation="Add the payload with gcloud, or with the application that owns it; declare the secret only.",
    url="https://cloud.google.com/secret-manager/docs/add-secret-version",
)
def payload_not_in_state(resource: Resource) -> Iterator[str]:
    """No payload of a secret is in a program: it would be in Pulumi's state, and in all versions of it."""
    if not _is_contract(resource) and resource.inputs.get("secretData") is not None:
        yield (
            "secretData puts a payload into Pulumi's state, for whoever reads it, for ever. Declare the secret alone, "
            "and let its owner add the payload."
        )


@rule(
    "secret-versions-kept",
    like(r"gcp:secretmanager/(regional)?secretVersion:.*"),
    Severity.HIGH,
    remediation="Set deletion_policy to ABANDON, and leave enabled out.",
    url="https://cloud.google.com/secret-manager/docs/delete-secret-version",
)
def versions_kept(resource: Resource) -> Iterator[str]:
    """A new version of a secret leaves the old ones as they are: whoever still reads one is not cut off."""
    risk = "the update that adds a version destroys or disables the one before it, which somebody may still read."
    yield from demand(resource.inputs, "deletionPolicy", "ABANDON", risk)
    if resource.inputs.get("enabled") not in (None, True):
        yield f"enabled is {shown(resource.inputs['enabled'])}: whoever reads the secret gets an error. Leave it out."


@stack_rule(
    "secret-outputs-without-credentials",
    Severity.CRITICAL,
    references=["design: contracts"],
    remediation="Export names and addresses; who needs a credential obtains it.",
    url="https://www.pulumi.com/docs/iac/concepts/inputs-outputs/#outputs",
)
def outputs_without_credentials(stack: Stack) -> Iterator[Finding]:
    """No output of a stack is a credential: plans and logs print outputs."""
    for member in stack.resources:
        if member.type == ROOT:
            for problem in credentials(member.fields):
                yield Finding(member.urn, f"the stack's output {problem}. Export a name or an address instead.")
