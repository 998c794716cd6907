"""Selection of the failures that count."""

from lab.checkov import verdicts
from lab.checkov.verdicts import Exempt, Verdict

FAILED = Verdict("CKV_GCP_20", "authorised networks", "google_container_cluster.main", passed=False)
PASSED = Verdict("CKV_GCP_21", "labels", "google_container_cluster.main", passed=True)
EXEMPT = Exempt(check="CKV_GCP_20", resources=r"google_container_cluster\..*", reason="there is no IP endpoint at all")


def test_a_failure_without_a_reason_counts() -> None:
    assert verdicts.unexplained([FAILED, PASSED], []) == [FAILED]


def test_a_failure_with_a_reason_does_not_count() -> None:
    assert not verdicts.unexplained([FAILED, PASSED], [EXEMPT])


def test_a_reason_is_for_its_own_check_and_resources_only() -> None:
    others = [EXEMPT.model_copy(update=change) for change in ({"check": "CKV_GCP_2"}, {"resources": "cluster"})]
    assert verdicts.unexplained([FAILED], others) == [FAILED]


def test_a_reason_that_nothing_needs_counts() -> None:
    assert verdicts.unused([PASSED], [EXEMPT]) == [EXEMPT]


def test_every_written_reason_is_read() -> None:
    assert verdicts.exceptions()
