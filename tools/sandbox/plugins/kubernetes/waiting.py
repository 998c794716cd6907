"""Waits until an object is ready or gone, with progress lines and the reasons of a failure."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from sandbox.plugins.kubernetes.cluster import Cluster
from sandbox.plugins.kubernetes.errors import ApiError, NoSuchKindError, UnreachableError
from sandbox.plugins.kubernetes.kinds import Kind, annotation, metadata
from sandbox.plugins.kubernetes.rollout import READY, Verdict, default_timeout, judge
from sandbox.plugins.protocol import Properties

SKIP_AWAIT = "pulumi.com/skipAwait"
TIMEOUT = "pulumi.com/timeoutSeconds"

_FIRST_PAUSE, _LAST_PAUSE = 0.1, 1.0  # seconds between two reads, growing
_QUIET = 1.0  # seconds of waiting before the first line
_OUTAGE = 30.0  # seconds without a response that a wait tolerates
_SHOWN = 5  # reasons, at most
# Kinds whose readiness the vendor's plugin reads in a refresh (`awaitRead` of its awaiters).
_REFRESHED = {"DaemonSet", "Deployment", "Job", "Pod", "Service", "StatefulSet"}
_PATIENCE = 5.0  # seconds between two reads of the pods' problems

_POD = Kind("v1", "Pod")
_EVENT = Kind("v1", "Event")
_STORAGE_CLASS = Kind("storage.k8s.io/v1", "StorageClass")


class NotReadyError(Exception):
    """An object that exists but is not ready.

    Args:
        reasons: the problems, a sentence each.
        live: the object as it was last read.
    """

    def __init__(self, reasons: list[str], live: Properties) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons
        self.live = live


class Waiter:
    """Waits on one cluster; `cancel` ends every wait.

    Args:
        cluster: the cluster of the objects.
        show: called with one line whenever the awaited condition changes.
        cancelled: set when the user interrupts.
    """

    def __init__(self, cluster: Cluster, show: Callable[[str], None], cancelled: threading.Event) -> None:
        self._cluster = cluster
        self._show = show
        self._cancelled = cancelled
        self._shown = ""
        self._quiet_until = time.monotonic() + _QUIET
        self._look_closer_at = time.monotonic() + _PATIENCE
        self._trouble = ""

    def until_ready(self, kind: Kind, live: Properties) -> Properties:
        """Return the object once it is ready.

        Raises:
            NotReadyError: it failed, it took longer than its timeout, or the user interrupted.
        """
        if annotation(live, SKIP_AWAIT) == "true" or self._bound_later(kind, live):
            return live
        limit = _timeout(kind, live)
        deadline = time.monotonic() + limit
        content = metadata(live)
        namespace, name = str(content.get("namespace", "")), str(content["name"])
        pause = _FIRST_PAUSE
        while (verdict := judge(live)) != READY:
            self._tell(f"waiting for {verdict.waiting_for}{self._because(live)}")
            if verdict.failed or time.monotonic() > deadline or self._cancelled.is_set():
                waited = f" after {limit:.0f} s"
                if self._cancelled.is_set():
                    waited = ", and the wait was interrupted"
                raise NotReadyError(self._reasons(kind, live, verdict, "" if verdict.failed else waited), live)
            self._cancelled.wait(pause)
            pause = min(pause * 1.3, _LAST_PAUSE)
            current = self._look(kind, namespace, name)
            if current is None:
                raise NotReadyError([f"{kind.kind} {name} was deleted by somebody else while it was awaited"], live)
            live = current
        return live

    def unready(self, kind: Kind, live: Properties) -> list[str]:
        """Return why an object is not ready at this moment, without waiting; nothing for one that is."""
        verdict = judge(live)
        if kind.kind not in _REFRESHED or annotation(live, SKIP_AWAIT) == "true" or verdict == READY:
            return []
        return self._reasons(kind, live, verdict)

    def until_gone(self, kind: Kind, namespace: str, name: str, before: Properties) -> None:
        """Return once the object is gone, or another one has its name.

        Raises:
            NotReadyError: it still exists after its timeout; the reason names its finalizers.
        """
        limit = _timeout(kind, before)
        deadline = time.monotonic() + limit
        pause = _FIRST_PAUSE
        while live := self._look(kind, namespace, name):
            if metadata(live).get("uid") != metadata(before).get("uid"):
                return
            holders = ", ".join(metadata(live).get("finalizers") or live.get("spec", {}).get("finalizers") or [])
            self._tell(f"waiting for deletion{f', held by {holders}' if holders else ''}")
            if time.monotonic() > deadline or self._cancelled.is_set():
                why = f"its finalizers {holders} were not removed" if holders else "the API server still has it"
                raise NotReadyError([f"it is not gone after {limit:.0f} s: {why}"], live)
            self._cancelled.wait(pause)
            pause = min(pause * 1.3, _LAST_PAUSE)

    def _look(self, kind: Kind, namespace: str, name: str) -> Properties | None:
        """Read the object; wait for an API server that restarts."""
        deadline = time.monotonic() + _OUTAGE
        while True:
            try:
                return self._cluster.get(kind, namespace, name)
            except UnreachableError:
                if time.monotonic() > deadline or self._cancelled.is_set():
                    raise
                self._cancelled.wait(_LAST_PAUSE)

    def _tell(self, line: str) -> None:
        if line != self._shown and time.monotonic() > self._quiet_until:
            self._shown = line
            self._show(line)

    def _because(self, live: Properties) -> str:
        """Return the pods' problems once the wait has become long; they are read now and then."""
        if time.monotonic() > self._look_closer_at:
            self._look_closer_at = time.monotonic() + _PATIENCE
            self._trouble = ""
            with suppress(ApiError, UnreachableError, NoSuchKindError):
                self._trouble = "".join(f"; {trouble}" for trouble in self._pods_say(live)[:1])
        return self._trouble

    def _bound_later(self, kind: Kind, live: Properties) -> bool:
        """Return whether a claim gets its volume only when a pod uses it, so that the wait would never end."""
        if kind.kind != "PersistentVolumeClaim":
            return False
        name = str(live.get("spec", {}).get("storageClassName") or "")
        storage_class: Properties | None = None
        with suppress(ApiError, NoSuchKindError):
            storage_class = self._cluster.get(_STORAGE_CLASS, "", name) if name else None
        return storage_class is not None and storage_class.get("volumeBindingMode") == "WaitForFirstConsumer"

    def _reasons(self, kind: Kind, live: Properties, verdict: Verdict, after: str = "") -> list[str]:
        name = metadata(live)["name"]
        first = f"{kind.kind} {name} is not ready{after}: waiting for {verdict.waiting_for}"
        details: list[str] = []
        # Without the permission to read pods or events, the reasons come from the object alone.
        with suppress(ApiError, UnreachableError, NoSuchKindError):
            details += self._pods_say(live)
        with suppress(ApiError, UnreachableError, NoSuchKindError):
            details += [line for line in self._events_say(live) if not any(_tail(line) in known for known in details)]
        return [first, *list(dict.fromkeys(details))[:_SHOWN]]

    def _pods_say(self, live: Properties) -> list[str]:
        labels = cast("dict[str, str]", live.get("spec", {}).get("selector", {}).get("matchLabels") or {})
        if live.get("kind") == "Pod":
            return pod_troubles(live)
        if not labels:
            return []
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        pods = self._cluster.list(_POD, metadata(live).get("namespace", ""), labelSelector=selector)
        return [trouble for pod in pods for trouble in pod_troubles(pod)]

    def _events_say(self, live: Properties) -> list[str]:
        """Return the warnings about the object and the objects that it owns, the newest first."""
        name = str(metadata(live)["name"])
        events = self._cluster.list(_EVENT, metadata(live).get("namespace", ""), fieldSelector="type=Warning")
        about = [event for event in events if str(event["involvedObject"].get("name", "")).startswith(name)]
        about.sort(key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""), reverse=True)
        return [_event_line(event) for event in about]


