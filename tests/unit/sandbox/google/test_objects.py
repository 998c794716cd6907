"""Objects over Cloud Storage's own protocol: contents, generations, lists, and who may reach what."""

import json
import secrets
from urllib.parse import quote

import pytest
import requests

from unit.sandbox.google.clients import ADMIN, BUCKET, PROJECT, World, error

ALL = ("storage.objects.create", "storage.objects.delete", "storage.objects.get", "storage.objects.list")
API = "https://storage.googleapis.com/storage/v1/b"
UPLOAD = "https://storage.googleapis.com/upload/storage/v1/b"


@pytest.fixture(scope="module")
def writer(world: World) -> str:
    """The token of an account that may do everything with the bucket's objects."""
    member = world.account("writer")
    world.allow(member, *ALL)
    return world.token(member)


@pytest.fixture
def folder() -> str:
    """A part of the bucket that no other test uses."""
    return f"f{secrets.token_hex(4)}"


def put(world: World, token: str, name: str, content: bytes = b"x", **query: str) -> requests.Response:
    parameters = {"uploadType": "media", "name": name, **query}
    return world.send("POST", f"{UPLOAD}/{BUCKET}/o", token, params=parameters, data=content)


def put_in_parts(world: World, token: str, name: str, content: str, **query: str) -> requests.Response:
    """An upload whose first part is the metadata, as Google's clients make it."""
    metadata = json.dumps({"name": name, "contentType": "text/plain"})
    parts = [f"Content-Type: application/json\r\n\r\n{metadata}", f"Content-Type: text/plain\r\n\r\n{content}"]
    body = "".join(f"--b\r\n{part}\r\n" for part in parts) + "--b--"
    kind = {"Content-Type": "multipart/related; boundary=b"}
    parameters = {"uploadType": "multipart", **query}
    return world.send("POST", f"{UPLOAD}/{BUCKET}/o", token, params=parameters, data=body.encode(), headers=kind)


def at(name: str, bucket: str = BUCKET) -> str:
    return f"{API}/{bucket}/o/{quote(name, safe='')}"


def names(world: World, token: str, **query: str) -> tuple[list[str], list[str]]:
    listed = world.send("GET", f"{API}/{BUCKET}/o", token, params=query).json()
    return [item["name"] for item in listed["items"]], listed["prefixes"]


@pytest.mark.parametrize(
    "name", ["plain", "a/b/c.json", "with blank", "100%.txt", "a%2Fb", "grün/ö", "q?x=1&y#z", "a:b@c"]
)
def test_an_object_of_any_name_is_written_read_and_deleted(world: World, writer: str, folder: str, name: str) -> None:
    path, content = f"{folder}/{name}", secrets.token_bytes(100_000)
    written = put(world, writer, path, content).json()
    assert (written["name"], written["bucket"], written["size"]) == (path, BUCKET, "100000")
    assert world.send("GET", at(path), writer).json()["generation"] == written["generation"]
    assert world.send("GET", f"{at(path)}?alt=media", writer).content == content
    assert world.send("GET", f"https://storage.googleapis.com/{BUCKET}/{quote(path)}", writer).content == content
    part = world.send("GET", f"{at(path)}?alt=media", writer, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, content[10:20])
    assert path in world.objects()
    assert world.send("DELETE", at(path), writer).ok
    gone = world.send("GET", at(path), writer)
    assert (gone.status_code, error(gone)["message"]) == (404, f"No such object: {BUCKET}/{path}")
    assert path not in world.objects()


def test_an_upload_in_parts_names_its_object_in_the_first(world: World, writer: str, folder: str) -> None:
    assert put_in_parts(world, writer, f"{folder}/m", "hello").json()["name"] == f"{folder}/m"
    assert world.send("GET", f"{at(f'{folder}/m')}?alt=media", writer).text == "hello"


def test_a_resumable_upload_goes_on_at_the_address_that_it_was_given(world: World, writer: str, folder: str) -> None:
    url, metadata = f"{UPLOAD}/{BUCKET}/o?uploadType=resumable", {"name": f"{folder}/r"}
    session = world.send("POST", url, writer, json=metadata).headers["Location"]
    assert session.startswith("https://storage.googleapis.com/upload/")
    assert world.send("PUT", session, writer, data=b"resumed").ok
    assert world.send("GET", f"{at(f'{folder}/r')}?alt=media", writer).text == "resumed"
    assert world.send("PUT", session).status_code == 401


