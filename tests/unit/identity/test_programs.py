"""The two programs of the identity layer: each declares what it owns, and refuses the other one's keys."""

from typing import Any

import pulumi
import pytest
import yaml

from unit.identity.declared import (
    committed_daily,
    committed_foundation,
    configuration,
    daily,
    foundation,
    foundation_configuration,
)
from unit.pulumi_mocks import ROOT, Declared, Engine, run, stack_configuration

FOUNDATION, DAILY = "foundation-sandbox", "sandbox"
MAIN = "prodfirst:identity:Foundation"


def whole(stack: str) -> dict[str, Any]:
    """A stack's configuration as the engine merges it, without the other stack's keys: what its file sets."""
    return yaml.safe_load((ROOT / "identity" / f"Pulumi.{stack}.yaml").read_text())["config"]


OF_DAILY = {
    **{key: value for key, value in whole(DAILY).items() if not key.startswith("gcp:")},
    "identity:breakGlass": {"reason": "the old instance must go"},
    "identity:bindWorkloads": False,
}
OF_FOUNDATION = {key: value for key, value in whole(FOUNDATION).items() if not key.startswith("gcp:")}


@pytest.mark.parametrize(
    ("stack", "key", "value", "other"),
    [
        *((FOUNDATION, key, value, DAILY) for key, value in OF_DAILY.items()),
        *((DAILY, key, value, FOUNDATION) for key, value in OF_FOUNDATION.items()),
    ],
)
def test_a_key_of_the_environments_other_stack_is_refused_with_its_place(
    stack: str, key: str, value: Any, other: str
) -> None:
    engine = Engine()
    expected = rf"{key}: is a key of the stack '{other}', .* Move it to Pulumi\.{other}\.yaml"

    with pytest.raises(pulumi.RunError, match=expected):
        run("identity", stack, stack_configuration("identity", stack) | {key: value}, engine)
    assert not engine.declared


def test_the_defaults_of_the_other_stacks_keys_are_no_finding() -> None:
    # As the engine merges them from Pulumi.yaml, which declares the keys of both stacks.
    of_foundation, of_daily = foundation_configuration(), configuration()
    assert of_foundation["identity:bindWorkloads"] is True
    assert of_foundation["identity:breakGlass"] == of_foundation["identity:teams"] == {}
    assert of_daily["identity:domain"] == ""
    assert of_daily["identity:organization"] == of_daily["identity:owners"] == {}

    assert foundation().outputs["contract"]
    assert daily().outputs["contract"]


def test_a_file_of_the_former_shape_is_told_each_key_that_moved() -> None:
    moved = {
        key: value if key != "identity:owners" else {"identity": "security"} for key, value in OF_FOUNDATION.items()
    }
    del moved["identity:breakGlassGroup"]
    former = {**moved, "identity:breakGlass": {"group": "break-glass@example.com"}}

    with pytest.raises(pulumi.RunError) as raised:
        run("identity", DAILY, configuration() | former, Engine())
    for key in moved:
        assert f"  - {key}: is a key of the stack 'foundation-sandbox'" in str(raised.value)
    assert "  - identity:breakGlass.group: is unknown" in str(raised.value)


def layers() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "policies" / "layers.yaml").read_text())["layers"]


WINDOW = {"reason": "the old instance must go", "start": "2026-01-31T18:00:00Z", "end": "2026-01-31T20:00:00Z"}


@pytest.mark.parametrize("program", ["identity/foundation", "identity"])
def test_securitys_list_has_the_types_of_each_program_and_no_other(program: str) -> None:
    declared = committed_foundation() if program == "identity/foundation" else daily({"breakGlass": WINDOW})
    listed = layers()[program]
    assert {item.type for item in declared.declared} == {*listed["types"], *listed["components"]}


def test_everything_of_the_foundation_is_below_its_component_but_the_apis() -> None:
    assert {item.kinds[0] for item in committed_foundation().declared} == {MAIN, "prodfirst:identity:Apis"}
    assert sum(MAIN in item.kinds for item in committed_foundation().declared) > 100


def test_daily_work_has_no_part_of_the_foundation() -> None:
    assert not [item.name for item in committed_daily().declared if MAIN in item.kinds]


# Only an administrator may change them, so no stack that identity-deploy deploys has one.
BINDING = (
    "gcp:iam/",
    "gcp:kms/keyRing",
    "gcp:kms/cryptoKey:",
    "gcp:logging/",
    "gcp:monitoring/",
    "gcp:organizations/",
    "gcp:orgpolicy/",
    "gcp:projects/iAMAuditConfig",
    "gcp:projects/iAMCustomRole",
    "gcp:projects/service",
    "gcp:storage/bucket:",
)


def _binds(item: Declared) -> bool:
    return item.type.startswith(BINDING)


def test_what_binds_the_accounts_of_ci_is_in_the_foundation_alone() -> None:
    of_foundation = {item.type for item in committed_foundation().declared if _binds(item)}
    assert [kind for kind in BINDING if not any(name.startswith(kind) for name in of_foundation)] == []
    assert [item.name for item in committed_daily().declared if _binds(item)] == []


def test_daily_work_grants_on_no_account_of_the_foundation_and_on_no_state_but_the_apps() -> None:
    accounts = {
        item.inputs["accountId"] for item in committed_foundation().of("gcp:serviceaccount/account:Account").values()
    }
    users = committed_daily().of("gcp:serviceaccount/iAMMember:IAMMember").values()
    assert accounts.isdisjoint(user.inputs["serviceAccountId"].rpartition("/")[2].partition("@")[0] for user in users)
    buckets = committed_daily().of("gcp:storage/bucketIAMMember:BucketIAMMember").values()
    keys = committed_daily().of("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember").values()
    assert {grant.inputs["bucket"] for grant in buckets} == {"prodfirst-sandbox-state-apps"}
    assert {grant.inputs["cryptoKeyId"].rpartition("/")[2] for grant in keys} == {"apps"}
