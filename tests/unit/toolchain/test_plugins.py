import hashlib
import io
import os
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
            served.files[release.file or ""] = archive(release.name)
        record(served)
        yield served


def archive(name: str) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as written:
        for member in (f"pulumi-resource-{name}", "LICENSE"):
            entry = tarfile.TarInfo(member)
            entry.size, entry.mode = len(name), 0o755
            written.addfile(entry, io.BytesIO(name.encode()))
    return content.getvalue()


def record(host: FileServer) -> None:
    recorded.write({file: hashlib.sha256(content).hexdigest() for file, content in host.files.items()})


def test_the_engine_gets_a_home_with_the_recorded_plugins_alone(
    host: FileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    assert variables["PULUMI_CREDENTIALS_PATH"] == "/theirs"
    assert variables["PULUMI_IGNORE_AMBIENT_PLUGINS"] == "true"
    assert variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"


def test_plugins_are_downloaded_once_and_a_changed_one_alone_again(host: FileServer) -> None:
    first = plugins.ensure()
    assert plugins.ensure() == first
    assert len(host.ranges) == len(vendor.plugins())

    changed = vendor.plugins()[0].file or ""
    host.files[changed] = archive("another")
    record(host)

    assert plugins.ensure() != first
    assert len(host.ranges) == len(vendor.plugins()) + 1


def test_a_plugin_that_is_not_recorded_is_refused_before_anything_is_downloaded(host: FileServer) -> None:
    recorded.write({})

    with pytest.raises(ToolError, match=r"no SHA-256 of pulumi-resource-gcp.*Nothing was started.*make pins"):
        plugins.ensure()

    assert host.ranges == []


def test_another_file_than_the_recorded_one_is_refused(host: FileServer, cache_home: Path) -> None:
    host.files[vendor.plugins()[0].file or ""] = archive("evil")

    with pytest.raises(ToolError, match=r"expected is .*it was removed. Nothing was started.*security team"):
        plugins.ensure()

    assert list((cache_home / "plugin").iterdir()) == []
    assert not (cache_home / "plugins").exists() or list((cache_home / "plugins").iterdir()) == []


def test_a_mirror_without_the_file_is_named_with_the_remedy(host: FileServer) -> None:
    host.files.clear()

    with pytest.raises(ToolError, match=rf"answers HTTP 404.*Nothing was started.*{vendor.MIRROR}"):
        plugins.ensure()


def test_offline_nothing_is_downloaded(host: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_OFFLINE", "1")

    with pytest.raises(ToolError, match="SANDBOX_OFFLINE is set"):
        plugins.ensure()

    assert host.ranges == []
