"""Changes of a running app by its team and by people on call: its pods stay, and the deployments after them pass.

The procedures are the guide's (.github/guides/on-call.md), from beginning to end, on the real API server.
"""

import contextlib
import re
import threading
from collections.abc import Generator

import pytest

from e2e.harness import Ran
from e2e.sandboxes import Draft
from toolchain.environments import CHECKOUT
from waiting import eventually

APP, JOB = "storefront", "reports"
SETTINGS, ENTRY = f"apps/Pulumi.{APP}-sandbox.yaml", f"apps/entries/{JOB}.yaml"
GUIDE = CHECKOUT / ".github" / "guides" / "on-call.md"
LEAST, MOST = 2, 4
KEPT = ("serviceaccount/reports", "networkpolicy/reports")


@pytest.fixture(scope="module")
def running(draft: Draft) -> Draft:
    """All layers, in a checkout in which files may be changed."""
    draft.bring_up("identity", "platform", "apps")
    return draft


def procedure(name: str) -> str:
    """The command of a procedure of the guide, for the app."""
    [command] = re.findall(rf"<!-- on call: {name} -->\n *```sh\n(.*?)\n *```", GUIDE.read_text("utf-8"), re.DOTALL)
    return command.strip().replace("<app>", APP)


def by_team(running: Draft, name: str) -> None:
    """Carry out a procedure as the app's team."""
    running.sandbox.run("shell", "--app", APP, "--cmd", procedure(name)).succeeded()


def up(running: Draft, app: str = APP) -> Ran:
    """Deploy an app."""
    return running.sandbox.run("up", "--app", app).succeeded()


def live(running: Draft, path: str) -> str:
    """A field of the app's Deployment."""
    arguments = ("get", "deployment", APP, f"--namespace={APP}", "--output", f"jsonpath={{{path}}}")
    return running.sandbox.kubectl(*arguments).succeeded().out


def pods(running: Draft) -> int:
    """The number of pods that the Deployment is to have."""
    return int(live(running, ".spec.replicas"))


def ready(running: Draft) -> int:
    """The number of its pods that serve."""
    return int(live(running, ".status.readyReplicas") or 0)


@contextlib.contextmanager
def counted(running: Draft) -> Generator[set[int]]:
    """The numbers of pods that the Deployment is to have meanwhile."""
    seen, ended = {pods(running)}, threading.Event()

    def look() -> None:
        while not ended.wait(0.2):
            seen.add(pods(running))

    watching = threading.Thread(target=look)
    watching.start()
    try:
        yield seen
    finally:
        ended.set()
        watching.join()


def sized(least: int, most: int) -> str:
    """The lines of the settings for a number of pods."""
    return f"  apps:replicas: {least}\n  apps:maxReplicas: {most}\n"


def image(digit: str) -> str:
    """The end of an image's digest."""
    return digit * 64


def test_no_pod_goes_when_an_autoscaler_takes_over_and_when_it_goes(running: Draft) -> None:
    with running.changed(SETTINGS, "", sized(4, 4)):
        up(running)
        assert pods(running) == 4
    with running.changed(SETTINGS, "", sized(2, 8)), counted(running) as seen:
        up(running)
    assert min(seen) == 4
    with running.changed(SETTINGS, "", sized(4, 4)), counted(running) as seen:
        up(running)
    assert min(seen) == 4
    up(running)  # as it was


def test_an_app_of_another_kind_keeps_its_account_and_policy_and_comes_back(running: Draft) -> None:
    def kept() -> list[str]:
        arguments = ("get", *KEPT, f"--namespace={JOB}", "--output", "jsonpath={.items[*].metadata.uid}")
        return running.sandbox.kubectl(*arguments).succeeded().out.split()

    before = kept()
    entry = (running.sandbox.checkout / ENTRY).read_text()
    job = "".join(line for line in entry.splitlines(keepends=True) if re.match("(schedule|timeZone|activeDead)", line))
    worker = entry.replace(job, "port: 8080\nhealthPath: /healthz\n").replace("cronJob", "worker")
    with running.changed(ENTRY, entry, worker):
        told = up(running, JOB)
        assert kept() == before, told.text
        assert running.sandbox.kubectl("get", "deployment", JOB, f"--namespace={JOB}").succeeded()
    up(running, JOB)

    assert kept() == before
    again = running.sandbox.run("preview", "--app", JOB, "--refresh", "yes").succeeded()
    assert not re.search("to (create|update|replace|delete)", again.text), again.text


def test_an_app_is_rolled_back_and_the_next_deployment_passes(running: Draft) -> None:
    text = (running.sandbox.checkout / SETTINGS).read_text()
    [good] = re.findall("sha256:([0-9a-f]{64})", text)
    with running.changed(SETTINGS, good, image("b")):
        up(running)
        by_team(running, "roll back")
        assert good in live(running, ".spec.template.spec.containers[0].image")
    up(running)  # the revert
    with running.changed(SETTINGS, good, image("c")):
        up(running)
        assert image("c") in live(running, ".spec.template.spec.containers[0].image")
    up(running)


@pytest.mark.parametrize(("most", "left"), [(MOST, 0), (LEAST, LEAST)], ids=["scaled", "fixed"])
def test_an_app_is_stopped_and_started_again(running: Draft, most: int, left: int) -> None:
    with running.changed(SETTINGS, "", sized(LEAST, most)):
        up(running)
        eventually(lambda: ready(running) >= LEAST)
        by_team(running, "stop")
        with running.changed("apps/entries/storefront.yaml", "LOG_LEVEL: info", "LOG_LEVEL: debug"):
            told = up(running)
        assert pods(running) == left
        assert ("stopped by a person, and left so" in told.text) == (left == 0), told.text
        assert ("changed out of band, and undone" in told.text) == (left > 0), told.text
        by_team(running, "start")
        eventually(lambda: ready(running) >= LEAST)
        up(running)
        assert pods(running) >= LEAST
    up(running)