def test_a_copy_has_the_content(world: World, writer: str, folder: str) -> None:
    put(world, writer, f"{folder}/a", b"original")
    copy = f"{at(f'{folder}/a')}/rewriteTo/b/{BUCKET}/o/{quote(f'{folder}/b', safe='')}"
    assert world.send("POST", copy, writer, json={}).json()["done"] is True
    assert world.send("GET", f"{at(f'{folder}/b')}?alt=media", writer).text == "original"
    missing = f"{at(f'{folder}/none')}/rewriteTo/b/{BUCKET}/o/{quote(f'{folder}/c', safe='')}"
    assert world.send("POST", missing, writer, json={}).status_code == 404


def test_lists_know_prefixes_and_folders(world: World, writer: str, folder: str) -> None:
    for name in ("a/1", "a/2", "b/1", "c"):
        put(world, writer, f"{folder}/{name}")
    assert names(world, writer, prefix=f"{folder}/a/") == ([f"{folder}/a/1", f"{folder}/a/2"], [])
    below = names(world, writer, prefix=f"{folder}/", delimiter="/")
    assert below == ([f"{folder}/c"], [f"{folder}/a/", f"{folder}/b/"])
    assert names(world, writer, prefix=f"{folder}/none/") == ([], [])


def test_a_write_on_a_condition_that_does_not_hold_changes_nothing(world: World, writer: str, folder: str) -> None:
    first = put_in_parts(world, writer, f"{folder}/a", "first", ifGenerationMatch="0").json()
    assert put_in_parts(world, writer, f"{folder}/a", "second", ifGenerationMatch="0").status_code == 412
    assert put_in_parts(world, writer, f"{folder}/b", "new", ifGenerationMatch="7").status_code == 412
    assert world.send("GET", f"{at(f'{folder}/a')}?alt=media", writer).text == "first"
    assert f"{folder}/b" not in world.objects()
    assert put_in_parts(world, writer, f"{folder}/a", "third", ifGenerationMatch=first["generation"]).ok


def test_a_condition_that_would_be_ignored_is_refused_by_name(world: World, writer: str, folder: str) -> None:
    refused = [
        put(world, writer, f"{folder}/a", ifGenerationMatch="0"),
        world.send("DELETE", at(f"{folder}/a"), writer, params={"ifGenerationMatch": "0"}),
    ]
    assert [answer.status_code for answer in refused] == [501, 501]
    assert all("ifGenerationMatch of" in error(answer)["message"] for answer in refused)


def test_an_object_that_went_without_a_call_here_is_gone(world: World, writer: str, folder: str) -> None:
    put(world, writer, f"{folder}/a/1")
    put(world, writer, f"{folder}/b")
    encoded = quote(f"{folder}/a/1", safe="")
    world.bind("storage.buckets", f"{PROJECT}/buckets/{BUCKET}", "roles/storage.objectAdmin", ADMIN.member)
    world.cloud.call("storage.objects.delete", f"{PROJECT}/buckets/{BUCKET}/objects/{encoded}", ADMIN)
    assert world.send("GET", at(f"{folder}/a/1"), writer).status_code == 404
    assert names(world, writer, prefix=f"{folder}/", delimiter="/") == ([f"{folder}/b"], [])


@pytest.mark.parametrize("missing", ALL)
def test_each_method_needs_its_permission(world: World, writer: str, folder: str, missing: str) -> None:
    put(world, writer, f"{folder}/there")
    member = world.account(f"no-{missing.rpartition('.')[2]}-{folder}")
    world.allow(member, *(permission for permission in ALL if permission != missing))
    token = world.token(member)
    tried = {
        "storage.objects.create": lambda: put(world, token, f"{folder}/new"),
        "storage.objects.get": lambda: world.send("GET", at(f"{folder}/there"), token),
        "storage.objects.list": lambda: world.send("GET", f"{API}/{BUCKET}/o", token, params={"prefix": folder}),
        "storage.objects.delete": lambda: world.send("DELETE", at(f"{folder}/there"), token),
    }
    answers = {permission: call() for permission, call in tried.items()}
    refused = {permission for permission, answer in answers.items() if answer.status_code == 403}
    assert refused == {missing}
    message = error(answers[missing])["message"]
    assert f"{member.partition(':')[2]} does not have {missing} access to the Google Cloud Storage " in message
    assert message.endswith(f"Permission '{missing}' denied on resource (or it may not exist).")


