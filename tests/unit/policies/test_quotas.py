"""Quotas that fall below what runs in a namespace: the verdict names the namespace, and what no longer fits."""

import pytest

from plan_gate import summary
from unit.policies.plans import UNKNOWN, Json, Preview

QUOTA = "kubernetes:core/v1:ResourceQuota"
USED = {"pods": "3", "requests.cpu": "450m", "requests.memory": "1152Mi", "configmaps": "2", "secrets": "0"}
ROOM = {"pods": "8", "requests.cpu": "2", "requests.memory": "4Gi", "configmaps": "20", "secrets": "0"}


@pytest.mark.parametrize(
    ("lowered", "said"),
    [
        ({}, ()),
        ({"requests.cpu": "600m", "requests.memory": "1536Mi", "pods": "4"}, ()),
        ({"requests.cpu": "599m"}, ("requests.cpu 599m has no room beside the 450m that run, so no new version",)),
        ({"requests.memory": "1Gi"}, ("requests.memory 1Gi is less than the 1152Mi that run, so a lost pod is not",)),
        ({"pods": "2", "configmaps": "1"}, ("pods 2 is less than the 3", "configmaps 1 is less than the 2")),
        ({"configmaps": "2"}, ()),
        ({"pods": UNKNOWN, "requests.cpu": "plenty"}, ()),
        ({"secrets": "0", "requests.storage": "0"}, ()),
    ],
)
@pytest.mark.parametrize("with_refresh", [True, False])
def test_a_quota_below_what_runs_is_told_with_what_no_longer_fits(
    preview: Preview, lowered: Json, said: tuple[str, ...], *, with_refresh: bool
) -> None:
    metadata = {"name": "quota", "namespace": "storefront"}
    inputs, outputs = {"metadata": metadata, "spec": {"hard": ROOM}}, {"status": {"used": USED}}
    named = preview.held(QUOTA, "storefront-quota", inputs=inputs, outputs={} if with_refresh else outputs)
    if with_refresh:
        preview.refreshed(named, inputs=inputs, outputs=outputs)
    preview.planned(named, "update", inputDiff={"updates": {"spec": {"hard": ROOM | lowered}}})

    lines = [line for part in summary.sections(preview.judged()) if "quota" in part.title for line in part.lines]
    assert len(lines) == bool(said)
    for line in lines:
        assert line.startswith("storefront: ")
        assert all(part in line for part in said)
