"""Replay of recorded requests on the sandbox: `.venv/bin/python -m lab.replay CALLS`, from the folder `tests`.

CALLS is a recording of what a client sent to Google's APIs, as JSON lines, perhaps gzipped: method, host, path, query,
body and the status that was answered. The replay sends each to the endpoints of a new sandbox, as its administrator,
and counts what the sandbox does not have and what it answers otherwise. Etags, and numbers that an API assigns, are
replaced by the sandbox's own, and no policy loses what it granted at first: the administrator's rights.
"""

import argparse
import gzip
import json
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import requests

import example_tenant as example
from sandbox import programs
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.iam import Caller
from sandbox.google import control, definitions, schemas
from sandbox.google.address import Endpoints

Json = dict[str, Any]

_NUMBERED = re.compile(r"projects/[^/\"]+/(alertPolicies|notificationChannels|uptimeCheckConfigs)/(\d+)")
_GUARDS = ("etag", "fingerprint", "labelFingerprint")


class Replay:
    """A replay of one recording.

    Args:
        endpoints: the sandbox's endpoints.
        token: the caller's access token.
    """

    def __init__(self, endpoints: Endpoints, token: str) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.proxies = {"https": f"http://127.0.0.1:{endpoints.port}"}
        self._session.verify = str(endpoints.authority)
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._numbers: dict[str, str] = {}  # recorded name -> the sandbox's
        self._created: dict[str, list[str]] = defaultdict(list)
        self._guards: dict[str, Json] = {}  # resource -> its etag and fingerprints
        self._bindings: dict[str, list[Json]] = {}  # resource -> what its policy granted at first
        self.misfits: Counter[str] = Counter()

    def send(self, call: Json) -> requests.Response:
        """Sends one recorded request, and notes what later requests need of the response."""
        path = self._renamed(call["path"])
        resource = re.sub(r"[:/](getIamPolicy|setIamPolicy|setLabels|iam)$", "", path)
        body: Json = json.loads(self._renamed(json.dumps(call["body"])))
        policy: Json = body.get("policy") or {}
        for holder in (body, policy):
            known = self._guards.get(resource, {})
            holder.update({guard: known[guard] for guard in _GUARDS if holder.get(guard) and guard in known})
        if call["method"] != "GET" and re.search(r"(:setIamPolicy|/iam)$", path):
            policy = policy or body
            policy["bindings"] = [*self._bindings.get(resource, []), *policy.get("bindings", [])]
        url = f"https://{call['host']}{path}?{call['query']}"
        response = self._session.request(call["method"], url, json=body or None, timeout=60)
        if response.ok and response.content:
            self._note(call, resource, response.json())
        return response

    def _note(self, call: Json, resource: str, answer: Json) -> None:
        self._guards.setdefault(resource, {}).update({guard: answer[guard] for guard in _GUARDS if guard in answer})
        if "bindings" in answer:
            self._bindings.setdefault(resource, answer["bindings"])
        if call["method"] == "POST" and (match := _NUMBERED.match(str(answer.get("name")))):
            self._created[match[1]].append(match[0])
        definition = definitions.find(call["host"], call["method"], call["path"])
        if definition is not None and definition.response is not None and "fields=" not in call["query"]:
            problems = schemas.misfits(definition.api, definition.response, answer)
            self.misfits.update(f"{definition.id}: {problem}" for problem in problems)

    def _renamed(self, text: str) -> str:
        """Returns a text with the sandbox's numbers; a number that is new is that of the next created resource."""

        def own(match: re.Match[str]) -> str:
            if match[0] not in self._numbers and self._created[match[1]]:
                self._numbers[match[0]] = self._created[match[1]].pop(0)
            return self._numbers.get(match[0], match[0])

        return _NUMBERED.sub(own, text)


def recorded(path: Path) -> Iterator[Json]:
    """Yields the requests of a recording."""
    content = path.read_bytes()
    content = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    for line in content.decode().splitlines():
        yield json.loads(line)


def main() -> int:
    """Replays a recording, and reports what differs."""
    parser = argparse.ArgumentParser(prog="python -m lab.replay", description="Replays recorded requests.")
    parser.add_argument("calls", type=Path, help="the recording: JSON lines, perhaps gzipped")
    arguments = parser.parse_args()
    differences: Counter[str] = Counter()
    lacking: Counter[str] = Counter()
    total = 0
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        seed.seed(directory, 6443, example.TENANT)
        (directory / "pki").mkdir()
        cloud = Cloud(directory / "cloud.db")
        with control.running(directory, programs.ensure_objects()) as endpoints:
            replay = Replay(endpoints, cloud.issue_token(Caller(seed.ADMIN))[0])
            for call in recorded(arguments.calls):
                response, total = replay.send(call), total + 1
                what = f"{call['method']} {call['host']}{unquote(call['path'])}"
                if response.status_code == 501:
                    lacking[f"{what}: {response.json()['error']['message']}"] += 1
                elif response.status_code // 100 != call["code"] // 100:
                    differences[f"{what}: {call['code']}, here {response.status_code} {response.text[:300]}"] += 1
        cloud.store.close()
    for title, found in (("answers that do not fit", replay.misfits), ("differ", differences), ("lack", lacking)):
        for line, count in found.items():
            print(f"{title}: {count} x {line}")
    print(
        f"{total} requests: {lacking.total()} not simulated, {differences.total()} answered otherwise,"
        f" {replay.misfits.total()} misfits in answers"
    )
    return 1 if lacking or replay.misfits else 0


if __name__ == "__main__":
    sys.exit(main())
