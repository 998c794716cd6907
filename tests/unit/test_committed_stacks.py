"""The committed stacks: the one test of files that belong to whoever copies this repository."""

import subprocess
import sys

import example_checkout
from cli.checks import comparing


def test_every_committed_stack_compiles_passes_the_policies_and_has_its_owners() -> None:
    checkout = example_checkout.origin()
    command = [sys.executable, "-m", "committed"]
    env = comparing(checkout)
    done = subprocess.run(command, cwd=checkout / "tests", env=env, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0), done.stderr
