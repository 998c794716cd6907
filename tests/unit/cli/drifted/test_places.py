"""Places of a value in a file, and the file with another value there."""

from pathlib import Path
from typing import Any

import pytest

from cli.drifted import places
from engine import strict_yaml

TEXT = """\
# Sizes of the shop.
config:
  gcp:project: acme-dev
  platform:network:
    nodes: 10.0.0.0/20 # never changes
    "pods": "10.16.0.0/14"
  apps:replicas: 2
  apps:public: false
  apps:port: "8080"
  apps:hosts: [a.example.com, b.example.com]
  apps:readers:
    - shop
    - pay
  apps:note: |
    acme-dev
encryptionsalt: acme-dev
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    named = tmp_path / "Pulumi.dev.yaml"
    named.write_text(TEXT)
    return named


@pytest.mark.parametrize(
    ("sides", "line", "change"),
    [
        ((2, 3), 7, ("apps:replicas: 2", "apps:replicas: 3")),
        ((2.0, 3.0), 7, ("apps:replicas: 2", "apps:replicas: 3")),
        (("10.0.0.0/20", "10.1.0.0/20"), 5, ("10.0.0.0/20 # never", "10.1.0.0/20 # never")),
        (("10.16.0.0/14", "10.32.0.0/14"), 6, ('"10.16.0.0/14"', '"10.32.0.0/14"')),
        ((False, True), 8, ("apps:public: false", "apps:public: true")),
        ((8080, 9090), 9, ('apps:port: "8080"', 'apps:port: "9090"')),
        (("acme-dev", "no"), 3, ("gcp:project: acme-dev", "gcp:project: 'no'")),
        ((["a.example.com", "b.example.com"], ["c"]), 10, ("[a.example.com, b.example.com]", "[c]")),
        ((["shop", "pay"], ["shop", "pay", "new"]), 12, ("    - pay\n", "    - pay\n    - new\n")),
        (("pay", "new"), 13, ("    - pay\n", "    - new\n")),
    ],
)
def test_one_value_is_replaced_and_every_other_byte_stays(
    file: Path, sides: tuple[Any, Any], line: int, change: tuple[str, str]
) -> None:
    [place] = places.places(file, *sides, below=("config",))

    assert place.line == line
    assert place.text == TEXT.replace(*change, 1)


@pytest.mark.parametrize(("declared", "live"), [("", "x"), (None, 1), (2, None), ({"a": 1}, {"a": 2}), ("absent", "x")])
def test_what_is_not_there_or_cannot_be_written_has_no_place(file: Path, declared: Any, live: Any) -> None:
    assert places.places(file, declared, live) == []
    assert places.places(file.with_name("absent.yaml"), 2, 3) == []


@pytest.mark.parametrize("live", ["1e3", "y", "NO", "22:30", "1.30", "0123", "2026-12-01", "a: b", "# a", "\u00e9"])
def test_a_text_that_readers_of_yaml_differ_about_is_quoted(file: Path, live: str) -> None:
    [place] = places.places(file, "10.0.0.0/20", live, below=("config",))
    assert strict_yaml.parse(place.text, "").content["config"]["platform:network"]["nodes"] == live


def test_the_place_with_the_propertys_name_comes_first(file: Path) -> None:
    file.write_text("config:\n  a:minReplicas: 2\n  a:replicas: 2\n  a:port: 2\n")
    found = sorted(places.places(file, 2, 3), key=lambda place: -places.likeness(place, "spec.replicas"))
    assert [place.path for place in found] == ["config.a:replicas", "config.a:minReplicas", "config.a:port"]


def test_the_difference_can_be_applied(file: Path) -> None:
    [place] = places.places(file, 2, 3)
    assert places.difference(place, "apps/Pulumi.dev.yaml").splitlines() == [
        "--- a/apps/Pulumi.dev.yaml",
        "+++ b/apps/Pulumi.dev.yaml",
        "@@ -4,7 +4,7 @@",
        *(f" {line}" for line in TEXT.splitlines()[3:6]),
        "-  apps:replicas: 2",
        "+  apps:replicas: 3",
        *(f" {line}" for line in TEXT.splitlines()[7:10]),
    ]
