"""Carrying calls to the simulated APIs as the provider's client carries them: retries, and lost answers.

The real provider tries 429, 503 and broken connections again, with growing pauses, until the operation's time is up.
It does so without knowing whether a call that was not answered took effect. Here a creation that finds its own,
unanswered first attempt takes that for its answer; the real provider reports a conflict there, and a person adopts the
resource with `pulumi import`.

The first attempt may have been another process's: when the plugin alone dies, the engine forgets what it had asked of
it. So each creation is noted in the store until the operation that it is part of has ended.
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
FIRST_PAUSE = 0.05  # seconds; each further pause is twice as long

_LIMITS_FOR_GOOD = frozenset({"quotaExceeded"})  # a full quota of resources does not empty itself
_CREATING = frozenset({"create", "insert"})
_READING = frozenset({"get", "list", "access", "getIamPolicy", "getServerConfig"})

pause: Callable[[float], None] = time.sleep


class UnknownOutcomeError(ApiError):
    """No attempt was answered, so nobody knows whether the call took effect."""

    def __init__(self, method: str, name: str) -> None:
        message = (
            f"{method} of '{name}' was not answered {ATTEMPTS} times. It may have taken effect: run the operation"
            " again, which looks first."
        )
        super().__init__("UNAVAILABLE", message, "deadlineExceeded")


class Effects(threading.local):
    """What one operation of the engine, which runs in one thread, has changed so far.

    Attributes:
        any: whether some call took effect, or may have.
        created: the name that the API gave to what was created; "" where none is known.
        creating: whether the operation is one that creates a resource, and notes that.
        begun: the notes of its creations; whether an earlier process, which did not end its operation, made the note.
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
        cloud: where its creations are noted.
        recorded: the engine's state will hold the resource, so that nothing is left to be found again.
    """
    for note, inherited in effects.begun.items():
        if recorded or not inherited:
            cloud.store.remove_setting(note)
    effects.creating = False


def call(cloud: Cloud, caller: Caller, method: str, name: str, body: Properties | None) -> Properties:
    """Carries out an API method, trying again where the provider does.

    Raises:
        ApiError: the API's answer; UnknownOutcomeError when there was none.
    """
    verb = method.rpartition(".")[2]
    before, lost, inherited = effects.any, False, verb in _CREATING and _is_begun(cloud, method, name)
    last: ApiError | None = None
    for attempt in range(ATTEMPTS):
        if attempt:
            pause(FIRST_PAUSE * 2 ** (attempt - 1))
        try:
            answer = faults.deliver(cloud.store, method, lambda: cloud.call(method, name, caller, body))
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
            _note(verb, answer)
            return answer
    raise last if last and not lost else UnknownOutcomeError(method, name)


def _is_begun(cloud: Cloud, method: str, name: str) -> bool:
    """Whether a process that is dead began a creation and never ended it; where nobody did, this one notes that."""
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
    except (ProcessLookupError, PermissionError):  # or its number is another user's by now
        return True
    return False


def _note(verb: str, answer: Properties) -> None:
    if verb not in _READING:
        effects.any = True
    if verb in _CREATING or verb == "addVersion":
        effects.created = str(answer.get("name", ""))


def _passes(error: ApiError) -> bool:
    """Whether an error is of the kind that a later attempt may not meet."""
    return error.status in ("RESOURCE_EXHAUSTED", "UNAVAILABLE", "INTERNAL") and error.reason not in _LIMITS_FOR_GOOD


def _is_own(cloud: Cloud, method: str, name: str, body: Properties) -> bool:
    """Whether what is there is exactly what an unanswered attempt was to create."""
    present = cloud.store.get(cloud.collection(method.rpartition(".")[0]).full(name))
    return present is not None and present.declared == body
