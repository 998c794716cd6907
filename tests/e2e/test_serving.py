"""An app's pods serve on while it is rolled out, rolled back, restored and moved: never fewer than its budget allows.

A pod of the hollow node is ready as soon as it runs. A readiness gate, which the API server has for such a purpose, is
added to the Deployment, and stands for the app's own start and health: it opens some seconds after a pod began, and
never for a bad image. Deployments leave what they do not declare as it is, so it stays through all of them.
"""

import contextlib
import json
import threading
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

from e2e.harness import ended
from e2e.sandboxes import Draft
from e2e.tenants import Api
from e2e.test_day_two import APP, SETTINGS, by_team, image, sized, up
from sandbox.plugins.kubernetes.errors import ApiError
from waiting import eventually

PODS = 2
# The budget lets one pod at a time be moved.
LEAST_MOVED = PODS - 1
GATE = "example.com/serves"
START_SECONDS = 2.0
BAD = "e"
_PODS = f"/api/v1/namespaces/{APP}/pods"
_OPEN = {"status": {"conditions": [{"type": GATE, "status": "True"}]}}


class Pods:
    """Pods of the app: what opens their gates, and how many of them serve."""

    def __init__(self, running: Draft) -> None:
        self._api = Api(running.sandbox)
        self._ended = threading.Event()
        self._began: dict[str, float] = {}
        self.serving: list[int] = []

    def listed(self) -> list[dict[str, Any]]:
        """The pods, but for those that are ending."""
        items = self._api.get(_PODS)["items"]
        return [pod for pod in items if "deletionTimestamp" not in pod["metadata"]]

    def ready(self) -> list[str]:
        """The names of the pods that serve."""
        return [pod["metadata"]["name"] for pod in self.listed() if _is_true(pod, "Ready")]

    def bad(self) -> list[str]:
        """The names of the pods with the bad image."""
        return [pod["metadata"]["name"] for pod in self.listed() if image(BAD) in json.dumps(pod["spec"])]

    def run(self) -> None:
        """Open gates, and note the number of pods that serve, until the end."""
        while not self._ended.wait(0.1):
            pods = self.listed()
            self.serving.append(sum(_is_true(pod, "Ready") for pod in pods))
            for pod in pods:
                self._open(pod)

    def end(self) -> None:
        """End the thread."""
        self._ended.set()

    def _open(self, pod: dict[str, Any]) -> None:
        began = self._began.setdefault(pod["metadata"]["uid"], time.monotonic())
        started = time.monotonic() - began >= START_SECONDS and _is_true(pod, "ContainersReady")
        if started and not _is_true(pod, GATE) and image(BAD) not in json.dumps(pod["spec"]):
            with contextlib.suppress(ApiError):  # the pod may be gone by now
                self._api.merge(f"{_PODS}/{pod['metadata']['name']}/status", _OPEN)


def _is_true(pod: dict[str, Any], kind: str) -> bool:
    conditions = pod.get("status", {}).get("conditions", [])
    return any(condition["type"] == kind and condition["status"] == "True" for condition in conditions)


@pytest.fixture(scope="module")
def running(draft: Draft) -> Generator[Draft]:
    """All layers, with two pods of the app, whose number nothing changes."""
    draft.bring_up("identity", "platform", "apps")
    with draft.changed(SETTINGS, "", sized(PODS, PODS)):
        up(draft)
        yield draft


@pytest.fixture(scope="module")
def pods(running: Draft) -> Generator[Pods]:
    """Two pods that serve."""
    watched = Pods(running)
    thread = threading.Thread(target=watched.run)
    thread.start()
    try:
        _patch(running, {"spec": {"template": {"spec": {"readinessGates": [{"conditionType": GATE}]}}}})
        _settled(running, watched)
        yield watched
    finally:
        watched.end()
        thread.join()


def _patch(running: Draft, change: dict[str, Any]) -> None:
    arguments = ("patch", "deployment", APP, f"--namespace={APP}", "--type=merge", "--patch", json.dumps(change))
    running.sandbox.kubectl(*arguments).succeeded()


def _settled(running: Draft, pods: Pods) -> None:
    def is_done() -> bool:
        got = running.sandbox.kubectl("get", "deployment", APP, f"--namespace={APP}", "--output=json").succeeded()
        live = json.loads(got.out)
        status, generation = live["status"], live["metadata"]["generation"]
        return (
            status.get("observedGeneration") == generation
            and status.get("updatedReplicas") == status.get("readyReplicas") == status.get("replicas") == PODS
        )

    eventually(is_done)
    eventually(lambda: len(pods.ready()) == PODS)


