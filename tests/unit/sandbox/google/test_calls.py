"""The life of a resource of every kind through the REST front: each request is answered, and each answer fits."""

import re
from collections.abc import Iterator

import pytest

from sandbox.cloud.services import COLLECTIONS, operations
from sandbox.google import definitions, schemas
from unit.sandbox.google.calls import Call, Json, calls
from unit.sandbox.google.front import Answer, Front

# Methods of tokens and objects, which have servers of their own.
_ELSEWHERE = ("sts.", "iamcredentials.", "storage.objects.")
# Methods whose requests need an earlier answer, or are refused; `test_front.py` sends them.
_ALONE = frozenset(
    {
        "cloudkms.projects.locations.keyRings.cryptoKeys.decrypt",
        "iam.projects.serviceAccounts.undelete",
        "sql.Backups.DeleteBackup",
        "sql.Backups.GetBackup",
        *(f"sql.instances.{verb}" for verb in ("executeSql", "export", "import", "restoreBackup")),
        *(f"cloudresourcemanager.tagValues.{verb}" for verb in ("create", "get", "list", "patch", "delete")),
        *(f"cloudresourcemanager.tagBindings.{verb}" for verb in ("create", "delete")),
    }
)
# The peering of a network, which Google reads only by a list.
_NOT_AT_GOOGLE = frozenset({"servicenetworking.services.connections.get"})


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """The front over a new cloud."""
    made = Front(tmp_path_factory.mktemp("cloud"))
    yield made
    made.cloud.store.close()


@pytest.fixture(scope="module")
def answers(front: Front) -> list[Answer]:
    """The answers to all requests, in their order."""
    return send_all(front)


def send_all(front: Front) -> list[Answer]:
    """Send all requests, each with the number of the resource that was created last in its collection."""
    answered: list[Answer] = []
    numbers: dict[str, str] = {}
    for call in calls():
        collection = re.split(r"/\{number\}|\?", call.url)[0]
        answer = front.send(call, numbers.get(collection, ""))
        if call.method == "POST" and answer.status == 200:
            numbers[collection] = _identity(answer.body)
        answered.append(answer)
    return answered


def test_every_request_is_answered(answers: list[Answer]) -> None:
    failed = [
        f"{answer.call.method} {answer.url}: {answer.body['error']}" for answer in answers if answer.status >= 300
    ]
    assert "\n".join(failed) == ""


def test_every_id_fits_the_signed_64_bits_of_the_vendors_provider(answers: list[Answer]) -> None:
    ids = [str(answer.body.get("id", "")) for answer in answers if "/compute/" in answer.url or "/dns/" in answer.url]

    numbers = [int(text) for text in ids if text.isdecimal()]
    assert len(numbers) > 5
    assert max(numbers) < 2**63


def test_every_answer_fits_its_schema(answers: list[Answer]) -> None:
    problems = [
        f"{definition.id}: {problem}"
        for answer in answers
        if answer.status == 200 and (definition := _definition(answer)) is not None
        for problem in schemas.misfits(definition.api, definition.response or {}, answer.body)
    ]
    assert "\n".join(problems) == ""


def test_every_operation_is_found_again(answers: list[Answer], front: Front) -> None:
    polled = [answer.body for answer in answers if _is_operation(answer) and "selfLink" in answer.body]
    assert polled
    for operation in polled:
        path = re.sub(r"^https://www\.googleapis\.com/", "https://compute.googleapis.com/", operation["selfLink"])
        again = front.send(
            Call("GET", re.sub(r"^https://(sqladmin\.googleapis\.com)/(sql)", r"\1/\2", path.removeprefix("https://")))
        )
        assert (again.status, again.body["status"]) == (200, "DONE")
    for answer in answers:
        if _is_operation(answer) and "done" in answer.body:
            host, version = answer.url.split("/")[:2]
            again = front.send(Call("GET", f"{host}/{version}/{answer.body['name']}"))
            assert (again.status, again.body["done"]) == (200, True)


def test_every_method_of_the_cloud_is_reached(answers: list[Answer], front: Front) -> None:
    """A method that only our plugin reaches would be missing for every other client."""
    logged = {entry.method for entry in front.cloud.store.calls()} | _ALONE | _NOT_AT_GOOGLE
    own = {
        method.id
        for collection in COLLECTIONS
        if not issubclass(collection, operations.Operations)
        for method in collection().methods()
        if not method.id.startswith(_ELSEWHERE)
    }
    assert "\n".join(sorted(own - logged)) == ""
    assert answers


def _identity(body: Json) -> str:
    """The last part of the name of a created resource, also in an operation."""
    made: Json = body.get("response") or body.get("backupContext") or body
    return str(made.get("name") or made.get("id") or made.get("backupId") or "").rpartition("/")[2]


def _definition(answer: Answer) -> definitions.Definition | None:
    target, _, query = answer.url.partition("?")
    host, _, path = target.partition("/")
    return None if "fields=" in query else definitions.find(host, answer.call.method, path)


def _is_operation(answer: Answer) -> bool:
    definition = _definition(answer)
    response = (definition.response or {}) if definition else {}
    return answer.status == 200 and str(response.get("$ref", "")).endswith("Operation")
