"""Nothing is made in a region, zone or multi-region that does not exist."""

from typing import Any

import pytest

from sandbox.cloud import places
from sandbox.cloud.errors import ApiError

NOWHERE: list[tuple[dict[str, str], dict[str, Any]]] = [
    ({"location": "europe-west99"}, {}),
    ({"region": "europe-west99"}, {}),
    ({"location": "europe-west4-f"}, {}),
    ({"bucket": "state"}, {"location": "MARS"}),
    ({"instance": "orders"}, {"region": "us-east2"}),
    ({"secret": "key"}, {"replication": {"userManaged": {"replicas": [{"location": "us-east2"}]}}}),
    ({"topic": "notices"}, {"messageStoragePolicy": {"allowedPersistenceRegions": ["europe-west4", "eu-west4"]}}),
]


@pytest.mark.parametrize(("parameters", "body"), NOWHERE, ids=str)
def test_a_place_that_does_not_exist_is_refused(parameters: dict[str, str], body: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match="is not found or access is unauthorized"):
        places.require_existing(parameters, body)


@pytest.mark.parametrize("place", ["europe-west4", "europe-west4-a", "global", "EU", "EUROPE-WEST4", "nam4", "us"])
def test_a_place_that_exists_is_taken(place: str) -> None:
    places.require_existing({"location": place}, {"location": place, "labels": {"zone": "of a label"}})
