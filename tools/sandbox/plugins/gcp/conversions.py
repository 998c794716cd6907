"""Values that the provider and Google's API write differently."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_STATES: Mapping[str, bool] = {"LIVE": True, "ARCHIVED": False}


@dataclass(frozen=True)
class Conversion:
    """A conversion of one value.

    Attributes:
        to_api: returns the API's value of an input; None removes it.
        from_api: returns the input of an API's value.
    """

    to_api: Callable[[Any], Any]
    from_api: Callable[[Any], Any]


# A boolean that the provider takes as text, so that absence differs from false.
TEXT_BOOLEAN = Conversion(lambda value: str(value).upper() == "TRUE", lambda value: "TRUE" if value else "FALSE")
# A number of 64 bits, which JSON cannot hold: Google's APIs quote it.
INT64 = Conversion(lambda value: str(int(value)), int)
# The versions of an object that a rule concerns.
LIVENESS = Conversion(_STATES.get, {live: state for state, live in _STATES.items()}.get)
