"""Faults between a caller and an API: refusals for load, lost requests and responses, delay, and the caller's crash.

The gcp plugin's transport sends its calls through `deliver`. Faults are configured by the store's setting `faults` and
by the variable SANDBOX_FAULTS, both a JSON list of objects:

    [{"method": "sql.instances.*", "kind": "timeout", "calls": [1]}, {"method": "*", "kind": "quota"}]

`method` is a pattern of method ids, `calls` the numbers of the matching calls it hits (all where absent; counted in the
store, so that a restarted process goes on counting), `probability` its chance, `seconds` the length of a delay.
"""

import json
import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from sandbox.cloud.errors import ApiError, invalid
from sandbox.cloud.store import Json, Store

SETTING = "faults"
VARIABLE = "SANDBOX_FAULTS"
COUNTERS = f"{SETTING}.seen."  # prefix of the settings that count calls
CRASHED = 70  # exit status of a process that a fault ended

Kind = Literal[
    "quota",  # 429, nothing was done
    "unavailable",  # 503, nothing was done
    "lost-request",  # no response, nothing was done
    "timeout",  # no response, but the call was carried out
    "crash-before",  # the caller dies before the call
    "crash-after",  # the caller dies after the call, before it receives the response
    "latency",  # a late response
]


class NoAnswerError(Exception):
    """A call without a response: whether it was carried out is unknown."""


@dataclass(frozen=True)
class Fault:
    """One rule for faults; the module describes its fields."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - pydantic reads it in this form

    method: str
    kind: Kind
    calls: tuple[int, ...] = ()
    probability: float = 1.0
    seconds: float = 0.0


def parse(text: str, where: str) -> list[Fault]:
    """Returns the faults of a JSON text.

    Args:
        text: a JSON list of objects.
        where: the origin of the text, for the message.

    Raises:
        ApiError: INVALID_ARGUMENT, naming what is wrong.
    """
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - most processes never meet a fault

    try:
        return TypeAdapter(list[Fault]).validate_json(text)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise invalid(f"{where} is no list of faults: {faults}. See {__name__}.") from error


def configured(store: Store, environment: Mapping[str, str] = os.environ) -> list[Fault]:
    """Returns the faults of the store and of the environment.

    Raises:
        ApiError: INVALID_ARGUMENT when they cannot be read.
    """
    texts = {f"The setting '{SETTING}'": store.setting(SETTING), VARIABLE: environment.get(VARIABLE)}
    return [fault for where, text in texts.items() if text for fault in parse(text, where)]


def deliver(store: Store, method: str, operation: Callable[[], Json], *, crashes: bool = True) -> Json:
    """Carries out an operation with the faults that match it.

    Args:
        store: the store that has the faults and counts calls.
        method: the id of the API method that is called.
        operation: the call.
        crashes: whether faults may end this process; the server of many callers must not end for one.

    Raises:
        ApiError: an error of the call or of a fault.
        NoAnswerError: a fault discarded the call or its response.
    """
    matching = [fault for fault in configured(store) if fnmatchcase(method, fault.method)]
    due = [fault for fault in matching if (crashes or "crash" not in fault.kind) and _hits(store, fault)]
    for fault in due:
        _before(fault)
    response = operation()
    for fault in due:
        if fault.kind == "crash-after":
            crash()
        if fault.kind == "timeout":
            raise NoAnswerError(method)
    return response


def _before(fault: Fault) -> None:
    if fault.kind == "latency":
        time.sleep(fault.seconds)
    elif fault.kind == "crash-before":
        crash()
    elif fault.kind == "lost-request":
        raise NoAnswerError(fault.method)
    elif fault.kind == "quota":
        message = "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute'."
        raise ApiError("RESOURCE_EXHAUSTED", message, "rateLimitExceeded")
    elif fault.kind == "unavailable":
        raise ApiError("UNAVAILABLE", "The service is currently unavailable.", "backendError")


def counter(fault: Fault) -> str:
    """Returns the name of the setting that counts the calls a fault with `calls` may hit."""
    return f"{COUNTERS}{json.dumps([fault.method, fault.kind, *fault.calls])}"


def _hits(store: Store, fault: Fault) -> bool:
    if fault.calls:
        key = counter(fault)
        with store.transaction():
            count = int(store.setting(key) or 0) + 1
            store.set_setting(key, str(count))
        if count not in fault.calls:
            return False
    return fault.probability >= 1 or random.random() < fault.probability  # noqa: S311 - a chance, not a secret


def crash() -> None:
    """Ends this process at once, as a power cut does."""
    os._exit(CRASHED)


def describe(faults: list[Fault]) -> str:
    """Returns the JSON text that configures these faults."""
    return json.dumps([vars(fault) for fault in faults])
