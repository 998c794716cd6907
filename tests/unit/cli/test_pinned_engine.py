from pathlib import Path

import pytest

from cli.layout import Stack
from cli.pulumi import pinned_engine
from cli.target import google_cloud
from identity_layer.foundation.platform_roles import PLATFORM_ROLES
from toolchain import build, recorded
from toolchain.errors import ToolError

STACK = Stack("identity", "prod")


@pytest.fixture
def unrecorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a program `pulumi` on PATH, an empty cache, and a record without a line."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("pulumi", "pulumi-language-python", "pulumi-resource-gcp"):
        (tmp_path / name).write_text("#!/bin/sh\necho v3.300.0\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(recorded, "FILE", tmp_path / "vendor.sha256")
    recorded.write({})

    def refuse(program: build.Program) -> Path:
        raise AssertionError(f"{program.name} is built before the refusal")

    monkeypatch.setattr(build, "ensure", refuse)


@pytest.mark.usefixtures("unrecorded")
def test_what_is_not_recorded_is_refused_before_a_build_whatever_is_on_path() -> None:
    with pytest.raises(ToolError, match=r"no SHA-256 of pulumi-resource-gcp-.*Nothing was started.*make pins"):
        pinned_engine.pinned_pulumi()
    with pytest.raises(ToolError, match="no SHA-256"):
        pinned_engine.pinned_environment(STACK)
    with pytest.raises(ToolError, match="no SHA-256"), google_cloud.of("prod").preview(STACK):
        pass
    with pytest.raises(ToolError, match="no SHA-256"):
        google_cloud.of("prod").analyzer()


def test_variables_of_the_persons_own_plugins_do_not_reach_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    pinned = {"PULUMI_HOME": "/cache/plugins", "PULUMI_IGNORE_AMBIENT_PLUGINS": "true"}
    monkeypatch.setattr("toolchain.plugins.environment", lambda: pinned)
    monkeypatch.setenv("PULUMI_HOME", "/theirs")
    monkeypatch.setenv("PULUMI_IGNORE_AMBIENT_PLUGINS", "")

    assert pinned_engine.pinned_environment(STACK).items() >= pinned.items()


def test_the_provider_does_not_ask_for_regions_that_no_account_may_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolchain.plugins.environment", dict[str, str])

    assert pinned_engine.pinned_environment(STACK)["PULUMI_GCP_SKIP_REGION_VALIDATION"] == "true"
    granted = {name for role in PLATFORM_ROLES.values() for name in role.permissions}
    assert "compute.regions.list" not in granted
