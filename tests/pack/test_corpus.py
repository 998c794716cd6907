"""Configurations behind publicly known incidents meet the rules that were written because of them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pack.analyzer import Analyzer

FOLDER = Path(__file__).with_name("corpus")
CASES: list[dict[str, Any]] = [
    case for file in sorted(FOLDER.glob("*.yaml")) for case in yaml.safe_load(file.read_text(encoding="utf-8"))
]


@pytest.mark.parametrize("case", CASES, ids=[case["title"] for case in CASES])
def test_what_once_went_wrong_is_refused(analyzer: Analyzer, case: dict[str, Any]) -> None:
    where = {"layer": case["layer"], "stack": case.get("stack", "sandbox")}
    found = analyzer.check(case["type"], case["inputs"], **where, protect=case.get("protect", False))
    assert {finding.policy for finding in found} >= set(case["refused_by"])
    assert all(finding.mandatory for finding in found)
    assert not any("changeme" in finding.message for finding in found)


def test_every_case_names_its_source_and_what_is_to_be_learnt() -> None:
    assert all(case["source"].startswith("https://") and case["lesson"].endswith(".") for case in CASES)
    assert len({case["title"] for case in CASES}) == len(CASES)
