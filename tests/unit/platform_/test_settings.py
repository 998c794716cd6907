"""Refusals of the platform layer's configuration."""

from typing import Any

import pulumi
import pytest

from platform_layer.network.network_settings import MOST_RANGES, SIZES
from unit import contract_documents
from unit.platform_.deployment import deploy
from unit.pulumi_mocks import Engine, run, stack_configuration

RANGES = {"nodes": "10.0.0.0/20", "pods": "10.16.0.0/14", "services": "10.20.0.0/20", "databases": "10.64.0.0/20"}


def refused(**changes: Any) -> str:
    configuration = stack_configuration("platform", "sandbox") | {
        (key if ":" in key else f"platform:{key}"): value for key, value in changes.items()
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


def test_a_range_that_only_python_can_read_is_refused() -> None:
    assert "write it as 10.0.0.0/20" in refused(network=RANGES | {"nodes": "10.0.0.0/255.255.240.0"})


def test_an_image_that_the_contract_does_not_carry_is_refused() -> None:
    message = refused(databaseProxyImage=f"docker.io/library/proxy@sha256:{'0' * 64}")
    assert "is not an image of the Cloud SQL Auth Proxy by digest alone" in message


def test_a_range_with_host_bits_is_refused() -> None:
    assert "10.0.0.1/20 has host bits set" in refused(network=RANGES | {"nodes": "10.0.0.1/20"})


@pytest.mark.parametrize("pods", ["172.17.0.0/16", "172.16.0.0/12"])
def test_a_range_that_cloud_sql_does_not_answer_is_refused(pods: str) -> None:
    assert "overlaps 172.17.0.0/16" in refused(network=RANGES | {"pods": pods})


def test_a_reserved_range_is_refused() -> None:
    assert "'169.254.0.0/20' is public or reserved" in refused(network=RANGES | {"nodes": "169.254.0.0/20"})


def test_too_small_a_range_for_databases_is_refused() -> None:
    assert "databases 10.64.0.0/26 is too small" in refused(network=RANGES | {"databases": "10.64.0.0/26"})


@pytest.mark.parametrize(("name", "size"), SIZES.items(), ids=SIZES)
def test_a_range_without_room_for_the_cluster_is_refused(name: str, size: Any) -> None:
    first = RANGES[name].partition("/")[0]
    deploy(network=RANGES | {name: f"{first}/{size.smallest}"})
    message = refused(network=RANGES | {name: f"{first}/{size.smallest + 1}"})
    assert f"{name} {first}/{size.smallest + 1} is too small" in message
    assert f"make it a /{size.smallest} or larger" in message


def test_more_services_than_google_takes_are_refused() -> None:
    assert "services 10.20.0.0/15 is larger than a /16" in refused(network=RANGES | {"services": "10.20.0.0/15"})


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        (["0.0.0.0/0"], "'0.0.0.0/0' is a large part of the internet"),
        (["0.0.0.0/1", "128.0.0.0/1"], "'0.0.0.0/1' is a large part of the internet"),
        (["12.0.0.0/7"], "'12.0.0.0/7' is a large part of the internet"),
        ([f"{first}.0.0.0/8" for first in (12, 13, 14)], "are together 50,331,648 addresses"),
        (["12.0.0.0/8", "13.0.0.0/32"], "are together 16,777,217 addresses"),
        (["224.0.0.0/8"], "'224.0.0.0/8' is no range of single hosts"),
        (["240.0.0.0/8"], "'240.0.0.0/8' is no range of single hosts"),
        (["172.0.0.0/8"], "has a part that is (172.16.0.0/12)"),
        (["192.0.0.0/8"], "has a part that is (192.168.0.0/16, 192.0.0.0/24, 192.88.99.0/24)"),
        (["169.0.0.0/8"], "has a part that is (169.254.0.0/16)"),
        (["0.0.0.0/8"], "has a part that is (0.0.0.0/8)"),
        (["199.36.153.8/30"], "has a part that is (199.36.153.0/24)"),
        (["34.118.224.9/32"], "has a part that is (34.118.224.0/20)"),
        (["35.199.192.0/19"], "has a part that is (35.199.192.0/19)"),
        (["35.184.0.0/13"], "has a part that is (35.191.0.0/16)"),
        (["130.211.0.0/16"], "has a part that is (130.211.0.0/22)"),
        (["192.88.99.1/32"], "has a part that is (192.88.99.0/24)"),
        (["203.0.114.7"], "'203.0.114.7' is not how Google writes a range; write it as 203.0.114.7/32"),
        (["203.0.114.0/28", "203.0.114.0/28"], "is in the list more than once"),
    ],
)
def test_a_destination_that_is_everywhere_is_refused(ranges: list[str], words: str) -> None:
    everywhere = {"reason": "whatever the shop needs", "ranges": ranges, "ports": [443]}
    assert words in refused(network=RANGES | {"destinations": {"all": everywhere}})


