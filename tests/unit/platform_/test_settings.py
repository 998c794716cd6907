"""Refusals of the platform layer's configuration."""

from typing import Any

import pulumi
import pytest

from unit import contract_documents
from unit.pulumi_mocks import Engine, run, stack_configuration

RANGES = {"nodes": "10.0.0.0/20", "pods": "10.16.0.0/14", "services": "10.20.0.0/20", "databases": "10.64.0.0/20"}


def refused(**changes: Any) -> str:
    configuration = stack_configuration("platform", "sandbox") | {
        f"platform:{key}": value for key, value in changes.items()
    }
    engine = Engine(contracts={"contract-identity": contract_documents.identity()})
    with pytest.raises(pulumi.RunError) as raised:
        run("platform", "sandbox", configuration, engine)
    assert not engine.declared
    return str(raised.value)


def test_ranges_that_overlap_are_refused() -> None:
    message = refused(network=RANGES | {"services": "10.16.0.0/20"})
    assert "pods 10.16.0.0/14 and services 10.16.0.0/20 overlap" in message


def test_a_public_range_is_refused() -> None:
    assert "'8.8.0.0/16' is public" in refused(network=RANGES | {"pods": "8.8.0.0/16"})


def test_a_range_with_host_bits_is_refused() -> None:
    assert "10.0.0.1/20 has host bits set" in refused(network=RANGES | {"nodes": "10.0.0.1/20"})


@pytest.mark.parametrize("pods", ["172.17.0.0/16", "172.16.0.0/12"])
def test_a_range_that_cloud_sql_does_not_answer_is_refused(pods: str) -> None:
    assert "overlaps 172.17.0.0/16" in refused(network=RANGES | {"pods": pods})


def test_a_reserved_range_is_refused() -> None:
    assert "'169.254.0.0/20' is public or reserved" in refused(network=RANGES | {"nodes": "169.254.0.0/20"})


def test_too_small_a_range_for_databases_is_refused() -> None:
    assert "databases 10.64.0.0/26 is too small" in refused(network=RANGES | {"databases": "10.64.0.0/26"})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ranges": ["10.1.0.0/16"]}, "'10.1.0.0/16' is private"),
        ({"ranges": ["203.0.114.1/28"]}, "has host bits set"),
        ({"ports": [0]}, "ports"),
        ({"ports": []}, "ports"),
        ({"reason": ""}, "reason"),
    ],
)
def test_a_destination_outside_needs_public_ranges_ports_and_a_reason(change: Any, words: str) -> None:
    payments = {"reason": "card payments of the shop", "ranges": ["203.0.114.0/28"], "ports": [443]}
    assert words in refused(network=RANGES | {"destinations": {"payments": payments | change}})


def test_a_static_address_declared_twice_is_refused() -> None:
    assert "names an address twice" in refused(network=RANGES | {"staticAddresses": ["bank", "bank"]})


@pytest.mark.parametrize(
    ("cluster", "words"),
    [
        ({"releaseChannel": "RAPID"}, "platform:cluster.releaseChannel"),
        ({"minimumVersion": "latest"}, "'latest' is not a version of GKE"),
        ({"maintenance": {"days": ["SA"], "hours": 6}}, "24 hours in four weeks are too few"),
        ({"maintenance": {"days": ["SA", "SA", "SU"]}}, "days names a day twice"),
        ({"maintenance": {"start": "24:00"}}, "'24:00' is not a time of day"),
        ({"freezes": {"sales": {"start": "2026-12-01", "end": "2026-12-02"}}}, "'2026-12-01' is not an instant"),
    ],
)
def test_a_cluster_setting_that_google_refuses_is_refused_here(cluster: Any, words: str) -> None:
    assert words in refused(cluster=cluster)


def freeze(start: str, end: str) -> dict[str, str]:
    return {"start": f"{start}T00:00:00Z", "end": f"{end}T00:00:00Z"}


def test_a_freeze_that_ends_before_it_starts_is_refused() -> None:
    message = refused(cluster={"freezes": {"sales": freeze("2026-12-02", "2026-12-01")}})
    assert "is not after start" in message


def test_a_freeze_of_all_upgrades_longer_than_google_allows_is_refused() -> None:
    message = refused(cluster={"freezes": {"sales": freeze("2026-11-01", "2026-12-15")}})
    assert "44 days are more than the 30 that Google allows for NO_UPGRADES" in message


def test_a_fourth_freeze_of_all_upgrades_is_refused() -> None:
    freezes = {f"of-{month}": freeze(f"2026-{month}-01", f"2026-{month}-08") for month in ("03", "06", "09", "12")}
    assert "stop all upgrades, and Google takes 3 of these at most" in refused(cluster={"freezes": freezes})


def test_a_proxy_image_by_tag_is_refused() -> None:
    assert "platform:databaseProxyImage" in refused(databaseProxyImage="gcr.io/cloud-sql-connectors/cloud-sql-proxy:2")


def test_a_missing_network_is_named_with_an_example() -> None:
    assert "platform:network: is not set" in refused(network={})


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"network": RANGES | {"nodes": "10.0.0.0\u2044" + "20"}}, "FRACTION SLASH as character 9"),
        ({"cluster": {"releaseChannel": "REGULAR\u00a0"}}, "NO-BREAK SPACE as character 8"),
        ({"cluster": {"minimumVersion": "1\u202434"}}, "ONE DOT LEADER as character 2"),
        ({"cluster": {"release\u2011channel": "REGULAR"}}, "NON-BREAKING HYPHEN as character 8"),
        ({"cluster": {"minimumVersion": "1.34\x00"}}, "the control character U+0000 as character 5"),
    ],
)
def test_a_character_that_only_looks_right_is_named(changes: Any, named: str) -> None:
    assert f"It has {named}" in refused(**changes)


def test_a_wrong_value_of_ordinary_characters_has_no_note_on_them() -> None:
    assert "It has" not in refused(cluster={"minimumVersion": "latest"})
