"""Tests that a proposal needs, by the files that it changes: the base branch's code decides.

Documents, entries of apps and stack files change no code, so a few files of tests look at them; for what is deployed,
the sandbox comes up with them as well. Everything else gets the whole suite, in shards side by side.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from cli.layout import LAYERS

# Jobs of the whole suite: the longest file of tests takes as long as a shard of eight.
SHARDS = 8
_WHOLE = "--numprocesses=logical --dist=loadfile --no-loadscope-reorder"
_PICTURES = ".github/guides/pictures/"
DOCUMENTS = (
    "pack/test_documents.py",
    "unit/cli/test_documented_commands.py",
    "unit/cli/test_generated.py",
    "unit/cli/test_guides.py",
    "unit/test_documents.py",
)
SETTINGS = (
    *DOCUMENTS,
    "pack/test_stacks.py",
    "unit/test_committed_limits.py",
    "unit/test_committed_stacks.py",
)


@dataclass(frozen=True)
class Scope:
    """Tests of a proposal.

    Attributes:
        arguments: of `make test`, by the name of the job.
        brings_up: whether the sandbox comes up with the proposal, beside the tests.
    """

    arguments: dict[str, str]
    brings_up: bool = False


WHOLE = Scope({f"{shard} of {SHARDS}": f"{_WHOLE} --shard={shard}/{SHARDS}" for shard in range(1, SHARDS + 1)})


def of(paths: Sequence[str]) -> Scope:
    """Tests for a change of some files; the whole suite for a file of another kind, and for none."""
    if paths and all(map(_is_document, paths)):
        return Scope({"documents": " ".join(DOCUMENTS)})
    if paths and all(_is_document(path) or _is_settings(path) for path in paths):
        return Scope({"settings": " ".join(SETTINGS)}, brings_up=True)
    return WHOLE


def _is_document(path: str) -> bool:
    return path.endswith(".md") or path.startswith(_PICTURES)


def _is_settings(path: str) -> bool:
    """Return whether a file is an app's entry or a stack file, which the programs read and nothing runs."""
    parts = PurePosixPath(path).parts
    is_entry = len(parts) == 3 and parts[:2] == ("apps", "entries")
    is_stack_file = len(parts) == 2 and parts[0] in LAYERS and parts[1].startswith("Pulumi.")
    return path.endswith(".yaml") and (is_entry or (is_stack_file and parts[1] != "Pulumi.yaml"))