def test_destinations_are_everywhere_together() -> None:
    destinations = {
        f"part-{first}": {"reason": "a part of the internet", "ranges": [f"{first}.0.0.0/8"], "ports": [443]}
        for first in (12, 13)
    }
    assert "destinations: part-12, part-13 are together" in refused(network=RANGES | {"destinations": destinations})
    deploy(network=RANGES | {"destinations": {"part-12": destinations["part-12"]}})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ranges": ["10.1.0.0/16"]}, "'10.1.0.0/16' is private"),
        ({"ranges": ["203.0.114.1/28"]}, "has host bits set"),
        ({"ports": [0]}, "ports"),
        ({"ports": []}, "ports"),
        ({"ports": [25]}, "Google lets nothing out to port 25 of another network"),
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
        (
            {"freezes": {"sales": {"start": "2026-12-1T00:00:00Z", "end": "2026-12-02T00:00:00Z"}}},
            "'2026-12-1T00:00:00Z' is not an instant",
        ),
    ],
)
def test_a_cluster_setting_that_google_refuses_is_refused_here(cluster: Any, words: str) -> None:
    assert words in refused(cluster=cluster)


WIDEST: dict[str, Any] = {"days": ["MO", "TU", "WE", "TH", "FR", "SA", "SU"], "hours": 24}


def freeze(start: str, end: str) -> dict[str, str]:
    return {"start": f"{start}T00:00:00Z", "end": f"{end}T00:00:00Z"}


def test_a_freeze_that_ends_before_it_starts_is_refused() -> None:
    message = refused(cluster={"freezes": {"sales": freeze("2026-12-02", "2026-12-01")}})
    assert "is not after start" in message


def test_a_freeze_of_all_upgrades_longer_than_google_allows_is_refused() -> None:
    message = refused(cluster={"freezes": {"sales": freeze("2026-11-01", "2026-12-15")}})
    assert "44 days are more than the 30 days that Google allows for NO_UPGRADES" in message


def test_the_length_of_a_freeze_counts_to_the_hour() -> None:
    sales = {"start": "2026-11-01T00:00:00Z", "end": "2026-12-01T23:00:00Z"}
    assert "30 days and 23 hours are more than the 30 days" in refused(cluster={"freezes": {"sales": sales}})


def test_freezes_back_to_back_that_leave_no_time_are_refused() -> None:
    freezes = {"one": freeze("2026-11-01", "2026-11-15"), "two": freeze("2026-11-15", "2026-12-01")}
    message = refused(cluster={"freezes": freezes, "maintenance": WIDEST | {"hours": 20}})
    assert "freezes.one: with the other freezes it leaves 40 hours for upgrades in 32 days" in message
    assert "give maintenance more days or hours" in message


def test_a_freeze_that_leaves_no_whole_window_is_refused() -> None:
    message = refused(cluster={"freezes": {"sales": freeze("2026-12-05", "2026-12-06")}})
    assert "freezes.sales: with the other freezes it leaves 42 hours" in message


