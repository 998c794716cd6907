"""What is compared, what may differ, and what is reported: `make compare` and its part of `make check`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.layout import LAYERS, Stack
from compare import __main__ as command
from compare import values as programs
from compare.differences import Difference, Intended, differences, intended, unused
from toolchain.errors import ToolError
from unit.pulumi_mocks import Document, stack_configuration

SAME = {("Cluster main", "channel"): ("REGULAR",)}
TIER = ("DatabaseInstance orders", "settings.tier")
REASON = "A smaller machine, for the price."


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Settings that prod has instead of the committed ones, by full key."""
    settings: dict[str, Any] = {}

    def configuration(layer: str, stack: str) -> Document:
        found = stack_configuration(layer, stack)
        return found | {key: value for key, value in settings.items() if stack == "prod" and key in found}

    monkeypatch.setattr(programs, "stack_configuration", configuration)
    _forget()
    yield settings
    _forget()


def _forget() -> None:
    programs.values.cache_clear()
    programs._declared.cache_clear()  # pyright: ignore[reportPrivateUsage]  what the double declared of it


@pytest.mark.parametrize("layer", LAYERS)
def test_what_is_committed_differs_as_intended_and_no_otherwise(layer: str) -> None:
    found = command.compared(layer)

    assert [each.words(("dev", "prod")) for each in found.others] == []
    assert found.unused == ()


def test_a_setting_of_one_environment_alone_is_found_in_the_resource_that_it_reaches(changed: dict[str, Any]) -> None:
    changed["platform:cluster"] = {"releaseChannel": "STABLE"}
    found = command.compared("platform")

    assert [each.words(("dev", "prod")) for each in found.others] == [
        "Cluster main: releaseChannel.channel is REGULAR in dev, STABLE in prod"
    ]


def test_the_name_of_the_other_environments_project_is_found(changed: dict[str, Any]) -> None:
    """As after copying a line from one stack file to the other."""
    changed["platform:databaseProxyImage"] = f"europe-west4-docker.pkg.dev/example-dev/proxy@sha256:{'1' * 64}"
    told = [each.words(("dev", "prod")) for each in command.compared("platform").others]

    assert any("example-dev/proxy" in each for each in told), told


def test_protection_is_compared_as_any_value() -> None:
    assert programs.values(Stack("platform", "prod"))["DatabaseInstance orders", "protect"] == ("true",)


def test_a_finding_ends_the_command_with_1(changed: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    changed["platform:cluster"] = {"releaseChannel": "STABLE"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["compare", "--layer", "platform", "--quiet"])
        assert command.main() == 1

    told = capsys.readouterr().out
    assert "platform: Cluster main: releaseChannel.channel is REGULAR in dev, STABLE in prod" in told
    assert "differences.yaml" in told


@pytest.mark.parametrize(
    ("text", "alike"),
    [
        ("example-prod-state-identity", "<project>-state-identity"),
        ("host%2Fprojects%2Fexample-prod", "host%2Fprojects%2F<project>"),
        ("job:environment:apps-shop-prod:refs", "job:environment:apps-shop-<environment>:refs"),
        ("projects/310300400500/x", "projects/<project number>/x"),
        ("prod", "<environment>"),
        ("production", "production"),
        ("my-example-product", "my-example-product"),
        ("example-dev", "example-dev"),
        ("pkg.prod/x", "pkg.prod/x"),
    ],
)
def test_only_the_environments_own_names_count_as_alike(text: str, alike: str) -> None:
    named = programs._Alike(Stack("platform", "prod"))  # pyright: ignore[reportPrivateUsage]  its rules, one by one
    assert named.text(text) == alike


def test_a_changed_a_missing_and_an_additional_value_are_differences() -> None:
    first = {**SAME, TIER: ("small",), ("Cluster main", "zone"): ("a",)}
    second = {**SAME, TIER: ("large",), ("Cluster main", "spot"): ("true",)}

    assert [each.words(("dev", "prod")) for each in differences(first, second)] == [
        "Cluster main: spot is not set in dev, true in prod",
        "Cluster main: zone is a in dev, not set in prod",
        "DatabaseInstance orders: settings.tier is small in dev, large in prod",
    ]


def test_a_resource_that_one_environment_lacks_is_one_difference() -> None:
    found = differences(SAME, {**SAME, TIER: ("large",), (TIER[0], "region"): ("x",)})

    assert [each.words(("dev", "prod")) for each in found] == ["DatabaseInstance orders is in prod alone"]
    assert [each.words(("prod", "dev")) for each in differences({TIER: ("a",)}, {})] == [
        "DatabaseInstance orders is in prod alone"
    ]


@pytest.mark.parametrize(
    ("resource", "path", "covers"),
    [
        ("DatabaseInstance orders", "settings.tier", True),
        ("DatabaseInstance *", "settings.*", True),
        ("DatabaseInstance", "settings.tier", False),
        ("DatabaseInstance orders", "settings", False),
        ("DatabaseInstance .rders", "settings.tier", False),
    ],
)
def test_an_entry_covers_what_it_names_and_no_more(resource: str, path: str, covers: bool) -> None:
    entry = Intended(resource=resource, property=path, reason=REASON)
    assert entry.covers(Difference(*TIER, ("a",), ("b",))) is covers


def test_an_entry_for_values_does_not_cover_a_missing_resource() -> None:
    entry = Intended(resource="DatabaseInstance *", property="*.*", reason=REASON)
    assert not entry.covers(Difference("DatabaseInstance orders", "", ("",), ()))


def test_an_entry_of_which_nothing_is_left_is_found() -> None:
    entry = Intended(resource="Cluster *", property="zone", reason=REASON)
    assert unused([entry], [Difference(*TIER, ("a",), ("b",))]) == [entry]
    assert unused([entry.model_copy(update={"sometimes": True})], []) == []


@pytest.mark.parametrize(
    "content",
    [
        "- resource: x\n  property: y\n",
        "- {resource: x, property: y, reason: no}\n",
        "a: b\n",
        "[\n",
        "- {reason: For the price., resource: x, property: y, until: z}\n",
    ],
)
def test_an_entry_without_a_reason_or_with_more_than_that_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "differences.yaml"
    file.write_text(content)
    with pytest.raises(ToolError, match=r"differences\.yaml cannot be read"):
        intended(file)


def test_a_layer_without_a_file_intends_nothing(tmp_path: Path) -> None:
    assert intended(tmp_path / "differences.yaml") == []
