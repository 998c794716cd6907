import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli import doctor
from cli.finding import BAD, LATER, Finding
from toolchain import recorded, vendor
from toolchain.environments import CHECKOUT

BOOTSTRAP = CHECKOUT / "tools" / "toolchain" / "bootstrap.py"


def test_the_doctor_makes_nothing_and_names_a_remedy_for_what_is_unusable(tmp_path: Path) -> None:
    cache_home = tmp_path / "cache"
    (tmp_path / "file").write_text("not a folder")
    env = {**os.environ, "XDG_CACHE_HOME": str(cache_home), "SANDBOX_API_PORT": "none"}
    env["SANDBOX_DIR"] = str(tmp_path / "sandbox")

    done = subprocess.run(
        [sys.executable, str(BOOTSTRAP), "doctor"], env=env, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "SANDBOX_API_PORT=none is not a port number" in done.stdout
    assert "remedy:" in done.stdout
    assert "unusable: ports" in done.stdout
    assert not cache_home.exists()
    assert not (tmp_path / "sandbox").exists()


def test_the_doctor_finds_an_unwritable_cache_unusable(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)

    found = {finding.subject: finding for finding in doctor.examine()}

    assert found["cache"].verdict == BAD
    assert "XDG_CACHE_HOME" in found["cache"].remedy


def test_the_doctor_tells_how_many_vendors_files_are_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded, "FILE", tmp_path / "vendor.sha256")
    files = [file for release in vendor.releases() for file in release.files]

    recorded.write({})
    assert f"0 of {len(files)} recorded; enough for the sandbox" in _line("vendors' files").detail
    recorded.write(dict.fromkeys(files, "0" * 64))
    assert _line("vendors' files").detail == f"SHA-256 of {len(files)} of {len(files)} recorded"
    recorded.FILE.write_text("nonsense")
    assert (_line("vendors' files").verdict, _line("pulumi engine").verdict) == (BAD, LATER)


def _line(subject: str) -> Finding:
    return next(finding for finding in doctor.examine() if finding.subject == subject)
