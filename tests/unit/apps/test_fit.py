"""Demands that the platform does not meet are refused with their place and their remedy."""

import json
from decimal import Decimal
from pathlib import Path

import pulumi
import pytest

from apps_layer.kit.consumer import PLANNED
from apps_layer.values import amount
from unit.apps.deployment import CRON, JOB, WEB, WORKER, deploy, open_platform, refused
from unit.contract_documents import TEAM
from unit.pulumi_mocks import Document

OURS = "europe-west4-docker.pkg.dev/prodfirst-sandbox/shop/storefront"
DIGEST = "sha256:" + "0" * 64

# The entry, settings of the stack, and what is said.
DEMANDS: dict[str, tuple[str, Document, str]] = {
    "image of another team": (
        WEB,
        {"image": f"{OURS.replace('/shop/', '/billing/')}@{DIGEST}"},
        f"/billing/storefront is not in {OURS.removesuffix('storefront')}, the repository of the app's team",
    ),
    "image from elsewhere": (WEB, {"image": f"docker.io/nginx@{DIGEST}"}, "apps:image: docker.io/nginx is not in"),
    "database": (WEB + "database: order", {}, "database: 'order' is not offered (there is orders). Add it to the app"),
    "migration before its login": (
        JOB + "database: invoices",
        {},
        "have the database team run `make databases`, all before the entry is merged; or correct the entry.",
    ),
    "version": (
        WEB + "database: orders\ndatabaseVersion: orders-october",
        {},
        "databaseVersion: 'orders-october' is no read-only datastore with 'orders' in this environment (there is o",
    ),
    "secret": (WEB + "secrets: [smtp]", {}, "secrets: 'smtp' is not offered (there is none). Add it to the app"),
    "callee": (
        WEB + "allowTo: [{namespace: report, port: 80}]",
        {},
        "allowTo.0.namespace: 'report' is no app's namespace (there is reports",
    ),
    "caller": (WEB + "allowFrom: [kube-system]", {}, "allowFrom.0: 'kube-system' is no app's namespace"),
    "destination": (
        WEB + "destinations: [bank]",
        {},
        "destinations.0: the network lets nobody call 'bank' (there is mail). Have the platform team add it",
    ),
    "pods": (WEB, {"maxReplicas": 20}, "apps:maxReplicas: up to 21 pods in a rollout, and the quota has room for 20"),
    "cpu": (
        WEB.replace("100m", "1").replace("256Mi", "1Gi") + "database: orders",
        {},
        "resources.cpu: 1, and 50m for the database proxy, for each of up to 5 pods in a rollout is more",
    ),
    "memory": (
        WORKER.replace("256Mi", "2Gi").replace("100m", "500m"),
        {},
        "resources.memory: 2Gi for each of up to 5 pods",
    ),
    "memory of a job": (
        CRON.replace("256Mi", "9Gi").replace("100m", "2"),
        {},
        "resources.memory: 9Gi for its pod is more than the quota, 8Gi",
    ),
    "less CPU than Autopilot runs": (
        WEB.replace("100m", "10m").replace("256Mi", "64Mi"),
        {},
        "a pod has 10m, and Autopilot runs 50m at least. What it runs would differ from every later plan. Write 50m.",
    ),
    "less memory than Autopilot runs": (
        WEB.replace("100m", "50m").replace("256Mi", "51Mi"),
        {},
        "resources.memory: a pod has 51Mi, and Autopilot runs 52Mi at least. What it runs would differ",
    ),
    "less memory than the CPU": (
        CRON.replace("100m", "1"),
        {},
        "differ from every later plan. Write 1024Mi or more, or ask for less CPU.",
    ),
    "more memory than the CPU": (
        CRON.replace("256Mi", "1500Mi"),
        {},
        "resources.cpu: a pod has more than 6.5 GiB of memory for each CPU core, and Autopilot would raise it.",
    ),
    "more memory than the CPU with the proxy": (
        CRON.replace("256Mi", "1500Mi") + "database: orders",
        {},
        "Write 195m or more, or ask for less memory.",
    ),
    "more disk than Autopilot gives": (
        CRON.replace("256Mi}", "256Mi, ephemeralStorage: 11Gi}"),
        {},
        "resources.ephemeralStorage: a pod has 11264Mi, and Autopilot runs 10240Mi at most",
    ),
    "public worker": (WORKER, {"public": True}, "apps:public: the app answers no requests"),
}