def test_freezes_that_overlap_are_refused() -> None:
    freezes = {"one": freeze("2026-11-01", "2026-11-05"), "two": freeze("2026-11-04", "2026-11-08")}
    assert "freezes one and two overlap" in refused(cluster={"freezes": freezes, "maintenance": WIDEST})


def test_more_freezes_than_google_takes_are_refused() -> None:
    minor = {"scope": "NO_MINOR_UPGRADES"}
    freezes = {f"of-{day}": freeze(f"2026-12-{day:02}", f"2026-12-{day + 1:02}") | minor for day in range(1, 22)}
    assert "21 are more than the 20 that Google takes" in refused(cluster={"freezes": freezes})


def test_a_fourth_freeze_of_all_upgrades_is_refused() -> None:
    freezes = {f"of-{month}": freeze(f"2026-{month}-01", f"2026-{month}-08") for month in ("03", "06", "09", "12")}
    assert "stop all upgrades, and Google takes 3 of these at most" in refused(cluster={"freezes": freezes})


def test_a_proxy_image_by_tag_is_refused() -> None:
    assert "platform:databaseProxyImage" in refused(databaseProxyImage="gcr.io/cloud-sql-connectors/cloud-sql-proxy:2")


@pytest.mark.parametrize("domain", ["10.0.0.1", "shop.example.1", "shop.e", "1.2.3.4.5"])
def test_an_address_in_numbers_is_no_domain(domain: str) -> None:
    assert "is not a domain in lower case" in refused(gateway={"domain": domain})


@pytest.mark.parametrize(
    "domain",
    [
        *("apps.internal", "apps.local", "svc.cluster.local", "localhost.localdomain", "a.test", "shop.cmo"),
        *("shop.onion", "10.in-addr.arpa", "shop.alt"),
    ],
)
def test_a_gateway_is_at_a_name_of_the_public_dns(domain: str) -> None:
    assert "is not a name of the public DNS, so nobody can prove" in refused(gateway={"domain": domain})


@pytest.mark.parametrize("domain", ["co.uk", "github.io", "run.app", "shop.kobe.jp", "com.ai", "xn--55qx5d.cn"])
def test_a_gateway_is_not_at_a_public_suffix(domain: str) -> None:
    message = refused(gateway={"domain": domain})
    assert "is a public suffix, under which others register names" in message
    assert f"as in example.{domain}" in message


@pytest.mark.parametrize("domain", ["xn--a.com", "shop.xn--zz.com", "xn--ab.example", "ab--cd.com", "xn--a-0hc.com"])
def test_a_part_in_punycode_stands_for_a_name(domain: str) -> None:
    assert "which stands for no name in other letters" in refused(gateway={"domain": domain})


@pytest.mark.parametrize(
    ("quota", "said"),
    [
        ({"cpu": "8Gi"}, "namespaceQuota.cpu: '8Gi' is not a number of CPU cores; write it as in 4 or 500m"),
        ({"cpu": "1.5"}, "namespaceQuota.cpu: '1.5' is not a number of CPU cores"),
        ({"memory": "8"}, "namespaceQuota.memory: '8' is not an amount of bytes; write it as in 512Mi or 8Gi"),
        ({"memory": "100m"}, "namespaceQuota.memory: '100m' is not an amount of bytes"),
        ({"memory": "8G"}, "namespaceQuota.memory: '8G' is not an amount of bytes"),
        ({"storage": "20", "volumes": 2}, "namespaceQuota.storage: '20' is not an amount of bytes"),
        ({"memory": f"{10**9}Ti"}, "is not an amount of bytes"),
    ],
)
def test_a_quota_that_lets_nothing_run_is_refused(quota: Any, said: str) -> None:
    assert said in refused(namespaceQuota=quota)


@pytest.mark.parametrize(
    ("version", "said"),
    [
        *(
            (version, "it is too old for GKE, or lacks its build")
            for version in ("1.29", "1.9", "1.34.1", "1.34.0-gke.0")
        ),
        *((version, "is not a version of GKE") for version in ("2.0", "v1.34", "1.034")),
    ],
)
def test_a_version_that_gke_does_not_have_is_refused(version: str, said: str) -> None:
    assert said in refused(cluster={"minimumVersion": version})