def pod_troubles(pod: Properties) -> list[str]:
    """Return the causes that keep a pod from being ready, a sentence each."""
    status: Any = pod.get("status") or {}
    name = metadata(pod).get("name", "")
    troubles = [
        f"pod {name} is not scheduled: {condition.get('message', condition.get('reason'))}"
        for condition in cast("list[Properties]", status.get("conditions") or [])
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False"
    ]
    containers = cast("list[Properties]", status.get("initContainerStatuses") or [])
    containers = containers + cast("list[Properties]", status.get("containerStatuses") or [])
    for container in containers:
        state: Properties = container.get("state") or {}
        for phase in ("waiting", "terminated"):
            why: Properties | None = state.get(phase)
            if why and why.get("reason") not in (None, "ContainerCreating", "PodInitializing", "Completed"):
                message = f": {why['message']}" if why.get("message") else ""
                troubles.append(f"container {container.get('name')} of pod {name}: {why['reason']}{message}")
    return troubles


def _event_line(event: Properties) -> str:
    subject: Properties = event["involvedObject"]
    message = " ".join(str(event.get("message", "")).split())
    return f"{subject.get('kind')} {subject.get('name')}: {event.get('reason')}: {message}"


def _tail(line: str) -> str:
    """Return the message of an event, which a pod's own status often repeats."""
    return line.split(": ", 2)[2]


def _timeout(kind: Kind, value: Properties) -> float:
    try:
        return float(annotation(value, TIMEOUT))
    except ValueError:
        return default_timeout(kind.kind)
