"""The gate as a program: what it prints, writes and returns."""

import json
import re
import subprocess
from pathlib import Path

from cli.layout import POLICIES
from toolchain.environments import python
from unit.policies.plans import INSTANCE, Preview, urn

ORDERS = urn(INSTANCE, "orders")


def _run(preview: Preview, *more: str) -> subprocess.CompletedProcess[str]:
    plan, state, events = preview.written()
    named = [f"--plan={plan}", f"--state={state}", f"--events={events}"]
    command = [str(python("policies")), "-m", "plan_gate", "--title", "platform", *named, *more]
    return subprocess.run(command, cwd=POLICIES, capture_output=True, text=True, check=False)


def test_a_plan_that_passes_is_told_in_one_line(preview: Preview) -> None:
    done = _run(preview)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "plan gate: platform: passed (1 unchanged)\n"


def test_a_refused_plan_says_why_and_what_to_do(preview: Preview) -> None:
    preview.planned(ORDERS, "delete")

    done = _run(preview)

    assert done.returncode == 1
    assert f"plan-datastore-kept: {INSTANCE} 'orders' would be deleted, and with it its databases." in done.stdout
    assert "→ Undo the change that does it" in done.stdout


def test_a_binding_verdict_names_plan_and_state(preview: Preview, tmp_path: Path) -> None:
    done = _run(preview, f"--verdict={tmp_path / 'v.json'}", "--binding")
    verdict = json.loads((tmp_path / "v.json").read_text())

    assert verdict["passed"] is True
    assert f"plan {verdict['plan'][:16]} on state {verdict['state'][:16]}" in done.stdout


def test_one_run_writes_every_report(preview: Preview, tmp_path: Path) -> None:
    assert _run(preview, f"--report={tmp_path / 'reports'}").returncode == 0

    assert sorted(file.name for file in (tmp_path / "reports").iterdir()) == [
        "platform.junit.xml",
        "platform.md",
        "platform.sarif",
    ]


def test_unattended_nothing_else_than_harmless_drift_is_let_through(preview: Preview) -> None:
    preview.planned(urn("gcp:compute/router:Router", "main"), "create")

    assert _run(preview).returncode == 0
    done = _run(preview, "--unattended")
    assert done.returncode == 1
    assert "plan-harmless-alone: Router main: create." in done.stdout


def test_what_is_no_plan_lets_nothing_through(preview: Preview) -> None:
    plan, state, events = preview.written()
    for broken in (plan, state, events):
        content = broken.read_text()
        broken.write_text(content[:-20])
        named = [f"--plan={plan}", f"--state={state}", f"--events={events}"]
        command = [str(python("policies")), "-m", "plan_gate", "--title", "platform", *named]
        done = subprocess.run(command, cwd=POLICIES, capture_output=True, text=True, check=False)
        broken.write_text(content)

        assert done.returncode == 2, broken
        assert done.stderr.startswith("error: the "), done.stderr
        assert "Traceback" not in done.stderr


def test_there_is_no_option_that_makes_the_gate_milder() -> None:
    command = [str(python("policies")), "-m", "plan_gate", "--help"]
    told = subprocess.run(command, cwd=POLICIES, capture_output=True, text=True, check=True).stdout

    options = set(re.findall(r"^  (?:-h, )?(--[a-z]+)", told, re.MULTILINE))
    about_the_environment = {"--fetched", "--account", "--number", "--around", "--assumed"}
    known = {"--help", "--title", "--plan", "--state", "--events", "--verdict", "--binding", "--report", "--contracts"}
    stricter = {"--unattended"}
    assert options == known | about_the_environment | stricter


def test_what_an_update_requires_is_shown_without_a_verdict(preview: Preview, tmp_path: Path) -> None:
    preview.planned(urn("gcp:compute/firewall:Firewall", "web"), "create", inputDiff={"adds": {"name": "web"}})
    fetched = tmp_path / "fetched.json"
    fetched.write_text(json.dumps({"environment": "dev", "apis": ["compute.googleapis.com"]}))
    plan, state, events = preview.written()
    files = [f"--plan={plan}", f"--state={state}", f"--events={events}", f"--fetched={fetched}"]
    command = [
        str(python("policies")),
        "-m",
        "plan_gate.needed",
        "--title",
        "platform",
        "--account",
        "a@p.iam.gserviceaccount.com",
    ]

    table, document = (
        subprocess.run([*command, *files, *form], cwd=POLICIES, capture_output=True, text=True, check=False)
        for form in ((), ("--format=json",))
    )

    assert table.returncode == document.returncode == 1
    first, *lines = table.stdout.splitlines()
    assert first == "platform: a@p.iam.gserviceaccount.com requires 3 permissions for this plan: 3 missing"
    assert lines[0] == "  the update would be refused"
    assert json.loads(document.stdout)["permissions"] == {
        "firewall web": ["compute.firewalls.get"],
        "project": ["compute.firewalls.create", "compute.globalOperations.get"],
    }


def test_answers_of_the_cloud_that_cannot_be_read_end_the_gate(preview: Preview, tmp_path: Path) -> None:
    broken = tmp_path / "fetched.json"
    broken.write_text("[]")

    done = _run(preview, f"--fetched={broken}", "--account=a@p.iam.gserviceaccount.com")

    assert done.returncode == 2
    assert "fetched.json" in done.stderr
