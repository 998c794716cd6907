"""Pictures and guides agree with the code: parts of the layers, and an action for every alert."""

import re
from html import escape

import pytest

from cli.layout import LAYERS, SANDBOX, Stack
from identity_layer.foundation.alerts import ALERTS
from lab.pictures import architecture, terminal
from toolchain.environments import CHECKOUT

GUIDES = CHECKOUT / ".github" / "guides"


@pytest.mark.parametrize(
    "stack",
    [
        Stack("identity", SANDBOX),
        Stack("platform", SANDBOX),
        Stack("platform", SANDBOX, "storage"),
        Stack("apps", SANDBOX, "storefront"),
    ],
    ids=lambda stack: stack.title,
)
def test_accounts_states_and_keys_in_the_picture_are_those_of_the_layers(stack: Stack) -> None:
    drawn = architecture.FILE.read_text(encoding="utf-8")
    owner = stack.owner().replace(f"-{stack.team()}", "-<team>") if stack.is_app else stack.owner()

    assert f"as {escape(owner)}-preview | -deploy" in drawn
    assert stack.account("preview").startswith(f"{stack.owner()}-preview@")
    assert stack.account("deploy").startswith(f"{stack.owner()}-deploy@")
    assert f"state …-state-{stack.store}, key {stack.store}" in drawn
    assert stack.backend().split("/")[2].endswith(f"-state-{stack.store}")
    assert stack.secrets_provider().endswith(f"/cryptoKeys/{stack.store}")


@pytest.mark.parametrize("layer", LAYERS)
def test_a_part_that_is_gone_is_not_drawn(layer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(architecture.PARTS, layer, {"what never was": "never.py"})
    with pytest.raises(architecture.MissingError, match=f"{layer}/never.py"):
        architecture.text()


def test_the_recorded_run_shows_the_layers_and_the_refusals() -> None:
    shown = terminal.FILE.read_text(encoding="utf-8").replace("&#160;", " ")
    for words in ("identity", "platform-deploy", "apps/storefront", "apps-shop-deploy", "cannot create resource"):
        assert words in shown, "run `cd tests && .venv/bin/python -m lab.pictures.terminal`"
    for command in terminal.COMMANDS:
        assert command.replace("'", "&#x27;") in shown


@pytest.mark.parametrize("picture", sorted(GUIDES.glob("pictures/*.svg")), ids=lambda path: path.name)
def test_a_picture_fetches_nothing_and_tells_no_path_of_a_machine(picture: str) -> None:
    drawn = (GUIDES / "pictures" / picture).read_text(encoding="utf-8")
    assert not re.search(r"url\((?!#)|href=|@import|<script|<image", drawn)
    assert set(re.findall(r"https?://[^\s\"<]+", drawn)) <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"(?<![\w.<])/(tmp|home|root|work|Users)\b", drawn)


def test_a_recording_keeps_what_was_printed() -> None:
    drawn = terminal.picture({"make status": "identity  250 created\n\nmake: *** [Makefile:15: up] Error 1\n"})
    assert "identity" in drawn
    assert "Makefile:15" not in drawn


def test_who_is_on_call_finds_every_alert_and_no_other() -> None:
    guide = (GUIDES / "on-call.md").read_text(encoding="utf-8")
    table = guide.partition("| alert | first look | then |")[2].partition("\n\n")[0]

    assert re.findall(r"^\| ([A-Z][^|]+?) \|", table, re.MULTILINE) == [alert.title for alert in ALERTS.values()]


def test_every_claim_about_others_has_its_source() -> None:
    text = (GUIDES / "comparison.md").read_text(encoding="utf-8")
    claims, _, sources = text.partition("## Sources")
    listed = set(re.findall(r"^\| ([A-Z][0-9]) \|", sources, re.MULTILINE))

    assert set(re.findall(r"\[([A-Z][0-9])\]\(#sources\)", claims)) == listed
    for row in re.findall(r"^\| [A-Z][0-9] \|.*", sources, re.MULTILINE):
        assert re.search(r"`[0-9a-f]{8}`|read 20[0-9]{2}-[0-9]{2}", row), f"{row} does not say of when"


def test_the_readme_is_short_enough_to_be_read() -> None:
    lines = (CHECKOUT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 150, "move details into a guide"
