import hashlib
import io
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from toolchain import build, confined, engine, pins, recorded, vendor
from toolchain.errors import ToolError

from .conftest import MakeProgram
from .file_server import FileServer, serving


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


@dataclass
class Vendor:
    """The vendor's hosts, with the engine's release for this machine, and what was built instead of it."""

    host: FileServer
    file: str
    built: list[str]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.host.files[self.file]).hexdigest()

    def publish(self, digest: str) -> None:
        """State a digest in the checksum file of the release."""
        self.host.files[vendor.engine().checksums] = f"{digest}  {self.file}\n".encode()

    @property
    def downloads(self) -> int:
        return len(self.host.ranges)


@pytest.fixture
def release(cache_home: Path, program: MakeProgram, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    """A vendor within reach, a machine without an engine, and a record without a line."""
    file = vendor.engine().file or pytest.fail("the vendor has no release for this machine")
    with serving() as host:
        monkeypatch.setenv(vendor.MIRROR, host.address)
        monkeypatch.setattr(vendor, "RELEASES", host.address)
        monkeypatch.setattr(recorded, "FILE", cache_home.parent / "vendor.sha256")
        cache_home.parent.mkdir(parents=True)
        recorded.write({})
        made = Vendor(host, file, [])
        host.files[file] = archive(f"#!/bin/sh\necho v{pins.PULUMI_TEXT}\n")

        def build_instead(wanted: build.Program) -> Path:
            made.built.append(wanted.name)
            built = cache_home.parent / "built" / wanted.name  # not on PATH
            built.parent.mkdir(exist_ok=True)
            built.write_text("")
            return built

        monkeypatch.setattr(build, "ensure", build_instead)
        yield made


def archive(script: str) -> bytes:
    """A release archive whose programs are a script."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as written:
        for name in ("pulumi", engine.HOST):
            entry = tarfile.TarInfo(f"pulumi/{name}")
            entry.size, entry.mode = len(script), 0o755
            written.addfile(entry, io.BytesIO(script.encode()))
    return content.getvalue()


def test_with_the_vendor_within_reach_no_compiler_runs(release: Vendor) -> None:
    release.publish(release.digest)

    found = engine.ensure()

    assert found.source == "vendor's release"
    assert release.built == []
    cached, _ = engine.find()
    assert cached is not None
    assert cached.source == "cache, vendor's release"
    assert {path.name for path in cached.path.parent.iterdir()} == {"pulumi", engine.HOST}
    assert found.path.samefile(cached.path)


@pytest.mark.parametrize("digest", ["0" * 64, "not a digest"])
def test_a_release_that_is_not_what_was_published_is_built_instead(
    release: Vendor, digest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    release.publish(digest)

    found = engine.ensure()

    assert found.source == "built"
    assert release.built == ["pulumi", engine.HOST]
    assert "the vendor's release of Pulumi is not used" in capsys.readouterr().err


def test_a_program_of_another_version_is_built_instead(release: Vendor, capsys: pytest.CaptureFixture[str]) -> None:
    release.host.files[release.file] = archive("#!/bin/sh\necho v3.1.0\n")
    release.publish(release.digest)

    assert engine.ensure().source == "built"
    assert "its program says it is v3.1.0" in capsys.readouterr().err


def test_a_recorded_release_needs_no_published_digest(release: Vendor) -> None:
    recorded.write({release.file: release.digest})

    assert engine.ensure().source == "vendor's release"


def test_a_job_with_an_identity_takes_the_recorded_release_and_no_program_on_path(
    release: Vendor, program: MakeProgram
) -> None:
    program("pulumi", f"echo v{pins.PULUMI_TEXT}")
    program(engine.HOST, "")
    recorded.write({release.file: release.digest})

    assert engine.ensure().source == "PATH"
    assert engine.ensure(pinned=True).source == "vendor's release"
    assert engine.ensure(pinned=True).source == "cache, vendor's release"
    assert release.downloads == 1


def test_a_job_with_an_identity_builds_what_is_not_recorded_also_when_the_sandbox_has_downloaded_it(
    release: Vendor,
) -> None:
    release.publish(release.digest)
    engine.ensure()

    assert engine.ensure(pinned=True).source == "built"
    assert release.built == ["pulumi", engine.HOST]


def test_a_job_with_an_identity_that_gets_another_file_than_the_recorded_one_stops(release: Vendor) -> None:
    recorded.write({release.file: "0" * 64})
    release.publish(release.digest)

    with pytest.raises(ToolError, match=r"expected is 0000.*Nothing was started.*make pins CHECK=yes"):
        engine.ensure(pinned=True)

    assert release.built == []


def test_a_newly_recorded_digest_replaces_what_is_in_the_cache(release: Vendor) -> None:
    recorded.write({release.file: release.digest})
    first = engine.ensure(pinned=True).path
    release.host.files[release.file] = archive(f"#!/bin/sh\n# newer\necho v{pins.PULUMI_TEXT}\n")
    recorded.write({release.file: release.digest})

    assert engine.ensure(pinned=True).path != first


def test_offline_the_vendor_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, program: MakeProgram, cache_home: Path
) -> None:
    asked: list[str] = []
    monkeypatch.setenv("SANDBOX_OFFLINE", "1")
    monkeypatch.setattr("toolchain.download.reachable", asked.append)

    def built(each: build.Program) -> Path:
        return program(each.name, "")

    monkeypatch.setattr(build, "ensure", built)

    found = engine.ensure()

    assert found.source == "built"
    assert asked == []


def test_the_language_host_beside_the_engine_is_confined_from_wherever_it_is_started(
    monkeypatch: pytest.MonkeyPatch, program: MakeProgram, cache_home: Path, tmp_path: Path
) -> None:
    program("pulumi", f"echo v{pins.PULUMI_TEXT}")
    program(engine.HOST, 'echo "$1"; echo changed > outside')
    host = engine.ensure().path.with_name(engine.HOST)
    link = tmp_path / "a link"
    link.symlink_to(host)

    ran = subprocess.run([link, "an argument"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert ran.stdout == "an argument\n"
    assert (tmp_path / "outside").exists() is (confined.version() == 0)


def test_another_engine_on_path_is_another_folder(program: MakeProgram, cache_home: Path) -> None:
    program(engine.HOST, "")
    program("pulumi", f"echo v{pins.PULUMI_TEXT}")
    first = engine.ensure().path
    program("pulumi", "echo v3.301.1")

    assert engine.ensure().path != first
