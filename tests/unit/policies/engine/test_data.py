"""Every file of security's is read strictly: what it says twice, or in two ways, stops everything."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from cli.layout import POLICIES
from engine import data, strict_yaml
from engine.data import DataError

FILES = sorted(file.relative_to(POLICIES).as_posix() for file in POLICIES.rglob("*.yaml") if ".venv" not in file.parts)


class Rules(BaseModel):
    model_config = ConfigDict(extra="forbid")

    protected: dict[str, str]


@pytest.mark.parametrize("name", FILES)
def test_a_second_mapping_under_a_key_of_a_committed_file_is_refused(name: str) -> None:
    text = (POLICIES / name).read_text(encoding="utf-8")
    key = next(iter(strict_yaml.parse(text, name).content))
    with pytest.raises(strict_yaml.StrictYamlError, match=f"sets '{key}' again"):
        strict_yaml.parse(f"{text}\n{key}: 1\n", name)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("protected: {a: b}\nprotected: {}\n", "policies/rules.yaml:2:1: sets 'protected' again, after line 1"),
        (
            "protected: {a: 1}\n",
            'policies/rules.yaml:1:16: protected.a: must be a text, but is 1. Write it in quotes: "1"',
        ),
        ("protected: {a: 1.30}\n", 'but is 1.30, 1.3 for YAML. Write it in quotes: "1.30"'),
        ("protected: {a: off}\n", 'protected.a: off is false for YAML; write it in quotes, "off"'),
        (
            "protected: {a: 2026-01-31}\n",
            'but is 2026-01-31, the date 2026-01-31 for YAML. Write it in quotes: "2026-01-31"',
        ),
        ("protected: {}\nmore: 1\n", "policies/rules.yaml:2:1: more: is unknown, so it would do nothing"),
        ("{}", "policies/rules.yaml:1:1: protected: is not set. Add it."),
        ("- x", "policies/rules.yaml:1:1: the file: must be a mapping, with a line `key: value` for each item"),
    ],
)
def test_a_file_that_cannot_be_used_says_where_why_and_what_to_write(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as refused:
        data.load(file, Rules)
    assert said in str(refused.value)
    assert "pydantic" not in str(refused.value)
