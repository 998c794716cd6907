"""Regions, zones and multi-regions, which exist without being created; nothing is made anywhere else.

https://cloud.google.com/compute/docs/regions-zones, https://cloud.google.com/kms/docs/locations,
https://cloud.google.com/storage/docs/locations and https://cloud.google.com/artifact-registry/docs/repositories/repo-locations.
A service has some of the multi-regions; the simulation takes each of them everywhere.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from sandbox.cloud.errors import invalid
from sandbox.cloud.store import Json

# Region -> the letters of its zones.
REGIONS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("africa-south1", "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-northeast3"),
            *("asia-south1", "asia-south2", "asia-southeast1", "asia-southeast2", "asia-southeast3"),
            *("australia-southeast1", "australia-southeast2"),
            *("europe-central2", "europe-north1", "europe-north2", "europe-southwest1", "europe-west10"),
            *("europe-west12", "europe-west2", "europe-west3", "europe-west4", "europe-west6", "europe-west8"),
            *("europe-west9", "me-central1", "me-central2", "me-west1"),
            *("northamerica-northeast1", "northamerica-northeast2", "northamerica-south1"),
            *("southamerica-east1", "southamerica-west1", "us-east4", "us-east5", "us-south1"),
            *("us-west1", "us-west2", "us-west3", "us-west4"),
        ),
        "abc",
    ),
    "europe-west1": "bcd",
    "us-central1": "abcf",
    "us-east1": "bcd",
}
ZONES = tuple(f"{region}-{letter}" for region, letters in REGIONS.items() for letter in letters)
MULTI_REGIONS = frozenset(
    {
        *("asia", "asia1", "au", "ca", "de", "eu", "europe", "global", "in", "it", "us"),
        *(f"eur{number}" for number in range(3, 9)),
        *(f"nam{number}" for number in range(3, 14)),
    }
)
_EVERYWHERE = frozenset({*REGIONS, *ZONES, *MULTI_REGIONS})
# Fields of bodies with the places of a resource.
_FIELDS = frozenset({"allowedPersistenceRegions", "location", "region"})
# A parameter `zone` is one of Cloud DNS as well.
_PARAMETERS = ("location", "region")


def require_existing(parameters: Mapping[str, str], body: Json) -> None:
    """Checks that the places in a resource's name and body exist.

    Raises:
        ApiError: INVALID_ARGUMENT.
    """
    named = [parameters[key] for key in _PARAMETERS if key in parameters]
    for place in (*named, *_places(body)):
        # A reference ends with the name.
        if place and place.rpartition("/")[2].lower() not in _EVERYWHERE:
            raise invalid(f"Location '{place}' is not found or access is unauthorized.")


def _places(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _places(item)
    elif isinstance(value, dict):
        for key, inner in cast("Json", value).items():
            if key in _FIELDS:
                yield from [inner] if isinstance(inner, str) else inner if isinstance(inner, list) else ()
            else:
                yield from _places(inner)
