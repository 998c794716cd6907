"""Address of a sandbox's endpoints, as the endpoints publish it and clients read it. Standard library only."""

import json
import shlex
from dataclasses import dataclass
from pathlib import Path

from toolchain.files import write_whole


@dataclass(frozen=True)
class Endpoints:
    """Address of the endpoints: the proxy's port on loopback, and the authority that signed their certificate."""

    port: int
    authority: Path

    def environment(self) -> dict[str, str]:
        """Returns the environment variables that clients need, for every client library."""
        proxy, direct = f"http://127.0.0.1:{self.port}", "localhost,127.0.0.1"
        return {
            # Plain HTTP uses the proxy too, which refuses it: no request leaves the sandbox.
            **dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), proxy),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), direct),
            # Go and Python; Python's requests; gRPC's C core; gcloud.
            **dict.fromkeys(
                (
                    *("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"),
                    "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
                ),
                str(self.authority),
            ),
        }

    def exports(self) -> str:
        """Returns the environment as lines of a shell."""
        return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in self.environment().items())


def script(directory: Path) -> Path:
    """Returns the file whose lines set the environment in a shell; the endpoints write it once they answer."""
    return directory / "run" / "google.env"


def publish(directory: Path, port: int, authority: bytes) -> None:
    """Writes the address of the endpoints to files; the endpoints call it once they answer."""
    clusters = directory / "pki" / "ca.crt"
    trusted = authority.decode() + (clusters.read_text() if clusters.is_file() else "")
    write_whole(_authority(directory), trusted)
    write_whole(script(directory), Endpoints(port, _authority(directory)).exports())
    write_whole(_published(directory), json.dumps({"port": port}) + "\n")


def published(directory: Path) -> Endpoints | None:
    """Returns the address that the endpoints published; None before they did."""
    try:
        return Endpoints(int(json.loads(_published(directory).read_text())["port"]), _authority(directory))
    except OSError:
        return None


def withdraw(directory: Path) -> None:
    """Removes the published address."""
    for file in (_published(directory), script(directory)):
        file.unlink(missing_ok=True)


def _published(directory: Path) -> Path:
    return directory / "run" / "google.json"


def _authority(directory: Path) -> Path:
    return directory / "run" / "google-ca.crt"
