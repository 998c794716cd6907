"""The replay of recorded requests, on a new sandbox's endpoints."""

import gzip
import json
import sys
from pathlib import Path

import pytest

import example_tenant as example
from lab import replay


def test_what_the_sandbox_lacks_or_answers_otherwise_is_counted_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = f"/v1/projects/{example.PROJECT}"
    known = {"method": "GET", "host": "cloudresourcemanager.googleapis.com", "path": project, "code": 200}
    absent = {"method": "GET", "host": "pubsub.googleapis.com", "path": f"{project}/topics/none", "code": 200}
    lacking = {"method": "GET", "host": "cloudresourcemanager.googleapis.com", "path": "/v1/liens", "code": 200}
    lines = (json.dumps({"query": "alt=json", "body": {}, **call}) for call in (known, absent, lacking))
    file = tmp_path / "calls.jsonl.gz"
    file.write_bytes(gzip.compress("\n".join(lines).encode()))
    monkeypatch.setattr(sys, "argv", ["lab.replay", str(file)])

    assert replay.main() == 1

    printed = capsys.readouterr().out
    assert "3 requests: 1 not simulated, 1 answered otherwise, 0 misfits in answers" in printed
    assert "lack: 1 x GET cloudresourcemanager.googleapis.com/v1/liens" in printed
    assert f"differ: 1 x GET pubsub.googleapis.com{project}/topics/none: 200, here " in printed
