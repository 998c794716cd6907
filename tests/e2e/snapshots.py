"""Sandboxes that were brought up once in a run of the tests, and from whose copies other sandboxes begin.

A copy has ports of its own. The API server's port is a part of states, of the contract in a secret, and of the
simulated cloud's answers, so it is replaced there; a copy is as unchanged as what it was copied from.
"""

import base64
import fcntl
import functools
import hashlib
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cli.embedded.directory import SandboxDirectory
from cli.embedded.start import serving
from e2e import tenants
from e2e.harness import Ran, Sandbox
from e2e.person import Person
from sandbox import servers
from toolchain import cache
from toolchain.environments import CHECKOUT

_RAN = "ran.json"
# What a sandbox makes anew when its servers start, and what only tells of the past.
_LEFT_OUT = ("run", "logs", "lock", "ports.json", _RAN, "cloud.db-wal", "cloud.db-shm")
_SALT = re.compile(rb'"salt":"v1:([^:"]+)')
_CIPHERTEXT = re.compile(rb'(?<="ciphertext":")v1:[^"]+')
_PAYLOAD = re.compile(rb'(?<="data": ")[A-Za-z0-9+/=]+')


class Snapshots:
    """The snapshots of one run of the tests, which its processes share.

    Args:
        store: folder for the snapshots, the same for all processes.
        work: folder with a short name, in which a process brings up a sandbox.
        person: the person who runs the commands.
    """

    def __init__(self, store: Path, work: Path, person: Person) -> None:
        self._store = store
        self._work = work
        self._person = person

    def everything(self, sandbox: Sandbox) -> Ran:
        """Begin a sandbox with all layers up; return how the one `up` went that brought them up from nothing."""
        return self._begin(sandbox, "everything", lambda built: built.run("up").succeeded())

    def layers(self, sandbox: Sandbox, *layers: str) -> None:
        """Begin a sandbox with the first layers up, each by a run of its own."""
        *below, last = layers

        def bring_up(built: Sandbox) -> Ran:
            if below:
                self.layers(built, *below)
            return built.run("up", "--layer", last).succeeded()

        self._begin(sandbox, last, bring_up)

    def tenants(self, sandbox: Sandbox) -> Ran:
        """Begin a sandbox with all layers and a second team's app up; return the app's preview before it was up.

        Args:
            sandbox: its checkout declares the second team.
        """

        def bring_up(built: Sandbox) -> Ran:
            self.everything(built)
            return tenants.settle(built)

        return self._begin(sandbox, "tenants", bring_up, sandbox.checkout)

    def _begin(self, sandbox: Sandbox, name: str, bring_up: Callable[[Sandbox], Ran], checkout: Path = CHECKOUT) -> Ran:
        kept = self._store / name
        with cache.locked(self._store / f"{name}.lock", lambda _: None):
            if not kept.is_dir():
                built = Sandbox(self._work / name, self._person, checkout)
                with ExitStack() as ending:
                    ending.callback(built.remove)  # a failed one leaves no server behind
                    ran = bring_up(built)
                    servers.stop(built.path)
                    _settle(built.path / "cloud.db")
                    (built.path / _RAN).write_text(json.dumps({"checkout": str(checkout), **asdict(ran)}))
                    built.path.rename(kept)
        sandbox.remove()
        shutil.copytree(
            kept, sandbox.path, symlinks=True, ignore=lambda folder, _: _LEFT_OUT if Path(folder) == kept else ()
        )
        _move(sandbox.directory, _address(kept), _address(sandbox.path))
        serving(sandbox.directory)
        ran = json.loads((kept / _RAN).read_text())
        old, new = ran.pop("checkout"), str(sandbox.checkout)
        return Ran(ran["code"], ran["out"].replace(old, new), ran["err"].replace(old, new))


def _address(directory: Path) -> bytes:
    return f"localhost:{servers.ensure_ports(directory).kube_apiserver}".encode()


@contextmanager
def removed_by_the_last(store: Path) -> Generator[None]:
    """Keep a folder while processes of the run use it; the last of them removes it."""
    with (store / "users.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(store, ignore_errors=True)


def _settle(database: Path) -> None:
    """Put what is in the write-ahead log into the database itself."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _move(directory: SandboxDirectory, old: bytes, new: bytes) -> None:
    """Replace an address in states and plans and in the simulated cloud."""
    for file in (path for folder in ("state", "plans") for path in (directory.path / folder).rglob("*.json*")):
        content = file.read_bytes()
        _, store, *_ = file.relative_to(directory.path).parts
        moved = content.replace(old, new)
        if file.match("stacks/*/*.json") and (salt := _SALT.search(content)):
            key = _key(directory.passphrase(store).read_bytes(), base64.b64decode(salt[1]))
            moved = _CIPHERTEXT.sub(functools.partial(_moved_secret, AESGCM(key), old, new), moved)
        if moved != content:
            file.write_bytes(moved)
    with closing(sqlite3.connect(directory.path / "cloud.db")) as connection, connection:
        for name, *texts in connection.execute("SELECT name, declared, generated FROM resource").fetchall():
            moved = [_moved_text(text.encode(), old, new).decode() for text in texts]
            if moved != texts:
                connection.execute("UPDATE resource SET declared = ?, generated = ? WHERE name = ?", (*moved, name))


def _moved_text(text: bytes, old: bytes, new: bytes) -> bytes:
    """Replace an address in a body of the simulated cloud, whose bytes are in base64."""

    def payload(found: re.Match[bytes]) -> bytes:
        return base64.b64encode(base64.b64decode(found[0]).replace(old, new))

    return _PAYLOAD.sub(payload, text.replace(old, new))


def _moved_secret(cipher: AESGCM, old: bytes, new: bytes, found: re.Match[bytes]) -> bytes:
    """Replace an address in a secret of a state, which stays as it is when it has none."""
    _, nonce, encrypted = found[0].split(b":")
    plain = cipher.decrypt(base64.b64decode(nonce), base64.b64decode(encrypted), None)
    if old not in plain:
        return found[0]
    fresh = os.urandom(12)
    return b":".join((b"v1", *map(base64.b64encode, (fresh, cipher.encrypt(fresh, plain.replace(old, new), None)))))


@functools.cache
def _key(passphrase: bytes, salt: bytes) -> bytes:
    """Key that Pulumi's passphrase provider derives."""
    return hashlib.pbkdf2_hmac("sha256", passphrase, salt, 1_000_000, 32)
