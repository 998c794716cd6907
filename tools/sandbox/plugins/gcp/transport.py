"""Transport of calls to the simulated APIs, like the provider's client: with retries after errors and lost responses.

The real provider retries after 429, 503 and broken connections, with growing pauses, until the operation's time is up.
It does not know whether a call without a response took effect. Here a creation that finds the resource of its own first
attempt takes it as its response; the real provider reports a conflict there, and a person adopts the resource with
`pulumi import`.

The first attempt may belong to another process: when the plugin alone dies, the engine forgets its requests. So every
creation is noted in the store until its operation has ended.
"""

import os
import threading
import time
from collections.abc import Callable

from sandbox.cloud import faults
from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.plugins.protocol import Properties

ATTEMPTS = 6
FIRST_PAUSE = 0.05  # seconds; every further pause is twice as long

_LIMITS_FOR_GOOD = frozenset({"quotaExceeded"})  # waiting does not free a full quota of resources
_CREATING = frozenset({"create", "insert"})
_READING = frozenset({"get", "list", "access", "getIamPolicy", "getServerConfig"})

pause: Callable[[float], None] = time.sleep


class UnknownOutcomeError(ApiError):
    """No attempt had a response, so it is unknown whether the call took effect."""

    def __init__(self, method: str, name: str) -> None:
        message = (
            f"{method} of '{name}' was not answered {ATTEMPTS} times. It may have taken effect: run the operation"
            " again, which looks first."
        )
        super().__init__("UNAVAILABLE", message, "deadlineExceeded")


class Effects(threading.local):
    """Effects so far of one operation of the engine, which runs in one thread.

    Attributes:
        any: true if a call took effect, or may have.
        created: the name that the API generated for the created resource; "" if none is known.
        creating: true if the operation creates a resource, and notes its creations.
        begun: the notes of its creations; true if an earlier process made the note and did not end its operation.
    """

    def __init__(self) -> None:
        self.any, self.created, self.creating = False, "", False
        self.begun: dict[str, bool] = {}

    def begin(self) -> None:
        """Begins an operation that creates a resource."""
        self.any, self.created, self.creating = False, "", True
        self.begun = {}


effects = Effects()


def end_operation(cloud: Cloud, *, recorded: bool) -> None:
    """Ends an operation that creates a resource.

    Args:
        cloud: the cloud whose store has the notes.
        recorded: the engine's state will have the resource, so that the notes are no longer needed.
    """
    for note, inherited in effects.begun.items():
        if recorded or not inherited:
            cloud.store.remove_setting(note)
    effects.creating = False


def call(cloud: Cloud, caller: Caller, method: str, name: str, body: Properties | None) -> Properties:
    """Carries out an API method, with the provider's retries.

    Raises:
        ApiError: the API's error; UnknownOutcomeError without a response.
    """
    verb = method.rpartition(".")[2]
    before, lost, inherited = effects.any, False, verb in _CREATING and _is_begun(cloud, method, name)
    last: ApiError | None = None
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(FIRST_PAUSE * 2 ** (attempt - 1))
        try:
            response = faults.deliver(cloud.store, method, lambda: cloud.call(method, name, caller, body))
        except faults.NoAnswerError:
            lost, last = True, None
            effects.any = effects.any or verb not in _READING
        except ApiError as error:
            if lost and verb == "delete" and error.status == "NOT_FOUND":
                return {}
            if (lost or inherited) and verb in _CREATING and error.status == "ALREADY_EXISTS":
                if not _is_own(cloud, method, name, body or {}):
                    effects.any = before
                    raise
                effects.any = True
                return call(cloud, caller, f"{method.rpartition('.')[0]}.get", name, None)
            if not _passes(error):
                raise
            last = error
        else:
            _note(verb, response)
            return response
    raise last if last and not lost else UnknownOutcomeError(method, name)


def _is_begun(cloud: Cloud, method: str, name: str) -> bool:
    """Returns whether a dead process began a creation and did not end it; otherwise notes this process's creation."""
    note = f"unanswered.{method}.{name}"
    if effects.creating and note not in effects.begun:
        with cloud.store.transaction():
            process = cloud.store.setting(note)
            if process is None:
                effects.begun[note] = False
                cloud.store.set_setting(note, str(os.getpid()))
            elif _is_dead(int(process)):
                effects.begun[note] = True
    return effects.begun.get(note, False)


def _is_dead(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, PermissionError):  # or another user's process has its number
        return True
    return False


def _note(verb: str, response: Properties) -> None:
    if verb not in _READING:
        effects.any = True
    if verb in _CREATING or verb == "addVersion":
        effects.created = str(response.get("name", ""))


def _passes(error: ApiError) -> bool:
    """Returns whether a later attempt may succeed after an error."""
    return error.status in ("RESOURCE_EXHAUSTED", "UNAVAILABLE", "INTERNAL") and error.reason not in _LIMITS_FOR_GOOD


def _is_own(cloud: Cloud, method: str, name: str, body: Properties) -> bool:
    """Returns whether the existing resource is exactly what an attempt without a response should create."""
    collection = cloud.collection(method.rpartition(".")[0])
    present = cloud.store.get(collection.full(name))
    return present is not None and present.declared == {k: v for k, v in body.items() if k not in collection.options}
