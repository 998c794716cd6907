"""Retries of calls that Google did not answer, or answered with a temporary error.

https://cloud.google.com/apis/design/errors#error_retries. A call that reads is repeated after any such failure. A call
that changes something is repeated only when Google has done nothing yet: no connection was made, or the response was
429 or 503. Waiting times double, with a random part so that many jobs do not return at once, unless Google names a
time.
"""

import contextlib
import math
import re
import time
from typing import Any, Self

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3.util import Retry

# Cloud Logging admits sixty calls a minute, so the waiting times of the attempts add up to a little more than that.
_ATTEMPTS = 6
_LONGEST_WAIT = 60
_PATIENCE_SECONDS = 180.0
_LATER = (429, 503)
_FAILED = (*_LATER, 500, 502, 504)
_AT_ONCE = 32
_CUT_SHORT = 2
# Methods that read and take their parameters as a body.
_READS = re.compile(r":(getIamPolicy|getAncestry|testIamPermissions|search\w+|list)$")


class _Bounded(Retry):
    """Retries that are limited by number, and by a time that begins at the first failure."""

    _deadline = math.inf

    def new(self, **changes: Any) -> Self:
        made = super().new(**changes)
        made._deadline = min(self._deadline, time.monotonic() + _PATIENCE_SECONDS)  # noqa: SLF001  of this class
        return made

    def is_exhausted(self) -> bool:
        return super().is_exhausted() or time.monotonic() > self._deadline


class Retrying(BaseAdapter):
    """Transport of a session that repeats calls.

    Args:
        backoff: the shortest waiting time in seconds.
    """

    def __init__(self, backoff: float = 1.0) -> None:
        super().__init__()
        common: dict[str, Any] = {
            "total": _ATTEMPTS,
            "allowed_methods": None,
            "backoff_factor": backoff,
            "backoff_jitter": backoff,
            "backoff_max": _LONGEST_WAIT,
            "retry_after_max": _LONGEST_WAIT,
            "raise_on_status": False,
        }
        reads, changes = _Bounded(status_forcelist=_FAILED, **common), _Bounded(status_forcelist=_LATER, **common)
        self._reads = HTTPAdapter(max_retries=reads, pool_maxsize=_AT_ONCE)
        self._changes = HTTPAdapter(max_retries=changes.new(read=False, other=0), pool_maxsize=_AT_ONCE)

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        """Send a request, and repeat it where that is safe."""
        if request.method != "GET" and not _READS.search((request.url or "").partition("?")[0]):
            return self._changes.send(request, *arguments, **options)
        for _ in range(_CUT_SHORT):
            response = self._reads.send(request, *arguments, **options)
            # A response that is cut off has a good status, so urllib3 itself does not repeat the call.
            with contextlib.suppress(requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
                _ = response.content
                return response
        return self._reads.send(request, *arguments, **options)

    def close(self) -> None:
        """Close all connections."""
        self._reads.close()
        self._changes.close()
