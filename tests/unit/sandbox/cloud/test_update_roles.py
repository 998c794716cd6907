"""Table of predefined roles, written from a published list."""

import gzip
import json
from pathlib import Path

import pytest

from sandbox.cloud import update_roles
from sandbox.cloud.errors import ApiError

PUBLISHED = {"roles/a": ["x.y.get", "x.y.list", "z.w.get"], "roles/b": ["z.w.get"]}


def test_the_table_holds_what_the_simulation_knows_of_each_role() -> None:
    table = update_roles.table({"roles/b", "roles/a"}, PUBLISHED, frozenset({"x.y.list", "x.y.get"}))
    assert table == {"roles/a": ["x.y.get", "x.y.list"], "roles/b": []}


def test_a_role_that_was_never_published_is_named() -> None:
    with pytest.raises(ApiError, match="Not in the published list, so nothing was written: roles/c"):
        update_roles.table({"roles/a", "roles/c"}, PUBLISHED, frozenset())


@pytest.mark.parametrize("packed", [False, True])
def test_a_list_is_read_plain_or_gzipped(tmp_path: Path, packed: bool) -> None:
    file, text = tmp_path / "list", json.dumps(PUBLISHED).encode()
    file.write_bytes(gzip.compress(text) if packed else text)
    assert update_roles.read_published(file) == PUBLISHED


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"roles/a": 1}', b"\x1f\x8bno"])
def test_what_is_no_list_is_refused_by_its_path(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "list"
    file.write_bytes(content)
    with pytest.raises(ApiError, match=f"{file} .* nothing was written"):
        update_roles.read_published(file)


def test_a_missing_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(ApiError, match="absent cannot be read"):
        update_roles.read_published(tmp_path / "absent")
