import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.history import logs
from cli.history.backends import bucket_at
from cli.history.bucket import Bucket
from cli.history.file_store import Folder
from toolchain.errors import ToolError, UsageError
from unit.cli.google import double
from unit.cli.google.double import Answer, Session
from unit.cli.history.test_entries import entry

UNTIL = datetime(2026, 5, 31, tzinfo=UTC)


def bucket(*answers: Answer) -> tuple[Bucket, Session]:
    """A bucket that answers so, read as an account."""
    client, session = double.client(*answers)
    return Bucket(client, "b", "shop/"), session


def test_a_buckets_names_come_page_by_page_and_without_its_folder() -> None:
    place, session = bucket(
        (200, {"items": [{"name": "shop/.pulumi/a"}], "nextPageToken": "t"}),
        (200, {"items": [{"name": "shop/.pulumi/b"}]}),
    )
    assert list(place.names(".pulumi/")) == [".pulumi/a", ".pulumi/b"]
    assert [asked.parameters["prefix"] for asked in session.asked] == ["shop/.pulumi/"] * 2
    assert session.asked[1].parameters["pageToken"] == "t"


def test_an_object_is_read_by_its_whole_name() -> None:
    place, session = bucket((200, b"content"))
    assert place.read("a/b.json") == b"content"
    assert session.asked[0].url.endswith("/b/b/o/shop%2Fa%2Fb.json")


def test_a_refused_reader_is_told_what_it_takes() -> None:
    place, _ = bucket((403, {}))
    with pytest.raises(ToolError, match=r"could not read gs://b/shop/ as reader@p\S* .*403.*storage\.objects\.list"):
        list(place.names(".pulumi/"))


@pytest.mark.parametrize("address", ["s3://bucket", "gs://", "bucket"])
def test_a_place_that_is_no_bucket_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="is no place that can be read here"):
        bucket_at(address)


def test_a_folder_that_is_not_there_has_no_files(tmp_path: Path) -> None:
    assert list(Folder(tmp_path).names(".pulumi/history/")) == []


def export(folder: Path, day: str, *entries: dict[str, Any]) -> Path:
    """A file as a sink writes it."""
    file = folder / f"cloudaudit.googleapis.com/activity/{day}/10:00:00_10:59:59_S0.json"
    file.parent.mkdir(parents=True)
    file.write_text("\n".join(map(json.dumps, entries)) + "\n")
    return file


def test_days_that_are_not_asked_for_are_not_opened(tmp_path: Path) -> None:
    export(tmp_path, "2026/05/03", entry())
    for day in ("2026/04/01", "2026/06/02"):
        export(tmp_path, day).write_text('{"logName": "cloudaudit.googleapis.com/activity"')
    found = logs.exported(Folder(tmp_path), datetime(2026, 5, 1, tzinfo=UTC), UNTIL)

    assert list(found) == [entry()]


def test_a_folder_without_an_export_is_no_answer(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"has no files that end in \.json"):
        list(logs.exported(Folder(tmp_path), None, UNTIL))


def test_a_file_that_is_no_export_is_named(tmp_path: Path) -> None:
    export(tmp_path, "2026/05/03").write_text('"cloudaudit.googleapis.com/activity" {')
    with pytest.raises(ToolError, match=r"10:59:59_S0.json in LOGS is no export of Cloud Logging"):
        list(logs.exported(Folder(tmp_path), None, UNTIL))


def asked(*answers: Answer) -> tuple[Callable[[], list[Any]], Session]:
    """A question to Cloud Logging."""
    client, session = double.client(*answers)
    since = datetime(2026, 5, 1, tzinfo=UTC)
    return lambda: list(logs.logged(client, "p", "r", since, UNTIL).entries), session


def test_cloud_logging_is_asked_for_changes_and_refusals_of_a_time() -> None:
    ask, session = asked((200, {"entries": [entry()], "nextPageToken": "t"}), (200, {}))

    assert ask() == [entry()]
    assert session.asked[1].body["pageToken"] == "t"
    assert session.asked[0].body["resourceNames"] == ["projects/p/locations/r/buckets/audit/views/_AllLogs"]
    wanted = session.asked[0].body["filter"]
    for part in ("%2Factivity", "protoPayload.status.code=7", 'timestamp>="2026-05-01', 'timestamp<="2026-05-31'):
        assert part in wanted


def test_cloud_logging_is_asked_for_reads_where_they_are_asked_for() -> None:
    client, session = double.client((200, {}))
    told = logs.logged(client, "p", "r", None, UNTIL, reads=True)
    assert list(told.entries) == []
    assert told.complete
    assert 'data_access")' in session.asked[0].body["filter"]


def test_who_may_not_read_the_log_is_told_which_role_it_takes() -> None:
    ask, _ = asked((403, {}), (403, {}))
    with pytest.raises(ToolError, match=r"answered 403.*roles/logging\.viewer"):
        ask()


@pytest.mark.parametrize("closed", [403, 404])
def test_where_the_locked_log_is_closed_the_projects_own_is_read(closed: int) -> None:
    client, session = double.client((closed, {}), (200, {"entries": [entry()], "nextPageToken": "t"}), (200, {}))
    told = logs.logged(client, "p", "r", None, UNTIL)
    assert list(told.entries) == [entry()]
    assert not told.complete
    assert [each.body["resourceNames"] for each in session.asked[1:]] == [["projects/p"], ["projects/p"]]
