"""A program that tries to change what judges it, in preview and in update: nothing changes, and nobody is ended."""

import hashlib
from pathlib import Path

import pytest

from e2e.harness import IDENTITY
from e2e.sandboxes import Draft
from toolchain import confined
from toolchain.environments import PROJECTS

# At the end of a module of the layer, so that it runs before the program declares anything.
TAMPERING = """

import contextlib
import os
import signal
import stat
from pathlib import Path

_TOP = Path(__file__).resolve().parents[2]
_SANDBOX = Path(os.environ["SANDBOX_DIR"])
_TRIED = [
    path
    for folder in (*(_TOP / each for each in ("policies", "tools", ".github", "platform", "apps")), _SANDBOX)
    for path in folder.rglob("*")
    if stat.S_ISREG(path.lstat().st_mode) and ".venv" not in path.parts
]
_TRIED += (_TOP / "policies" / ".venv").resolve().rglob("yaml/*.py")
_TRIED += (_TOP / "tools" / ".venv").resolve().rglob("typer/*.py")
_DONE = 0
for _file in _TRIED:
    with contextlib.suppress(OSError), _file.open("ab") as _opened:
        _DONE += 1
for _process in Path("/proc").glob("[0-9]*/cmdline"):
    with contextlib.suppress(OSError):
        if b"pulumi" in _process.read_bytes() and int(_process.parent.name) not in (os.getpid(), os.getppid()):
            os.kill(int(_process.parent.name), signal.SIGTERM)
            _DONE += 1
print(f"tampered with {_DONE} of {len(_TRIED)}")
"""
CHANGED = "identity/identity_layer/daily/program.py"


def _judging(draft: Draft) -> dict[str, str]:
    """Digests of all files that judge, and of what the other layers own."""
    checkout = draft.sandbox.checkout
    folders = [checkout / name for name in ("policies", "tools", ".github", "platform", "apps")]
    folders += [(checkout / project / ".venv").resolve() for project in PROJECTS if project in ("policies", "tools")]
    found = [path for folder in folders for path in folder.rglob("*") if path.suffix != ".pyc" and path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


@pytest.mark.skipif(not confined.version(), reason="this kernel has no Landlock: unit/cli/test_judges.py has the rest")
def test_a_program_changes_nothing_that_judges_it(draft: Draft) -> None:
    draft.bring_up("identity")
    before = _judging(draft)
    log = draft.sandbox.path / "logs"

    with draft.changed(CHANGED, "", TAMPERING):
        seen = draft.sandbox.run("preview", "--layer", "identity", "--owner", "identity").succeeded()
        done = draft.sandbox.run("up", "--layer", "identity").succeeded()

    assert _judging(draft) == before
    assert "passed" in seen.out
    assert f"{IDENTITY.title}: update … done" in done.err or "unchanged" in done.text
    printed = (log / f"{IDENTITY.project}-{IDENTITY.name}-preview.log").read_text()
    assert "tampered with 0 of " in printed
    assert Path(log).is_dir()
