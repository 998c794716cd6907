"""The published table of who may do what is what the sandbox decides."""

import time

from e2e.documents import Published
from e2e.harness import Sandbox
from sandbox import conformance

DOCUMENT = "tools/sandbox/CONFORMANCE.md"
# The API server learns of Roles and their bindings by watching them, on a busy machine seconds after `make up`.
ATTEMPTS, PAUSE_SECONDS = 5, 6
INTRODUCTION = """\
# Who may do what in the example environment

Made from a sandbox that was just brought up: `make test ARGS='e2e/test_conformance.py --update-documents'` writes it,
the same test compares, and `make conformance` prints the tables of the sandbox that is up. A cell names what allows the
operation: a role in IAM, or a Role in the cluster (RBAC). An empty cell: it is refused.

"""


def test_the_published_table_is_what_the_sandbox_decides(shared: Sandbox, published: Published) -> None:
    text = INTRODUCTION + conformance.tables(shared.path)
    for _ in range(ATTEMPTS):
        if published.is_so(DOCUMENT, text):
            break
        time.sleep(PAUSE_SECONDS)
        text = INTRODUCTION + conformance.tables(shared.path)
    published.check(DOCUMENT, text)
