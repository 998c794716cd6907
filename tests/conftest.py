"""Makes every run of the tests one in the example checkout (example_checkout.py), however it was started."""

import os
import sys
from pathlib import Path

import pytest

import example_checkout
from sandbox.tools.environments import CHECKOUT


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Go on in the copy: same arguments, same folder below the top."""
    if example_checkout.origin() != CHECKOUT:
        return
    copy = example_checkout.prepare()
    here = config.invocation_params.dir
    below = here.relative_to(CHECKOUT) if here.is_relative_to(CHECKOUT) else Path("tests")
    arguments = [str(argument).replace(f"{CHECKOUT}/", f"{copy}/") for argument in config.invocation_params.args]
    env = {**os.environ, "PYTHONPATH": str(copy / "tests")}
    os.chdir(copy / below)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, "-m", "pytest", *arguments], env)  # noqa: S606  itself


def pytest_report_header() -> str:
    """Say where the tests run."""
    return f"checkout: {CHECKOUT}, a copy with the files of {example_checkout.EXAMPLES}"
