"""Guard rails in a state as the vendor's provider writes it, which is not always as the program declares them."""

from typing import Any

import pytest

from iam.safeguards import SAFEGUARDS

_TYPE = "gcp:orgpolicy/policy:Policy"
_NAME = "compute.requireOsLogin"
_OWN = {"project": "acme-dev", "organization": "1"}
_RULE = {"enforce": "TRUE", "allowAll": "", "denyAll": "", "condition": None, "parameters": None, "values": None}


def problems(name: str = _NAME, **rule: Any) -> list[str]:
    """Problems of a constraint in a state."""
    safeguard = SAFEGUARDS.of(_TYPE, f"organization-{_NAME}")
    assert safeguard is not None
    spec = {"etag": "e", "inheritFromParent": False, "reset": False, "rules": [_RULE | rule], "updateTime": "t"}
    outputs = {"deletionPolicy": "DELETE", "dryRunSpec": None, "name": name, "parent": "projects/acme-dev"}
    return list(safeguard.problems({**outputs, "spec": spec}, _OWN))


@pytest.mark.parametrize("name", [_NAME, f"projects/acme-dev/policies/{_NAME}"])
def test_an_empty_text_and_a_short_name_are_what_the_vendor_writes(name: str) -> None:
    assert problems(name) == []


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        (_NAME, {"allowAll": "TRUE"}),
        (_NAME, {"enforce": ""}),
        (_NAME, {"allowAll": " "}),
        ("compute.other", {}),
        (f"projects/acme-prod/policies/{_NAME}", {}),
    ],
)
def test_whatever_weakens_a_constraint_is_still_one_problem(name: str, rule: dict[str, str]) -> None:
    assert len(problems(name, **rule)) == 1