@contextlib.contextmanager
def counted(running: Draft, pods: Pods) -> Generator[list[int]]:
    """The numbers of pods that serve during a procedure, and until it is over."""
    _settled(running, pods)
    seen: list[int] = []
    start = len(pods.serving)
    yield seen
    _settled(running, pods)
    seen += pods.serving[start:]


def moved(running: Draft, folder: Path, names: Sequence[str]) -> None:
    """Move pods off their node, as whoever empties it does: each is asked for until it is let go."""
    for name in names:
        file = folder / f"{name}.json"
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": APP}}
        file.write_text(json.dumps(eviction))
        path = f"/api/v1/namespaces/{APP}/pods/{name}/eviction"

        def let_go(path: str = path, file: Path = file) -> bool:
            asked = running.sandbox.kubectl("create", "--raw", path, "--filename", str(file))
            assert not asked.code or "disruption budget" in asked.text, asked.text
            return not asked.code

        eventually(let_go)


def test_a_rollout_and_the_deployment_of_its_revert_keep_all_pods_serving(running: Draft, pods: Pods) -> None:
    good = _image(running)
    with counted(running, pods) as rollout, running.changed(SETTINGS, good, image("b")):
        up(running)
    with counted(running, pods) as revert:
        up(running)

    assert (min(rollout), min(revert)) == (PODS, PODS)
    assert max(rollout) <= PODS + 1


def test_a_bad_version_takes_no_pod_down_and_is_rolled_back_as_the_guide_says(running: Draft, pods: Pods) -> None:
    with counted(running, pods) as seen, running.changed(SETTINGS, _image(running), image(BAD)):
        deploying = running.sandbox.start("up", "--app", APP)
        eventually(pods.bad)
        time.sleep(3 * START_SECONDS)  # a good one would serve by now
        assert len(pods.ready()) == PODS
        by_team(running, "roll back")
        ended(deploying)
    with counted(running, pods) as again:
        up(running)

    assert (min(seen), min(again)) == (PODS, PODS)
    assert not pods.bad()


def test_what_was_changed_out_of_band_is_restored_with_all_pods_serving(running: Draft, pods: Pods) -> None:
    with counted(running, pods) as seen:
        named = f"{APP}={_image_name(running)}@sha256:{image('d')}"
        running.sandbox.kubectl("set", "image", f"deployment/{APP}", f"--namespace={APP}", named).succeeded()
        _settled(running, pods)
        told = up(running)

    assert "changed out of band, and undone" in told.text
    assert min(seen) == PODS


def test_the_rollout_that_takes_all_pods_at_once_is_seen(running: Draft, pods: Pods) -> None:
    at_once = {"rollingUpdate": {"maxUnavailable": "100%", "maxSurge": 0}}
    with counted(running, pods) as seen:
        named = f"{APP}={_image_name(running)}@sha256:{image('d')}"
        _patch(running, {"spec": {"strategy": at_once}})
        running.sandbox.kubectl("set", "image", f"deployment/{APP}", f"--namespace={APP}", named).succeeded()
        time.sleep(START_SECONDS)
    up(running)

    assert min(seen) == 0


def test_pods_are_moved_one_by_one_and_without_the_budget_all_at_once(
    running: Draft, pods: Pods, tmp_path: Path
) -> None:
    with counted(running, pods) as seen:
        moved(running, tmp_path, pods.ready())
    assert min(seen) == LEAST_MOVED

    running.sandbox.kubectl("delete", "poddisruptionbudget", APP, f"--namespace={APP}").succeeded()
    with counted(running, pods) as seen:
        moved(running, tmp_path, pods.ready())
        time.sleep(START_SECONDS)
    assert min(seen) < LEAST_MOVED

    up(running)
    with counted(running, pods) as seen:
        moved(running, tmp_path, pods.ready())
    assert min(seen) == LEAST_MOVED


def _image(running: Draft) -> str:
    """The digest in the app's settings."""
    text = (running.sandbox.checkout / SETTINGS).read_text()
    return text.partition("sha256:")[2][:64]


def _image_name(running: Draft) -> str:
    """The app's image without its digest."""
    text = (running.sandbox.checkout / SETTINGS).read_text()
    return text.partition("apps:image:")[2].partition("@")[0].strip().strip("'\"")
