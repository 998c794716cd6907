"""A new app on the whole way, from one command to running pods, and several apps at once.

Only the real thing shows that what the command writes is taken by all three layers, and what a failure or an interrupt
of one app leaves of the others.
"""

import json
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from apps_layer import entry_file
from e2e.harness import Ran, ended, until
from e2e.sandboxes import Draft
from waiting import LONGEST_SECONDS

ENTRY = "apps/entries/invoices.yaml"
APPS = ("invoices", "reports", "storefront")


@dataclass(frozen=True)
class Grown:
    """A checkout with a new app beside the others, and how the `up` went that brought it up."""

    draft: Draft
    up: Ran


@pytest.fixture(scope="module")
def grown(draft: Draft) -> Grown:
    checkout = draft.sandbox.checkout

    def git(*arguments: str) -> None:
        named = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.com"]
        subprocess.run(["git", *named, *arguments], cwd=checkout, check=True, capture_output=True)

    git("init", "--quiet", "--initial-branch=main")
    git("config", "user.name", "somebody")
    git("config", "user.email", "somebody@example.com")
    git("add", ".")
    git("commit", "--quiet", "--message=begin")
    draft.bring_up("identity", "platform", "apps")
    draft.sandbox.run("new-app", "--name", "invoices", "--team", "shop", "--kind", "worker").succeeded()
    git("switch", "--quiet", "new-app/invoices/2-apps")
    return Grown(draft, draft.sandbox.run("up").succeeded())


def locks(draft: Draft) -> list[Path]:
    """The locks of stacks of apps."""
    return list((draft.sandbox.path / "state" / "apps" / ".pulumi" / "locks").rglob("*.json"))


def test_a_new_app_runs_after_one_command(grown: Grown) -> None:
    [row] = [line.split() for line in grown.up.out.splitlines() if line.startswith("apps/invoices")]
    told = grown.draft.sandbox.kubectl("get", "deployment", "invoices", "--namespace=invoices", "--output=json")

    assert row[-3:-1] == ["apps-shop-deploy", "passed"]
    assert json.loads(told.succeeded().out)["status"]["availableReplicas"] >= 1  # the autoscaler adds the other


def test_a_job_of_the_scheduled_app_runs_to_its_end_by_its_teams_own_hand(grown: Grown) -> None:
    by_hand = "kubectl create job trial --from=cronjob/reports"
    until_done = f"kubectl wait job/trial --for=condition=complete --timeout={LONGEST_SECONDS:.0f}s"
    away = "kubectl delete job trial"

    done = grown.draft.sandbox.run(
        "shell", "--app", "reports", "--cmd", f"{by_hand} && {until_done} && {away}"
    ).succeeded()

    assert "job.batch/trial condition met" in done.out


def test_an_app_that_cannot_be_brought_up_is_named_with_the_reason_and_stops_no_other(grown: Grown) -> None:
    with grown.draft.changed(ENTRY, "port: 8080", "port: 80"):
        stopped = grown.draft.sandbox.run("up", "--layer", "apps")

    stopped.refused(1, "1 of 3 apps could not be brought up:", "apps/invoices: the preview was stopped", ": port: ")
    assert "The other 2 were not affected." in stopped.err
    ends = [line for line in stopped.err.splitlines() if line.startswith("apps/") and " … " in line]
    assert sorted(line.split(" in ")[0].split(" after ")[0] for line in ends) == [
        "apps/invoices … failed",
        "apps/reports … done",
        "apps/storefront … done",
    ]


def test_an_interrupt_lets_every_app_that_is_under_way_come_to_an_end(grown: Grown) -> None:
    draft = grown.draft
    for app in APPS:
        file = draft.sandbox.checkout / "apps" / f"Pulumi.{app}-sandbox.yaml"
        file.write_text(file.read_text()[:-2] + "7\n")
    running = draft.sandbox.start("up", "--layer", "apps")
    until(lambda: len(locks(draft)) > 0, running)

    running.send_signal(signal.SIGINT)
    stopped = ended(running)

    assert stopped.code == 130, stopped.text
    assert "letting the engine finish what is under way in apps/" in stopped.err
    assert "`make up` continues" in stopped.err
    assert locks(draft) == []
    again = draft.sandbox.run("up", "--layer", "apps").succeeded()
    assert "operations of an interrupted update" not in again.err


def test_the_template_of_pulumi_makes_an_entry_that_the_apps_layer_takes(grown: Grown, tmp_path: Path) -> None:
    sandbox = grown.draft.sandbox
    template = sandbox.checkout / "apps" / "template" / "pulumi"
    made = tmp_path / "made"
    options = f"--generate-only --yes --name payments --description shop --dir '{made}'"

    sandbox.shell("identity", f"env --unset=PULUMI_STACK pulumi new '{template}' {options}").succeeded()

    assert entry_file.load("payments", made / "apps" / "entries").team == "shop"
    assert "# payments, an app of the team shop" in (made / "README.md").read_text()
