"""States of several layers, and the cloud's policies, made into one deployment for the audit."""

import json
from pathlib import Path

import pytest

from audit.merge import StateError, merged


def test_resources_of_all_states_come_along_and_secrets_do_not(tmp_path: Path) -> None:
    hidden = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "c2VjcmV0"}
    one = {
        "urn": "urn:pulumi:dev::a::t:m:T::x",
        "type": "t:m:T",
        "protect": True,
        "inputs": {"deep": [{"password": hidden}]},
    }
    two = {"urn": "urn:pulumi:dev::b::t:m:T::y", "type": "t:m:T"}
    (tmp_path / "a.json").write_text(json.dumps({"version": 3, "deployment": {"resources": [one]}}))
    (tmp_path / "b.json").write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": [two]}}}))

    made = merged([tmp_path / "a.json", tmp_path / "b.json"], "dev", None)
    *found, evidence = made

    assert [each["urn"] for each in found] == [one["urn"], two["urn"]]
    assert "c2VjcmV0" not in json.dumps(made)
    assert found[0]["inputs"] == {"deep": [{"password": "[secret]"}]}
    assert evidence["outputs"]["protected"] == [one["urn"]]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"deployment": 7}'])
def test_what_is_no_state_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)

    with pytest.raises(StateError, match=r"a\.json cannot be read as a state"):
        merged([tmp_path / "a.json"], "dev", None)


def test_what_is_no_list_of_policies_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"version": 3, "deployment": {"resources": []}}')
    (tmp_path / "live.json").write_text('{"not": "a list"}')

    with pytest.raises(StateError, match="cannot be read as a list of policies"):
        merged([tmp_path / "a.json"], "dev", tmp_path / "live.json")
