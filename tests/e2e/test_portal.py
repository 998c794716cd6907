"""`make portal` of what the layers deployed: everything is in it, no secret is, and a browser shows it.

It needs the real thing: states as the engine encrypts them, and the documents that the other commands make of them.
"""

import json
import re
from pathlib import Path
from typing import Any, cast

from e2e.harness import STACKS, Sandbox
from toolchain.environments import CHECKOUT
from unit.portal.looking import launched, looking

_INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance::orders"


def _ciphertexts(value: Any) -> set[str]:
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        own = {str(fields["ciphertext"])} if "ciphertext" in fields else set[str]()
        return own.union(*map(_ciphertexts, fields.values()))
    return set[str]().union(*map(_ciphertexts, cast("list[Any]", value))) if isinstance(value, list) else set()


def test_the_portal_of_the_sandbox_shows_everything_but_secrets(shared: Sandbox, tmp_path: Path) -> None:
    out = tmp_path / "portal"
    told = shared.run("portal", "--drift", "yes", "--out", str(out)).succeeded()

    states = [shared.raw_state(stack) for stack in STACKS]
    resources = [each for held in states for each in held["resources"] if each["type"] != "pulumi:pulumi:Stack"]
    assert f"{len(STACKS)} stacks, {len(resources)} resources" in told.out
    written = "".join(file.read_text("utf-8") for file in out.rglob("*") if file.is_file())
    hidden = _ciphertexts(states)
    assert len(hidden) > 3
    assert [text for text in hidden if text in written] == []
    passphrases = [file.read_text().strip() for file in (shared.path / "passphrase").iterdir()]
    assert [text for text in passphrases if text in written] == []
    (file,) = (out / "data").glob("inventory.*.js")
    listed = json.loads(re.sub(r'^portal\.take\("inventory",|\);\n$', "", file.read_text("ascii")))
    assert {row[0] for row in listed["rows"]} == {each["urn"] for each in resources}
    assert str(CHECKOUT) not in written

    drift = (out / "drift.html").read_text("utf-8")
    assert drift.count("no difference") == len(STACKS)
    policies = (out / "policies.html").read_text("utf-8")
    assert "sql-backed-up" in policies
    assert "audit-escalation-accepted" in policies

    orders = next(each["urn"] for each in resources if each["urn"].endswith(_INSTANCE))
    with launched() as browser, looking(browser, out) as look:
        page = look.at(f"inventory.html#resource={orders}")
        page.get_by_text("availabilityType:").wait_for()
        page.get_by_role("link", name="Who may touch it").click()
        page.get_by_text(re.compile(r"^\d+ answers")).wait_for()
        page.get_by_label("Can do").fill("cloudsql.instances.delete")
        rows = page.locator("#answers tbody tr").all_inner_texts()
        assert any("admin@sandbox.invalid" in row and "denied by the deny policy" in row for row in rows), rows
        assert not any("\tyes\t" in row for row in rows), rows
        page = look.at("map.html")
        assert page.get_by_role("link", name="contract-identity: contract, version 2").count() == 1
        page = look.at("history.html#kind=update&stack=platform")
        assert "update of platform" in page.locator("#events tbody").inner_text()
        for name in ("index.html", "access.html", "policies.html", "history.html"):
            look.at(name)
            assert look.violations() == []
        assert look.outside == []
        assert look.complaints == []
