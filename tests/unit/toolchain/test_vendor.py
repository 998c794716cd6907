import json
import sys
from pathlib import Path

import pytest

from toolchain import pins, recorded, vendor
from toolchain.errors import ToolError

from .file_server import serving

# As the publishers name them: https://www.pulumi.com/docs/install/versions, the releases of pulumi-gcp on GitHub, and
# the manifest of components of the Google Cloud CLI.
ENGINE = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"]
LOGIN = ["linux-x86_64", "linux-arm", "darwin-x86_64", "darwin-arm"]
PLUGIN = ["linux-amd64", "linux-arm64", "darwin-amd64", "darwin-arm64"]


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A record without a line."""
    file = tmp_path / "vendor.sha256"
    monkeypatch.setattr(recorded, "FILE", file)
    recorded.write({})
    return file


def test_files_are_named_as_their_publishers_name_them() -> None:
    gcp = next(release for release in vendor.plugins() if release.name == "gcp")

    assert list(vendor.engine().files) == [f"pulumi-v{pins.PULUMI_TEXT}-{end}.tar.gz" for end in ENGINE]
    assert list(vendor.cluster_login().files) == [
        f"google-cloud-sdk-gke-gcloud-auth-plugin-{end}-{pins.CLUSTER_LOGIN_BUILD}.tar.gz" for end in LOGIN
    ]
    assert list(gcp.files) == [f"pulumi-resource-gcp-v{gcp.version}-{end}.tar.gz" for end in PLUGIN]


def test_the_plugins_are_those_of_the_providers_that_the_layers_lock() -> None:
    assert {release.name: release.version for release in vendor.plugins()} == dict(pins.PLUGINS)


def test_an_additional_provider_and_two_versions_of_one_are_plugins_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for layer, text in {
        "identity": "pulumi==3.1.0 \\\npulumi-gcp==1.0.0 \\\n",
        "platform": "pulumi-gcp==2.0.0 \\\npulumi-google-native==3.0.0 \\\n",
        "apps": "pulumi-policy==4.0.0 \\\n# pulumi-aws==5.0.0\n",
    }.items():
        (tmp_path / layer).mkdir()
        (tmp_path / layer / "requirements.txt").write_text(text)
    monkeypatch.setattr(vendor, "CHECKOUT", tmp_path)

    locked = [(release.name, release.version) for release in vendor.plugins()]

    assert locked == [("gcp", "1.0.0"), ("gcp", "2.0.0"), ("google-native", "3.0.0")]


def test_a_machine_that_the_vendor_does_not_serve_has_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "sunos5")

    assert vendor.engine().file is None


def test_published_digests_are_in_the_checksum_file_or_in_githubs_description_of_the_release(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine, plugin = vendor.engine(), vendor.plugins()[0]
    first, second, third, _ = plugin.files
    assets = [
        {"name": first, "digest": f"sha256:{'a' * 64}"},
        {"name": second, "digest": None},  # uploaded before GitHub computed digests
        {"name": third, "digest": f"sha1:{'b' * 40}"},
        {"name": "another", "digest": f"sha256:{'c' * 64}"},
    ]
    lines = [f"{'D' * 64}  {engine.files[0]}", f"{'e' * 40}  ./{engine.files[1]}", f"{'f' * 64} *./{engine.files[2]}"]
    with serving() as host:
        host.files[engine.checksums] = "\n".join(lines).encode()
        host.files[f"v{plugin.version}"] = json.dumps({"assets": assets}).encode()
        monkeypatch.setattr(vendor, "RELEASES", host.address)
        monkeypatch.setattr(vendor, "API", f"{host.address}/{{repository}}/v{{version}}")

        assert engine.published() == {engine.files[0]: "d" * 64, engine.files[2]: "f" * 64}
        assert plugin.published() == {first: "a" * 64}


def test_the_digest_of_the_login_helper_is_in_the_manifest_of_its_release(monkeypatch: pytest.MonkeyPatch) -> None:
    login = vendor.cluster_login()
    first, second, third, _ = login.files
    components = [
        {"id": "one", "data": {"checksum": "a" * 64, "source": f"components/{first}", "type": "tar"}},
        {"id": "two", "data": {"checksum": "b" * 40, "source": f"components/{second}", "type": "tar"}},
        {"id": "three", "data": {"source": f"components/{third}", "type": "tar"}},
        {"id": "group"},  # a component without files
        {"id": "other", "data": {"checksum": "c" * 64, "source": "components/google-cloud-sdk-alpha-1.tar.gz"}},
    ]
    with serving() as host:
        host.files[login.checksums] = json.dumps({"components": components}).encode()
        monkeypatch.setattr(vendor, "GOOGLE_CLOUD_CLI", host.address)

        assert login.published() == {first: "a" * 64}
        host.files[login.checksums] = b'{"components": [{"data": 1}]}'
        with pytest.raises(ValueError, match="no list of components"):
            login.published()


@pytest.mark.parametrize("answer", ["[]", '{"assets": null}', '{"assets": [{}]}', "<html>"])
def test_an_answer_that_describes_no_release_is_an_error(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    plugin = vendor.plugins()[0]
    with serving() as host:
        host.files["release"] = answer.encode()
        monkeypatch.setattr(vendor, "API", f"{host.address}/release")

        with pytest.raises(ValueError, match=r"list of files|Expecting value"):
            plugin.published()


def test_a_mirror_serves_files_and_no_digests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(vendor.MIRROR, "https://mirror.example/vendor/")

    assert vendor.engine().address("x.tar.gz") == "https://mirror.example/vendor/x.tar.gz"
    assert vendor.RELEASES.startswith("https://github.com/")
    assert vendor.API.startswith("https://api.github.com/")


def test_a_record_is_as_sha256sum_writes_it(record: Path) -> None:
    known = {"b-v1.tar.gz": "0" * 64, "a-v1.tar.gz": "1" * 64}
    recorded.write(known)

    assert recorded.digests() == known
    comment, *lines = record.read_text().splitlines()
    assert comment.startswith("# ")
    assert lines == [f"{'1' * 64}  a-v1.tar.gz", f"{'0' * 64}  b-v1.tar.gz"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("abc  a.tar.gz\n", ":1 is not a SHA-256"),
        (f"# x\n{'0' * 64} a.tar.gz\n", ":2 is not a SHA-256"),
        (f"{'0' * 64}  ../a.tar.gz\n", ":1 is not a SHA-256"),
        (f"{'0' * 64}  a.tar.gz\n{'1' * 64}  a.tar.gz\n", ":2 names a file twice"),
    ],
)
def test_a_record_that_cannot_be_read_permits_nothing(record: Path, text: str, said: str) -> None:
    record.write_text(text)

    with pytest.raises(ToolError, match=rf"vendor\.sha256{said}.*no vendor's file is used.*make pins"):
        recorded.digests()


def test_an_absent_record_permits_nothing(record: Path) -> None:
    record.unlink()

    with pytest.raises(ToolError, match="Restore it from git"):
        recorded.digests()


def test_a_record_without_a_line_is_no_finding_and_an_incomplete_or_outdated_one_is(record: Path) -> None:
    assert recorded.findings() == []

    files = [file for release in vendor.releases() for file in release.files]
    recorded.write(dict.fromkeys(files, "0" * 64))
    assert recorded.findings() == []

    recorded.write(dict.fromkeys([*files[1:], "pulumi-v1.0.0-linux-x64.tar.gz"], "0" * 64))
    old, new = recorded.findings()
    assert "has pulumi-v1.0.0-linux-x64.tar.gz, which no pinned version uses; run `make pins`" in old
    assert f"has no SHA-256 of {files[0]}; run `make pins`" in new