@pytest.mark.parametrize("demand", DEMANDS)
def test_a_demand_that_is_not_met_is_refused_with_its_place_and_remedy(demand: str) -> None:
    entry, settings, expected = DEMANDS[demand]
    message = refused(entry, open_platform(), **settings)
    assert expected in message
    assert "nothing was planned or changed" in message
    assert len(message.splitlines()) == 2


def test_an_app_is_not_public_where_the_platform_gives_it_no_host() -> None:
    assert "apps:public: the platform gives the app no host name in this environment" in refused(WEB, public=True)


def test_all_demands_that_are_not_met_are_told_at_once() -> None:
    message = refused(WEB + "database: x\nsecrets: [x]\nallowFrom: [x]", maxReplicas=50)
    places = ("database: ", "secrets: ", "allowFrom.0: ", "apps:maxReplicas: ", "resources.cpu: ", "resources.memory: ")
    assert [line.strip("- ").startswith(place) for line, place in zip(message.splitlines()[1:], places, strict=True)]


def test_an_app_of_another_team_may_be_called_if_it_has_an_entry() -> None:
    platform = open_platform()
    del platform["apps"]["reports"]
    entries = {"billing": WEB.replace("shop", "finance")}
    assert deploy(WEB + "allowTo: [{namespace: billing, port: 8080}]", platform, others=entries).outputs["url"]
    message = refused(WEB + "allowTo: [{namespace: biling, port: 8080}]", platform, others=entries)
    assert "allowTo.0.namespace: 'biling' is no app's namespace (there is billing, …)" in message


def test_an_app_with_a_larger_quota_of_its_own_may_ask_for_more() -> None:
    platform = open_platform()
    platform["apps"]["storefront"]["quota"] = {"cpu": "16", "memory": "32Gi", "pods": 40}
    assert deploy(WEB, platform, maxReplicas=30).outputs["url"]


def test_what_is_asked_for_and_offered_is_accepted() -> None:
    entry = (
        WEB
        + "database: orders\nallowFrom: [reports]\nallowTo: [{namespace: reports, port: 8080}]\ndestinations: [mail]"
    )
    assert deploy(entry, open_platform(), public=True).outputs["url"] == "https://storefront.example.com"


@pytest.mark.parametrize(
    ("quantity", "number"), [("2", 2), ("500m", 0.5), ("1Ki", 1024), ("8Gi", 8 * 2**30), ("1Ti", 2**40)]
)
def test_a_quantity_is_read_as_kubernetes_reads_it(quantity: str, number: float) -> None:
    assert amount(quantity) == Decimal(str(number))


@pytest.mark.parametrize("quantity", ["", "Gi", "8G", "0.5", "-1"])
def test_what_is_no_quantity_counts_as_none(quantity: str) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        amount(quantity)


def test_a_contract_with_a_quota_that_is_none_is_malformed() -> None:
    platform = open_platform()
    platform["apps"]["storefront"]["quota"]["cpu"] = "many"
    assert "malformed" in refused(WEB, platform)


@pytest.mark.parametrize(("kind", "is_refused"), [(JOB, True), (WEB, False)])
def test_a_run_waits_for_a_login_that_is_only_planned_and_other_apps_do_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, kind: str, is_refused: bool
) -> None:
    deployed, planned = open_platform(), open_platform()
    deployed["apps"]["storefront"]["databases"] = {}
    (tmp_path / f"contract-namespaces-{TEAM}.json").write_text(json.dumps(planned))
    monkeypatch.setenv(PLANNED, str(tmp_path))
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: True)
    entry = kind + "database: orders"

    if not is_refused:
        assert deploy(entry, deployed).declared
        return
    message = refused(entry, deployed)
    assert "database: the login to 'orders' comes with the plans before this one" in message
    assert "have the database team run `make databases`, and merge the entry then" in message
    assert deploy(entry, planned).declared
