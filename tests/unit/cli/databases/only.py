"""One declared instance in place of those of the stack files."""

from collections.abc import Generator
from contextlib import contextmanager

import pytest

from cli.databases import declared
from cli.databases.declared import Instance


@contextmanager
def declared_only(instance: Instance) -> Generator[None]:
    """Nothing but this instance is declared, in whatever environment."""

    def instances(environment: str) -> list[Instance]:
        del environment
        return [instance]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(declared, "instances", instances)
        yield
