import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolchain import plugins, recorded, vendor
from toolchain.errors import ToolError

from .file_server import FileServer, serving


@pytest.fixture
def host(cache_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A mirror with the plugins for this machine, each of which is recorded."""
    monkeypatch.setattr(recorded, "FILE", tmp_path / "vendor.sha256")
    with serving() as served:
        monkeypatch.setenv(vendor.MIRROR, served.address)
        for release in vendor.plugins():
            served.files[release.file or ""] = archive(f"pulumi-resource-{release.name}", release.name)
        login = vendor.cluster_login()
        served.files[login.file or ""] = archive(f"bin/{login.name}", login.name, 0o644)
        record(served)
        yield served


def archive(program: str, text: str, mode: int = 0o755) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as written:
        for member in (program, "LICENSE"):
            entry = tarfile.TarInfo(member)
            entry.size, entry.mode = len(text), mode
            written.addfile(entry, io.BytesIO(text.encode()))
    return content.getvalue()


def record(host: FileServer) -> None:
    recorded.write({file: hashlib.sha256(content).hexdigest() for file, content in host.files.items()})


def test_the_engine_gets_a_home_with_the_recorded_programs_alone(
    host: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = tmp_path / "bin" / vendor.CLUSTER_LOGIN
    theirs.parent.mkdir()
    theirs.write_text("#!/bin/sh\n")
    theirs.chmod(0o755)
    monkeypatch.setenv("PATH", str(theirs.parent))
    monkeypatch.setenv("PULUMI_HOME", "/theirs")
    monkeypatch.delenv("PULUMI_CREDENTIALS_PATH", raising=False)

    variables = plugins.environment()

    folder = Path(variables["PULUMI_HOME"]) / "plugins"
    assert {path.name for path in folder.iterdir()} == {
        f"resource-{release.name}-v{release.version}" for release in vendor.plugins()
    }
    for release in vendor.plugins():
        program = folder / f"resource-{release.name}-v{release.version}" / f"pulumi-resource-{release.name}"
        assert program.read_text() == release.name
        assert os.access(program, os.X_OK)
    login = shutil.which(vendor.CLUSTER_LOGIN, path=variables["PATH"])
    assert login is not None
    assert Path(login).read_text() == vendor.CLUSTER_LOGIN
    assert Path(login).is_relative_to(variables["PULUMI_HOME"])
    assert variables["PULUMI_CREDENTIALS_PATH"] == "/theirs"
    assert variables["PULUMI_IGNORE_AMBIENT_PLUGINS"] == "true"
    assert variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"


def test_plugins_are_downloaded_once_and_a_changed_one_alone_again(host: FileServer) -> None:
    first = plugins.ensure()
    assert plugins.ensure() == first
    assert len(host.ranges) == len(vendor.beside_engine())

    changed = vendor.plugins()[0].file or ""
    host.files[changed] = archive("pulumi-resource-gcp", "another")
    record(host)

    assert plugins.ensure() != first
    assert len(host.ranges) == len(vendor.beside_engine()) + 1


def test_a_plugin_that_is_not_recorded_is_refused_before_anything_is_downloaded(host: FileServer) -> None:
    recorded.write({})

    with pytest.raises(ToolError, match=r"no SHA-256 of pulumi-resource-gcp.*Nothing was started.*make pins"):
        plugins.ensure()

    assert host.ranges == []


def test_another_file_than_the_recorded_one_is_refused(host: FileServer, cache_home: Path) -> None:
    host.files[vendor.plugins()[0].file or ""] = archive("pulumi-resource-gcp", "evil")

    with pytest.raises(ToolError, match=r"expected is .*it was removed. Nothing was started.*security team"):
        plugins.ensure()

    assert list((cache_home / "plugin").iterdir()) == []
    assert not (cache_home / "plugins").exists() or list((cache_home / "plugins").iterdir()) == []


def test_a_mirror_without_the_file_is_named_with_the_remedy(host: FileServer) -> None:
    host.files.clear()

    with pytest.raises(ToolError, match=rf"answers HTTP 404.*Nothing was started.*{vendor.MIRROR}"):
        plugins.ensure()


def test_without_a_recorded_login_helper_nothing_runs(host: FileServer) -> None:
    login = vendor.cluster_login().file
    recorded.write({file: digest for file, digest in recorded.digests().items() if file != login})

    with pytest.raises(ToolError, match=rf"no SHA-256 of {login}.*Nothing was started.*make pins"):
        plugins.ensure()


def test_offline_nothing_is_downloaded(host: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_OFFLINE", "1")

    with pytest.raises(ToolError, match="SANDBOX_OFFLINE is set"):
        plugins.ensure()

    assert host.ranges == []
