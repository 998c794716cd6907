"""Accepted drift, demands and quantities at their limits."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from engine.data import DataError
from policy_pack.acceptances import load, untouchable
from policy_pack.demands import at_least
from policy_pack.quantities import amount, canonical, quantities
from policy_pack.waivers import LONGEST
from unit.policies.plans import TODAY, urn

ROUTER = "gcp:compute/router:Router"


def written(folder: Path, *changes: dict[str, Any]) -> Path:
    """A file with acceptances."""
    common = {
        "resource": urn(ROUTER, "main"),
        "path": "bgp.keepalive",
        "value": 20,
        "reason": "The name is read by a tool that is retired in May.",
        "owner": "platform",
        "expires": "2026-03-09",
    }
    file = folder / "acceptances.yaml"
    file.write_text(yaml.safe_dump({"acceptances": [common | change for change in changes]}))
    return file


@pytest.mark.parametrize(("days", "is_accepted"), [(LONGEST, True), (LONGEST + timedelta(days=1), False)])
def test_an_acceptance_ends_in_time(tmp_path: Path, days: timedelta, *, is_accepted: bool) -> None:
    file = written(tmp_path, {"expires": str(TODAY + days)})

    if is_accepted:
        assert load(file, on=TODAY).all
    else:
        with pytest.raises(DataError, match="days ahead"):
            load(file, on=TODAY)


@pytest.mark.parametrize(
    ("path", "is_another"),
    [("bgp.asn", True), ("bgp", False), ("bgp.keepalive.seconds", False), ("bgp.keepalive", False)],
)
def test_a_property_and_what_is_in_it_are_accepted_once(tmp_path: Path, path: str, *, is_another: bool) -> None:
    file = written(tmp_path, {"path": "bgp.unrelated"}, {}, {"path": path})

    if is_another:
        assert len(load(file, on=TODAY).all) == 3
    else:
        with pytest.raises(DataError, match=r"acceptances\.2: accepts the same property as another one"):
            load(file, on=TODAY)


@pytest.mark.parametrize(
    ("path", "value"), [("password", "x"), ("bgp", {"name": "a", "password": "x"}), ("bgp.password", "x")]
)
def test_no_secret_is_accepted(tmp_path: Path, path: str, value: Any) -> None:
    with pytest.raises(DataError, match="no secret is written here"):
        load(written(tmp_path, {"path": path, "value": value}), on=TODAY)


def test_a_guard_rail_is_known_by_type_and_name() -> None:
    pool = "gcp:monitoring/notificationChannel:NotificationChannel"

    assert untouchable(ROUTER) == ""
    assert untouchable(ROUTER, "main", "platform") == ""
    assert untouchable(ROUTER, "main", "identity") == "it decides who may do what"
    assert untouchable("pulumi:providers:gcp").startswith("a provider's inputs decide")
    assert untouchable(pool)


@pytest.mark.parametrize(("value", "words"), [(1, ""), (5, ""), (0, "Set it to 1 or more"), (6, "refuses more than 5")])
def test_a_number_is_within_its_limits(value: float, words: str) -> None:
    found = list(at_least({"a": value}, "a", 1, "there are too few.", most=5))

    assert len(found) == bool(words)
    assert words in "".join(found)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("0.5", "500m"),
        ("0.0005", None),
        ("1.5Gi", "1536Mi"),
        ("0.5Ki", "512"),
        ("1024Mi", "1Gi"),
        ("1000m", "1"),
        ("0Gi", "0"),
        ("0.3Ki", None),
        ("1000E", "1000E"),
        ("five", None),
    ],
)
def test_a_quantity_is_written_as_the_api_server_does(text: str, written: str | None) -> None:
    assert canonical(text) == written


@pytest.mark.parametrize(
    ("value", "number"),
    [("2", 2), (2, 2), ("500m", Decimal("0.5")), ("1Ki", 1024), ("1.5Gi", 1536 * 2**20), ("2k", 2000), ("five", None)],
)
def test_a_quantity_is_a_number(value: Any, number: Any) -> None:
    assert amount(value) == number


def test_quantities_are_found_by_their_names() -> None:
    document = {
        "spec": {
            "hard": {"pods": "20", "count": 5},
            "volumes": [{"emptyDir": {"sizeLimit": "1Gi"}}, {"emptyDir": {"sizeLimit": 5}}],
            "name": "10",
        }
    }

    assert list(quantities(document)) == [("spec.hard.pods", "20"), ("spec.volumes[0].emptyDir.sizeLimit", "1Gi")]
