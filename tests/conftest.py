"""Makes every run of the tests one in the example checkout (example_checkout.py), however it was started."""

from pathlib import Path

import pytest

import example_checkout
from toolchain.environments import CHECKOUT


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Go on in the copy: same arguments, same folder below the top."""
    here = config.invocation_params.dir
    below = here.relative_to(CHECKOUT) if here.is_relative_to(CHECKOUT) else Path("tests")
    example_checkout.enter("pytest", list(map(str, config.invocation_params.args)), below)


def pytest_report_header() -> str:
    """Say where the tests run."""
    return f"checkout: {CHECKOUT}, a copy with the files of {example_checkout.EXAMPLES}"
