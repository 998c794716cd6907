"""Problems of a stack's settings are told with their place in the stack file, which is read strictly."""

from pathlib import Path

import pytest

from unit.apps.deployment import WEB, refused

FILE = "Pulumi.storefront-sandbox.yaml"


def write(folder: Path, text: str) -> None:
    (folder / FILE).write_text(f"config:\n  gcp:project: my-project\n  apps:app: storefront\n{text}")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder from which a program runs, as the engine runs it in its project's."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_problem_is_told_with_line_and_column(project: Path) -> None:
    write(project, "  apps:replicas: 0\n")
    assert f"  - {FILE}:4:18: apps:replicas: must be 1 or more, but is 0." in refused(WEB, replicas=0)


def test_a_key_that_is_not_in_the_file_is_placed_at_the_mapping_that_lacks_it(project: Path) -> None:
    write(project, "")
    assert f"  - {FILE}:1:1: apps:image: is not set. Add it to {FILE}, for example" in refused(WEB, image="")


def test_a_value_that_yaml_changed_is_told_as_it_is_written(project: Path) -> None:
    write(project, "  apps:maxReplicas: 4.50\n")
    message = refused(WEB, maxReplicas=4.5)
    assert f"{FILE}:4:21: apps:maxReplicas: must be a whole number, but is 4.50, 4.5 for YAML." in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  apps:public: yes\n", f"{FILE}:4:16: config.apps:public: yes is true for YAML; write it in quotes"),
        ("  apps:app: reports\n", f"{FILE}:4:3: config: sets 'apps:app' again, after line 3"),
        ("  apps:image: a\u00a0b\n", f"{FILE}:4:15: config.apps:image: 'a\\xa0b' has NO-BREAK SPACE"),
    ],
)
def test_a_file_that_can_be_read_in_two_ways_is_refused(project: Path, text: str, said: str) -> None:
    write(project, text)
    message = refused(WEB)
    assert "cannot be used; nothing was planned or changed" in message
    assert f"  - {said}" in message
