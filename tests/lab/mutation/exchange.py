"""Puts the code of a mutant in the place of a module's: in its functions as they are, or when it is imported."""

import ast
import gc
import importlib.abc
import importlib.machinery
import importlib.util
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

_Key = tuple[str, int]


def functions(files: Mapping[str, Path]) -> dict[Path, list[FunctionType]]:
    """All functions of this process that were compiled from some files, by file.

    Args:
        files: the files, by their names in code objects.
    """
    gc.unfreeze()
    found: defaultdict[Path, list[FunctionType]] = defaultdict(list)
    for one in gc.get_objects():
        if type(one) is FunctionType and (file := files.get(one.__code__.co_filename)):
            found[file].append(one)
    gc.freeze()
    return found


class Exchange:
    """Exchanges the code of a module's functions.

    Args:
        original: the module.
        live: its functions in this process.
    """

    def __init__(self, original: ast.Module, live: Sequence[FunctionType]) -> None:
        self._before = _codes(original)
        self._live = live

    def by(self, mutated: ast.Module) -> bool:
        """Give the functions the code that they have in a mutated module; return whether that is all that changed."""
        after = _codes(mutated)
        changed = {key for key, codes in after.items() if codes != self._before.get(key)}
        if any(len(after[key]) > 1 for key in changed):
            return False
        exchanged: set[_Key] = set()
        for function in self._live:
            key = _key(function.__code__)
            if key in changed:
                code = after[key][0].replace(co_filename=function.__code__.co_filename)
                if code.co_freevars != function.__code__.co_freevars:
                    return False
                function.__code__ = code
                exchanged.add(key)
        # Inner functions that are made when an outer one runs are in its code.
        return bool(exchanged)


def _codes(tree: ast.Module) -> dict[_Key, list[CodeType]]:
    found: defaultdict[_Key, list[CodeType]] = defaultdict(list)
    for code in _within(compile(tree, "<module>", "exec")):
        found[_key(code)].append(code)
    return found


def _within(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _within(constant)


def _key(code: CodeType) -> _Key:
    return code.co_qualname, code.co_firstlineno


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from a tree instead of from its file."""

    def __init__(self, name: str, file: Path, tree: ast.Module) -> None:
        self._name, self._file, self._tree = name, file, tree

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,  # noqa: ARG002  as well
        target: ModuleType | None = None,  # noqa: ARG002  the protocol's
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of the mutated module; None for any other."""
        return (
            importlib.util.spec_from_file_location(fullname, self._file, loader=self)
            if fullname == self._name
            else None
        )

    def exec_module(self, module: ModuleType) -> None:
        """Execute the mutated tree."""
        exec(compile(self._tree, str(self._file), "exec"), module.__dict__)  # noqa: S102 - that is what a mutant is for
