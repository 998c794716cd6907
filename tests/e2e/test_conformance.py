"""The published table of who may do what is what the sandbox decides."""

from e2e.documents import Published
from e2e.harness import Sandbox
from sandbox import conformance

INTRODUCTION = """\
# Who may do what in the example environment

Made from a sandbox that was just brought up: `make test ARGS='e2e/test_conformance.py --update-documents'` writes it,
the same test compares, and `make conformance` prints the tables of the sandbox that is up. A cell names what allows the
operation: a role in IAM, or a Role in the cluster (RBAC). An empty cell: it is refused.

"""


def test_the_published_table_is_what_the_sandbox_decides(shared: Sandbox, published: Published) -> None:
    published.check("tools/sandbox/CONFORMANCE.md", INTRODUCTION + conformance.tables(shared.path))