def test_overwriting_needs_the_right_to_delete(world: World, folder: str) -> None:
    member = world.account(f"creator-{folder}")
    world.allow(member, "storage.objects.create", "storage.objects.get")
    token = world.token(member)
    assert put(world, token, f"{folder}/a", b"first").ok
    refused = put(world, token, f"{folder}/a", b"second")
    assert "storage.objects.delete" in error(refused)["message"]
    assert world.send("GET", f"{at(f'{folder}/a')}?alt=media", token).text == "first"


def test_a_role_for_one_folder_is_one_for_that_folder(world: World, writer: str, folder: str) -> None:
    put(world, writer, f"{folder}/other/a")
    own = f"{folder}/own/"
    condition = f"resource.name.startsWith('projects/_/buckets/{BUCKET}/objects/{own}')"
    member = world.account(f"folder-{folder}")
    world.allow(member, *ALL, condition=condition)
    token = world.token(member)
    assert put(world, token, f"{own}a").ok
    refused = [
        # A list is asked on the bucket, whatever its prefix.
        world.send("GET", f"{API}/{BUCKET}/o", token, params={"prefix": own}),
        put(world, token, f"{folder}/other/b"),
        world.send("GET", at(f"{folder}/other/a"), token),
        world.send("DELETE", at(f"{folder}/other/a"), token),
        world.send("GET", f"{API}/{BUCKET}/o", token, params={"prefix": f"{folder}/"}),
        world.send("GET", f"{API}/{BUCKET}/o", token),
    ]
    assert [answer.status_code for answer in refused] == [403] * len(refused)


def test_a_bucket_is_read_and_one_that_is_not_there_is_not_found(world: World, writer: str) -> None:
    assert world.send("GET", f"{API}/{BUCKET}", world.token(ADMIN.member)).json()["name"] == BUCKET
    assert "storage.buckets.get" in error(world.send("GET", f"{API}/{BUCKET}", writer))["message"]
    for url in (f"{API}/none", f"{API}/none/o", at("a", "none")):
        missing = world.send("GET", url, writer)
        assert (missing.status_code, error(missing)["message"]) == (404, "The specified bucket does not exist.")


def test_without_a_token_nothing_is_told(world: World) -> None:
    for token in ("", "ya29.unknown"):
        response = world.send("GET", at("a"), token)
        assert (response.status_code, error(response)["errors"][0]["reason"]) == (401, "authError")


@pytest.mark.parametrize(
    ("method", "url"),
    [("PATCH", at("a")), ("PUT", at("a")), ("POST", f"{at('a')}/compose"), ("DELETE", f"{API}/{BUCKET}/o")],
)
def test_what_is_not_simulated_is_refused_by_name(world: World, writer: str, method: str, url: str) -> None:
    response = world.send(method, url, writer, json={})
    assert response.status_code == 501
    assert f"{method} {url} is not simulated" in error(response)["message"]


def test_an_upload_may_end_its_lines_by_a_line_feed_alone(world: World, writer: str) -> None:
    parts = ("--b", "Content-Type: application/json", "", '{"name": "lines"}')
    content = ("--b", "Content-Type: text/plain", "", "hello", "--b--", "")
    headers = {"Content-Type": "multipart/related; boundary=b"}
    url = f"{UPLOAD}/{BUCKET}/o?uploadType=multipart"
    made = world.send("POST", url, writer, data="\n".join((*parts, *content)), headers=headers)
    assert (made.status_code, made.json()["name"]) == (200, "lines")
    removed = world.send("DELETE", at("lines"), writer)
    assert (removed.status_code, removed.content) == (204, b"")


@pytest.mark.parametrize("query", ["uploadType=media", "uploadType=multipart", "uploadType=resumable"])
def test_an_upload_without_a_name_is_refused(world: World, writer: str, query: str) -> None:
    response = world.send("POST", f"{UPLOAD}/{BUCKET}/o?{query}", writer, data=b"{}")
    assert (response.status_code, error(response)["message"]) == (400, "Required parameter: name")
