"""Connection to an API server, made by the official client from a kubeconfig.

Importing this module takes a quarter of a second, all of it the client: import it when a cluster is first needed. A
preview without changes needs none.
"""

import json
import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import kubernetes.client
import kubernetes.config
import urllib3.exceptions
import yaml

from sandbox.plugins.kubernetes.errors import ApiError, UnreachableError
from sandbox.plugins.protocol import Properties

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_SUCCESS, _REDIRECT = 200, 300
_TIMEOUT = (5, 60)  # seconds to connect, and to read a response

_config: Any = kubernetes.config  # the client has no type annotations


class Connection:
    """Sends requests as the kubeconfig's user. Safe to use from several threads.

    Args:
        kubeconfig: an object, its text, or a path; None for the user's own file.
        context: the name of its context; None for the current context.

    Raises:
        UnreachableError: the kubeconfig cannot be used.
    """

    def __init__(self, kubeconfig: str | Properties | None, context: str | None) -> None:
        settings: Any = kubernetes.client.Configuration()
        with _logged() as complaints:
            try:
                content = _content(kubeconfig)
                if content is None:
                    _config.load_kube_config(context=context, client_configuration=settings)
                else:
                    _config.load_kube_config_from_dict(content, context=context, client_configuration=settings)
            except (_config.ConfigException, OSError, ValueError) as error:
                raise UnreachableError(f"the kubeconfig cannot be used: {error}") from error
        if complaints:
            # The client would continue without a credential, and the API server's response would hide the reason.
            raise UnreachableError(f"the kubeconfig's credential plugin failed: {'; '.join(complaints)}")
        if settings.host.partition("://")[2].rpartition(":")[0] in _LOOPBACK:
            settings.proxy = None  # a proxy would connect to the loopback of its own machine
        self._host = str(settings.host)
        self._client: Any = kubernetes.client.ApiClient(settings)

    def send(
        self,
        method: str,
        url: str,
        body: Properties | list[Properties] | None,
        query: Mapping[str, str],
        content_type: str,
    ) -> Properties:
        """Send a request and return the JSON of the response.

        Raises:
            ApiError: the API server refused.
            UnreachableError: there was no response.
        """
        request = self._client.param_serialize(
            method,
            url,
            query_params=list(query.items()),
            header_params={"Accept": "application/json", "Content-Type": content_type},
            # The client itself encodes bodies as JSON, and in no other format.
            body=json.dumps(body) if body is not None and "json" not in content_type else body,
            auth_settings=["BearerToken"],
        )
        try:
            response = self._client.call_api(*request, _request_timeout=_TIMEOUT)
            text = response.read()
        except (urllib3.exceptions.HTTPError, kubernetes.client.ApiException, OSError) as error:
            raise UnreachableError(f"the cluster at {self._host} does not answer: {_root(error)}") from error
        if not _SUCCESS <= response.status < _REDIRECT:
            raise _refusal(response.status, response.reason, text)
        return cast("Properties", json.loads(text))


@contextmanager
def _logged() -> Generator[list[str]]:
    """Collect the errors that the client only logs instead of raising them."""
    messages: list[str] = []
    handler = logging.Handler(logging.ERROR)
    handler.emit = lambda record: messages.append(" ".join(record.getMessage().split()))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield messages
    finally:
        root.removeHandler(handler)


def _content(kubeconfig: str | Properties | None) -> Properties | None:
    if not kubeconfig or isinstance(kubeconfig, dict):
        return kubeconfig or None
    text = kubeconfig
    if "\n" not in text and not text.lstrip().startswith("{"):
        text = Path(text).expanduser().read_text()
    try:
        parsed: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"it is not YAML ({' '.join(str(error).split())})") from error
    if not isinstance(parsed, dict):
        raise ValueError("it is not a mapping")  # noqa: TRY004 (the caller gave a bad value, not a bad type)
    return cast("Properties", parsed)


def _refusal(code: int, phrase: str, text: bytes) -> ApiError:
    try:
        status = json.loads(text)
        message, reason = str(status["message"]), str(status.get("reason", ""))
    except (TypeError, ValueError, KeyError):
        message, reason = f"HTTP {code} {phrase}", ""
    return ApiError(" ".join(message.split()), code, reason)


def _root(error: BaseException) -> str:
    """Return the innermost reason: the client wraps it in sentences about connection pools."""
    reason: Any = getattr(error, "reason", None)
    if isinstance(reason, BaseException):
        return _root(reason)
    return str(reason or error).rpartition("): ")[2]
