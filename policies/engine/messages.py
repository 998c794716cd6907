"""The SDK's messages without the SDK: pack and plugins use the generated classes of the protocols only."""

import sys
from importlib.machinery import PathFinder
from types import ModuleType


def import_alone() -> None:
    """Make `pulumi.runtime.proto` importable without `pulumi`, which takes a quarter of a process's start.

    It must be called in a process that needs nothing else of the SDK. An SDK that is imported already stays whole.
    """
    if "pulumi" in sys.modules:
        return
    folders = None
    for name in ("pulumi", "pulumi.runtime"):
        spec = PathFinder.find_spec(name, folders)
        if spec is None or spec.submodule_search_locations is None:
            return  # the import of the messages reports that there is no SDK
        package = sys.modules[name] = ModuleType(name)
        package.__path__ = folders = list(spec.submodule_search_locations)
