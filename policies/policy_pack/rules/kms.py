"""Rules on encryption keys: without its key, all data is lost."""

from collections.abc import Iterator

from engine.inputs import seconds, shown
from policy_pack.rule import Resource, Severity, like, of, rule

KEY = "gcp:kms/cryptoKey:CryptoKey"
DAY = 24 * 3600
LONGEST_ROTATION = 90 * DAY
# https://cloud.google.com/kms/docs/destroy-restore#schedule_duration
SHORTEST_DESTRUCTION, LONGEST_DESTRUCTION = 30 * DAY, 120 * DAY


@rule(
    "kms-rotated",
    of(KEY),
    Severity.MEDIUM,
    references=["CIS GCP 1.10", "CKV_GCP_43"],
    remediation="Set rotation_period to at most 7776000s.",
    url="https://cloud.google.com/kms/docs/key-rotation",
)
def rotated(resource: Resource) -> Iterator[str]:
    """Symmetric keys are rotated at least every 90 days."""
    if resource.inputs.get("purpose") not in (None, "ENCRYPT_DECRYPT"):
        return  # Google rotates no asymmetric key
    period = seconds(resource.inputs.get("rotationPeriod"))
    if period is None or not DAY <= period <= LONGEST_ROTATION:
        given = shown(resource.inputs.get("rotationPeriod") if period is None else period)
        yield (
            f"rotationPeriod is {given}: all data ever written stays under one version. Set it to at most "
            f"{LONGEST_ROTATION}s."
        )


@rule(
    "kms-versions-enabled",
    like(r"gcp:kms/cryptoKeyVersion:.*"),
    Severity.CRITICAL,
    remediation="Leave state out, or set it to ENABLED; a version is destroyed with gcloud, once that is decided.",
    url="https://cloud.google.com/kms/docs/key-states",
)
def versions_enabled(resource: Resource) -> Iterator[str]:
    """No program disables or destroys a version of a key: what it encrypted is unreadable from then on."""
    state = resource.inputs.get("state")
    if state not in (None, "ENABLED"):
        yield f"state is {shown(state)}: nobody reads any more what this version encrypted. Leave it out."


@rule(
    "kms-destruction-delayed",
    of(KEY),
    Severity.HIGH,
    remediation="Set destroy_scheduled_duration to 2592000s or more.",
    url="https://cloud.google.com/kms/docs/destroy-restore",
)
def destruction_delayed(resource: Resource) -> Iterator[str]:
    """The destruction of a key version can be cancelled for a month: afterwards all its data is unreadable."""
    delay = seconds(resource.inputs.get("destroyScheduledDuration"))
    if delay is None or delay < SHORTEST_DESTRUCTION:
        given = shown(resource.inputs.get("destroyScheduledDuration") if delay is None else delay)
        yield (
            f"destroyScheduledDuration is {given}: there is too little time to notice a destruction. Set it to "
            f"{SHORTEST_DESTRUCTION}s or more."
        )
    elif delay > LONGEST_DESTRUCTION:
        yield f"destroyScheduledDuration is {shown(delay)}: Google refuses more than {LONGEST_DESTRUCTION}s. Lower it."
