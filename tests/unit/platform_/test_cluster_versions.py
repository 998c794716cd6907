"""The minimum version of the cluster is one that Google offers, as Google answers in the preview."""

from typing import Any

import pulumi
import pytest

from unit import contract_documents
from unit.pulumi_mocks import Engine, run, stack_configuration


def said(version: str, channel: str = "REGULAR", *, has_cluster: bool = False, **engine: Any) -> str:
    """Message of the refusal of a version; "" where it is taken."""
    cluster = {"minimumVersion": version, "releaseChannel": channel}
    configuration = stack_configuration("platform", "sandbox") | {"platform:cluster": cluster}
    double = Engine(contracts={"contract-identity": contract_documents.identity()}, has_cluster=has_cluster, **engine)
    try:
        run("platform", "sandbox", configuration, double)
    except pulumi.RunError as error:
        assert not double.declared
        return str(error)
    return ""


@pytest.mark.parametrize("version", ["1.34", "1.35", "1.34.4-gke.1000000", "1.35.1-gke.1000000"])
def test_a_version_that_google_offers_is_taken(version: str) -> None:
    assert said(version) == ""


@pytest.mark.parametrize("has_cluster", [False, True])
@pytest.mark.parametrize(
    "version", ["1.36", "1.34.4-gke.1000001", "1.34.999-gke.1", "1.35.1-gke.1000001", "1.35.2-gke.1000000"]
)
def test_a_version_that_google_does_not_offer_is_refused(version: str, has_cluster: bool) -> None:
    message = said(version, has_cluster=has_cluster)
    assert f"platform:cluster.minimumVersion: Google offers no '{version}' in the channel REGULAR" in message
    assert "It offers 1.34, 1.35: `gcloud container get-server-config --region=europe-west4`" in message


def test_a_version_of_another_channel_is_refused() -> None:
    assert "Google offers no '1.35' in the channel STABLE" in said("1.35", "STABLE")


@pytest.mark.parametrize("version", ["1.33", "1.34.3-gke.1000000"])
def test_a_version_that_google_no_longer_offers_means_nothing_to_a_cluster_that_is_there(version: str) -> None:
    assert said(version, has_cluster=True) == ""
    assert f"Google offers no '{version}'" in said(version)


def test_a_question_that_google_does_not_answer_stops_the_preview() -> None:
    message = said("1.34", failures={"gke-versions": "403 Permission container.clusters.list denied"})
    assert "whether Google offers '1.34' cannot be read" in message
    assert "403 Permission container.clusters.list denied" in message


@pytest.mark.parametrize("version", ["1.99", "1.50", "1.60.1-gke.1000000"])
def test_a_version_that_kubernetes_cannot_have_released_yet_is_refused_where_it_is_written(version: str) -> None:
    message = said(version)
    assert f"platform:cluster.minimumVersion: '{version}' is no version of GKE yet" in message
