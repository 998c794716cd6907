"""The published table of who may do what is what the sandbox decides."""

from e2e.harness import Sandbox
from sandbox import conformance


def test_the_published_table_is_what_the_sandbox_decides(shared: Sandbox) -> None:
    published = conformance.DOCUMENT.read_text(encoding="utf-8")
    assert conformance.table(shared.path) == published, "run `make conformance` on a sandbox that was just brought up"
