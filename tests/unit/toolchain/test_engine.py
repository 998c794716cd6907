import hashlib
import io
import tarfile
import threading
from pathlib import Path
from typing import Any

import pytest

from toolchain import build, download, engine, pins

from .conftest import MakeProgram


def test_the_engine_on_path_is_used_when_its_language_host_is_beside_it(program: MakeProgram, cache_home: Path) -> None:
    path = program("pulumi", f"echo v{pins.PULUMI_TEXT}")
    program(engine.HOST, "")

    found, _ = engine.find()

    assert found is not None
    assert (found.path, found.version, found.source) == (path, pins.PULUMI_TEXT, "PATH")


def test_an_engine_without_language_host_is_not_used(program: MakeProgram, cache_home: Path) -> None:
    path = program("pulumi", f"echo v{pins.PULUMI_TEXT}")

    assert engine.find() == (None, f"{path} has no {engine.HOST} beside it")


@pytest.mark.parametrize("version", ["3.248.0", "4.0.0", "2.99.0"])
def test_an_older_engine_and_one_of_another_major_version_are_not_used(
    program: MakeProgram, cache_home: Path, version: str
) -> None:
    path = program("pulumi", f"echo v{version}")
    program(engine.HOST, "")

    assert engine.find() == (None, f"{path} is {version}")


def test_a_newer_engine_of_the_same_major_version_is_used(program: MakeProgram, cache_home: Path) -> None:
    program("pulumi", "echo v3.301.1")
    program(engine.HOST, "")

    found, _ = engine.find()

    assert found is not None
    assert found.version == "3.301.1"


def _release(monkeypatch: pytest.MonkeyPatch, *, digest: str | None = None, member: str = "pulumi/pulumi") -> None:
    name = download.archive_name() or pytest.fail("the vendor has no release for this machine")
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        entry = tarfile.TarInfo(member)
        entry.size, entry.mode = 5, 0o755
        archive.addfile(entry, io.BytesIO(b"hello"))
    published = digest or hashlib.sha256(content.getvalue()).hexdigest()

    def answer(address: str) -> Any:
        return io.BytesIO(f"{published}  {name}\n".encode() if address.endswith(".txt") else content.getvalue())

    monkeypatch.setattr(download, "_open", answer)


def test_a_release_that_matches_its_published_checksum_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _release(monkeypatch)

    download.pulumi(tmp_path)

    assert (tmp_path / "pulumi").read_text() == "hello"
    assert [path.name for path in tmp_path.iterdir()] == ["pulumi"]


def test_a_release_that_is_not_what_was_published_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _release(monkeypatch, digest="0" * 64)

    with pytest.raises(download.UnavailableError, match="published is 0000"):
        download.pulumi(tmp_path)

    assert not (tmp_path / "pulumi").exists()


def test_a_release_with_a_path_that_leads_out_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _release(monkeypatch, member="../outside")

    with pytest.raises(download.UnavailableError, match="outside"):
        download.pulumi(tmp_path)

    assert not (tmp_path.parent / "outside").exists()


def test_a_vendor_that_does_not_answer_is_given_up_within_three_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def hang(*arguments: object, **options: object) -> None:
        over.wait()
        raise OSError("the vendor did not answer")

    monkeypatch.setattr("urllib.request.urlopen", hang)
    assert download.PROBE_SECONDS <= 3
    monkeypatch.setattr(download, "PROBE_SECONDS", 0.2)

    assert not download.reachable()  # it would not return before `over` is set

    over.set()


def test_offline_the_vendor_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, program: MakeProgram, cache_home: Path
) -> None:
    asked: list[str] = []
    monkeypatch.setenv("SANDBOX_OFFLINE", "1")
    monkeypatch.setattr(download, "reachable", lambda: asked.append("vendor"))

    def built(each: build.Program) -> Path:
        return program(each.name, "")

    monkeypatch.setattr(build, "ensure", built)

    found = engine.ensure()

    assert found.source == "built"
    assert {path.name for path in found.path.parent.iterdir()} == {"pulumi", engine.HOST}
    assert asked == []
