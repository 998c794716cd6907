"""The proxy answers for the simulated APIs with a certificate that clients trust, and for nothing else."""

import contextlib
import socket

import pytest
import requests

from sandbox.google import proxy
from unit.sandbox.google.clients import World
from waiting import LONGEST_SECONDS


@pytest.mark.parametrize("host", sorted(proxy.HOSTS))
def test_every_simulated_api_answers_under_its_own_name(world: World, host: str) -> None:
    assert world.send("GET", f"https://{host}/").status_code in (401, 404, 501)


@pytest.mark.parametrize("host", ["example.com", "www.googleapis.com", "storage.googleapis.com.example.com"])
def test_another_host_is_refused_with_a_reason(world: World, host: str) -> None:
    with pytest.raises(requests.exceptions.ProxyError, match=f"403 The sandbox reaches only .* not: {host}"):
        world.send("GET", f"https://{host}/")


def test_another_port_of_an_api_is_refused(world: World) -> None:
    with pytest.raises(requests.exceptions.ProxyError, match="403 The sandbox reaches only"):
        world.send("GET", "https://storage.googleapis.com:8443/")


def test_a_request_in_plain_text_is_refused(world: World) -> None:
    response = world.send("GET", "http://storage.googleapis.com/storage/v1/b/x")
    assert (response.status_code, response.text) == (403, "")
    assert "GET http://storage.googleapis.com/storage/v1/b/x" in response.reason


def test_what_is_no_http_ends_the_connection_and_leaves_the_proxy_well(world: World) -> None:
    with socket.create_connection(("127.0.0.1", world.endpoints.port), timeout=LONGEST_SECONDS) as client:
        client.sendall(b"\x00" * 100_000 + b"\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            assert client.recv(10) == b""
    assert world.send("GET", "https://storage.googleapis.com/").status_code == 401


def test_clients_find_proxy_and_authority_in_their_environment(world: World) -> None:
    environment = world.endpoints.environment()
    assert environment["HTTPS_PROXY"] == f"http://127.0.0.1:{world.endpoints.port}"
    assert environment["HTTP_PROXY"] == environment["HTTPS_PROXY"]
    assert set(environment["NO_PROXY"].split(",")) == {"localhost", "127.0.0.1"}
    assert environment["CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE"] == environment["SSL_CERT_FILE"]
    assert environment["SSL_CERT_FILE"] == environment["REQUESTS_CA_BUNDLE"] == str(world.endpoints.authority)
