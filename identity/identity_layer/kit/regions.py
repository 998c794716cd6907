"""Regions of Google Cloud at one date: no package and no API definition lists them.

Google opens two or three a year, and a misspelt region is found by no check of its form. A region that is not listed is
therefore refused, and the message says where to add it.
"""

import difflib

AS_OF = "November 2026"
# https://cloud.google.com/compute/docs/regions-zones
REGIONS = frozenset(
    {
        *("africa-south1", "asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-northeast3"),
        *("asia-south1", "asia-south2", "asia-southeast1", "asia-southeast2", "asia-southeast3"),
        *("australia-southeast1", "australia-southeast2"),
        *("europe-central2", "europe-north1", "europe-north2", "europe-southwest1", "europe-west1", "europe-west2"),
        *("europe-west3", "europe-west4", "europe-west6", "europe-west8", "europe-west9", "europe-west10"),
        *("europe-west12", "me-central1", "me-central2", "me-west1"),
        *("northamerica-northeast1", "northamerica-northeast2", "northamerica-south1"),
        *("southamerica-east1", "southamerica-west1"),
        *("us-central1", "us-east1", "us-east4", "us-east5", "us-south1", "us-west1", "us-west2", "us-west3"),
        "us-west4",
    }
)


def checked(region: str) -> str:
    """The region, if Google Cloud has it.

    Raises:
        ValueError: it is not listed.
    """
    if region in REGIONS:
        return region
    close = difflib.get_close_matches(region, sorted(REGIONS), n=1)
    meant = f"did you mean {close[0]}? " if close else ""
    raise ValueError(
        f"{region!r} is not a region of Google Cloud as of {AS_OF}, so nothing could be made there; {meant}If Google "
        "has opened it since (`gcloud compute regions list`), add it to identity/identity_layer/kit/regions.py and run "
        "`make kit`."
    )
