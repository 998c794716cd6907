import urllib.error
from pathlib import Path

import pytest

from cli import pins
from toolchain import recorded, vendor
from toolchain.errors import ToolError
from toolchain.vendor import Release

Published = dict[str, str]


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Published:
    """SHA-256 of every file, as the publishers state it; nothing is recorded."""
    monkeypatch.setattr(recorded, "FILE", tmp_path / "vendor.sha256")
    recorded.write({})
    stated = {file: f"{number:064x}" for number, file in enumerate(_files())}

    def state(release: Release) -> Published:
        return {file: stated[file] for file in release.files if file in stated}

    monkeypatch.setattr(Release, "published", state)
    return stated


def _files() -> list[str]:
    return [file for release in vendor.releases() for file in release.files]


def test_what_is_published_is_recorded_and_then_agrees(published: Published) -> None:
    assert pins.run(check=True) == 1
    assert recorded.digests() == {}

    assert pins.run(check=False) == 0
    assert recorded.digests() == published
    assert pins.run(check=True) == 0


def test_a_version_that_is_no_longer_pinned_is_dropped(
    published: Published, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded.write({**published, "pulumi-v1.0.0-linux-x64.tar.gz": "f" * 64})

    assert pins.run(check=True) == 1
    assert "pulumi-v1.0.0-linux-x64.tar.gz is recorded, and no pinned version uses it" in capsys.readouterr().err
    assert pins.run(check=False) == 0
    assert recorded.digests() == published


def test_a_released_file_that_was_replaced_is_a_finding_and_is_never_recorded(published: Published) -> None:
    pins.run(check=False)
    before = recorded.digests()
    replaced = _files()[0]
    published[replaced] = "f" * 64

    assert pins.run(check=True) == 1
    with pytest.raises(ToolError, match=rf"a released file was replaced:\n  {replaced}: recorded is 0.*now states ff"):
        pins.run(check=False)
    assert recorded.digests() == before


def test_a_file_without_a_published_digest_is_named_and_nothing_is_recorded(published: Published) -> None:
    absent = _files()[-1]
    del published[absent]

    with pytest.raises(ToolError, match=rf"no SHA-256 is published for {absent}\n.*no stack can be deployed"):
        pins.run(check=False)
    assert recorded.digests() == {}


def test_publishers_that_cannot_be_reached_are_named_and_nothing_is_recorded(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(release: Release) -> Published:
        if release.name == "pulumi":
            return {file: published[file] for file in release.files}
        raise urllib.error.URLError("no such host")

    monkeypatch.setattr(Release, "published", fail)

    with pytest.raises(ToolError, match=r"was left as it is:\n  gcp .*no such host.*\n  kubernetes ") as refused:
        pins.run(check=False)
    assert refused.value.exit_code == 1
    assert recorded.digests() == {}