@pytest.mark.parametrize("year", ["0001", "1999", "2100", "9999"])
def test_a_freeze_of_another_century_is_refused(year: str) -> None:
    message = refused(cluster={"freezes": {"sales": freeze(f"{year}-12-20", f"{year}-12-24")}})
    assert f"'{year}-12-20T00:00:00Z' is not an instant in UTC of this century" in message


@pytest.mark.parametrize(
    "region", ["mars-north1", "eu-west1", "europe-west", "europe-west0", "us-gov-west1", "europe-up4"]
)
def test_a_region_that_google_cannot_have_is_refused(region: str) -> None:
    assert "is not a region of Google Cloud, such as europe-west4" in refused(**{"gcp:region": region})


@pytest.mark.parametrize("region", ["europe-west99", "europe-west5", "us-east2", "asia-southeast9", "me-central3"])
def test_a_region_that_google_does_not_have_is_refused(region: str) -> None:
    message = refused(**{"gcp:region": region})
    assert f"{region!r} is not a region of Google Cloud as of " in message
    assert "did you mean " in message
    assert "add it to identity/identity_layer/kit/regions.py" in message


def test_a_zone_is_told_from_a_region() -> None:
    assert "it is a zone; the region is what comes before" in refused(**{"gcp:region": "europe-west4-a"})


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"id": ""}, "'' is not an ID; write it as `pulumi import` takes it"),
        ({"id": " "}, "' ' is not an ID"),
        ({"id": "projects/p/global/networks/n "}, "it begins or ends with a blank"),
        ({"id": "projects/p/global/networks/n", "keeps": [""]}, "'' is not a property's path"),
    ],
)
def test_what_is_adopted_has_an_id_and_names_what_it_keeps(entry: Any, said: str) -> None:
    assert said in refused(adopted={"gcp:compute/network:Network::main": entry})


def test_a_reason_of_blanks_is_none() -> None:
    blank = {"reason": " " * 20, "ranges": ["203.0.114.7/32"], "ports": [443]}
    assert "is not a reason that a reviewer can judge" in refused(network=RANGES | {"destinations": {"mail": blank}})


def test_a_destination_has_as_many_ranges_as_one_rule_takes() -> None:
    ranges = [f"12.{index >> 8}.{index & 255}.0/32" for index in range(MOST_RANGES + 1)]
    mail = {"reason": "mail to customers", "ranges": ranges, "ports": [443]}
    assert "must have 5000 items or fewer" in refused(network=RANGES | {"destinations": {"mail": mail}})


@pytest.mark.parametrize("value", [0, False, []])
def test_a_gateway_is_a_mapping_or_left_out(value: Any) -> None:
    assert "platform:gateway: must be a mapping" in refused(gateway=value)


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
    assert f"t has {named}" in refused(**changes)


def test_a_wrong_value_of_ordinary_characters_has_no_note_on_them() -> None:
    assert "t has" not in refused(cluster={"minimumVersion": "latest"})


LONGEST = ".".join(["d" * 63, "d" * 63, "d" * 63, "d" * 26, "example"])


@pytest.mark.parametrize(
    "domain",
    [
        *("e.example", LONGEST, f"{'d' * 63}.example", "xn--80ak6aa92e.example", "a-b.example"),
        *("shop.co.uk", "city.kobe.jp", "xn--strae-oqa.de", "x.xn--p1ai", "shop.github.io"),
    ],
)
def test_a_domain_that_dns_takes_is_taken(domain: str) -> None:
    deploy(gateway={"domain": domain})


@pytest.mark.parametrize(
    "domain", [f"{LONGEST}d", f"{'d' * 64}.example", "-shop.example", "shop-.example", "shop..example", "shop", "a_b.c"]
)
def test_a_domain_that_dns_does_not_take_is_refused(domain: str) -> None:
    assert "is not a domain in lower case" in refused(gateway={"domain": domain})
