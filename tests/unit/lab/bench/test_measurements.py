"""Figures that the benchmark computes from what it measures."""

import json
from pathlib import Path

import pytest

from lab.bench import suite, trace, up
from lab.bench.trace import Span
from lab.bench.up import Run

_SECOND = 10**9


def _span(name: str, begin: float, end: float, plugin: str = "") -> Span:
    return Span(name, round(begin * _SECOND), round(end * _SECOND), plugin)


def test_a_previews_time_is_split_without_counting_a_moment_twice() -> None:
    spans = [
        _span("pulumi", 0, 10),
        _span("newPlugin", 1, 2, "analyzer"),
        _span("newPlugin", 2, 2.5, "language"),
        _span("pulumirpc.LanguageRuntime/Run", 3, 9),
        _span("newPlugin", 4, 6, "resource"),
        _span("pulumirpc.ResourceMonitor/RegisterResource", 5, 8),
        _span("pulumirpc.ResourceProvider/Check", 6, 7),
        _span("pulumirpc.Analyzer/Analyze", 6.5, 7.5),
    ]
    assert trace.split(spans) == {
        "policies": pytest.approx(1),
        "plugins": pytest.approx(0.5),
        "plugins' start": pytest.approx(2),
        "registrations": pytest.approx(1.5),
        "imports": pytest.approx(1),
        "pack's start": pytest.approx(1),
        "engine": pytest.approx(3),
    }


def test_a_program_that_registers_nothing_only_imports() -> None:
    found = trace.split([_span("pulumi", 0, 3), _span("pulumirpc.LanguageRuntime/Run", 1, 2)])
    assert found["imports"] == pytest.approx(1)
    assert found["registrations"] == 0


def test_the_engines_trace_is_read(tmp_path: Path) -> None:
    span = {
        "name": "newPlugin",
        "startTimeUnixNano": "5",
        "endTimeUnixNano": "7",
        "attributes": [{"key": "kind", "value": {"stringValue": "analyzer"}}, {"key": "x", "value": {"intValue": "1"}}],
    }
    batch = {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}
    file = tmp_path / "trace.json"
    file.write_text(f"{json.dumps(batch)}\n{json.dumps(batch)}\n", encoding="utf-8")
    assert trace.read(file) == [Span("newPlugin", 5, 7, "analyzer")] * 2


def test_a_further_stack_costs_its_share_of_the_difference() -> None:
    rows = up.rows("from zero", 4, Run(30, 1000), 12, Run(54, 1100))
    assert rows == [["from zero", "4", "30.0 s", "", "1000 MB"], ["from zero", "12", "54.0 s", "3.0 s", "1100 MB"]]


def test_the_suite_cannot_be_shorter_than_its_longest_file() -> None:
    seconds = {"e2e/long.py": 300, "unit/a.py": 30, "unit/b.py": 30}
    assert suite.rows(seconds, 2) == [
        ["`e2e/`", "1", "5.0 min", "83%", "e2e/long.py, 300 s"],
        ["`unit/`", "2", "1.0 min", "17%", "unit/a.py, 30 s"],
        ["all, on 2 cores at best", "3", "5.0 min", "", ""],
    ]
