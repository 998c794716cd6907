"""Makes every run of the tests one in the example checkout (example_checkout.py), however it was started.

The files that take longest begin first (durations.py).
"""

import gc
from collections.abc import Generator
from pathlib import Path

import pytest

import durations
import example_checkout
from toolchain.environments import CHECKOUT


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Go on in the copy: same arguments, same folder below the top."""
    here = config.invocation_params.dir
    below = here.relative_to(CHECKOUT) if here.is_relative_to(CHECKOUT) else Path("tests")
    example_checkout.enter("pytest", list(map(str, config.invocation_params.args)), below)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options: record how long the files take, and run a part of them."""
    parser.addoption("--update-durations", action="store_true", help="write how long each file of tests takes")
    parser.addoption("--shard", type=durations.Shard.parsed, metavar="1/8", help="run this part of the files alone")


def pytest_configure(config: pytest.Config) -> None:
    """Record durations where that was asked for; of several processes, in the one that hears of all tests."""
    if config.getoption("--update-durations") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(durations.Recorder())


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Start one process more than there are cores.

    Tests of whole commands wait for servers and for the engine: two processes on two cores use one and a half of them.
    """
    return (yield) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the files that take longest first, and leave out those of other shards."""
    seconds = durations.expected()
    if shard := config.getoption("--shard"):
        config.hook.pytest_deselected(items=shard.keep(items, seconds))
    durations.longest_first(items, seconds)


def pytest_collection_finish() -> None:
    """Exempt from garbage collection what lasts as long as the run: the SDKs' modules and all tests.

    The collector would look through all of it again and again; it takes half of the time of a layer's program.
    """
    gc.collect()
    gc.freeze()


def pytest_report_header() -> str:
    """Say where the tests run."""
    return f"checkout: {CHECKOUT}, a copy with the files of {example_checkout.EXAMPLES}"
