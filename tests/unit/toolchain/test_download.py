import hashlib
import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from toolchain import download
from toolchain.environments import CHECKOUT
from toolchain.progress import Step
from waiting import eventually

from .file_server import DROP, NO_RANGE, FileServer, serving

NAME = "thing-v1.2.3-linux-amd64.tar.gz"
CONTENT = os.urandom(3_000_000)


def archive(member: str = "thing", content: bytes = CONTENT) -> bytes:
    """An archive with one program."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as written:
        entry = tarfile.TarInfo(member)
        entry.size, entry.mode = len(content), 0o755
        written.addfile(entry, io.BytesIO(content))
    return file.getvalue()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses between attempts, which are not made."""
    made: list[float] = []
    monkeypatch.setattr("time.sleep", made.append)
    return made


@pytest.fixture
def host(cache_home: Path, waits: list[float]) -> Iterator[FileServer]:
    with serving() as served:
        served.files[NAME] = archive()
        yield served


def fetch(host: FileServer, folder: Path, digest: str = "", step: Step | None = None) -> None:
    expected = digest or hashlib.sha256(host.files[NAME]).hexdigest()
    download.unpacked(f"{host.address}/{NAME}", expected, folder, step or Step("downloading"))


def left(cache_home: Path) -> list[Path]:
    return list((cache_home / "downloads").iterdir())


def test_an_archive_with_the_expected_digest_is_unpacked(host: FileServer, tmp_path: Path, cache_home: Path) -> None:
    fetch(host, tmp_path)

    assert (tmp_path / "thing").read_bytes() == CONTENT
    assert os.access(tmp_path / "thing", os.X_OK)
    assert host.ranges == [""]
    assert left(cache_home) == []


def test_a_dropped_connection_is_continued_where_it_ended(host: FileServer, tmp_path: Path) -> None:
    host.script = [DROP, DROP]

    fetch(host, tmp_path)

    half = len(host.files[NAME]) // 2
    assert host.ranges == ["", f"bytes={half}-", f"bytes={half + (len(host.files[NAME]) - half) // 2}-"]
    assert (tmp_path / "thing").read_bytes() == CONTENT


def test_a_server_that_cannot_continue_sends_the_whole_file_again(host: FileServer, tmp_path: Path) -> None:
    host.script = [DROP, NO_RANGE]

    fetch(host, tmp_path)

    assert (tmp_path / "thing").read_bytes() == CONTENT


def test_a_wrong_file_is_refused_and_removed(host: FileServer, tmp_path: Path, cache_home: Path) -> None:
    with pytest.raises(download.WrongFileError, match=rf"{NAME} has SHA-256 .*, expected is 0000.*it was removed"):
        fetch(host, tmp_path, "0" * 64)

    assert left(cache_home) == []
    assert not (tmp_path / "thing").exists()


def test_an_archive_with_a_path_that_leads_out_is_refused(host: FileServer, tmp_path: Path) -> None:
    host.files[NAME] = archive("../outside")

    with pytest.raises(download.UnavailableError, match="outside"):
        fetch(host, tmp_path / "folder")

    assert not (tmp_path / "outside").exists()


def test_a_file_that_is_not_there_is_asked_for_once(host: FileServer, tmp_path: Path, waits: list[float]) -> None:
    digest = hashlib.sha256(host.files.pop(NAME)).hexdigest()

    with pytest.raises(download.UnavailableError, match="answers HTTP 404"):
        fetch(host, tmp_path, digest)

    assert waits == []


def test_a_busy_server_is_asked_again_after_the_time_that_it_states(
    host: FileServer, tmp_path: Path, waits: list[float]
) -> None:
    host.script, host.patience = [503, 503], "7"

    fetch(host, tmp_path)

    assert waits == [7.0, 7.0]


def test_a_server_that_is_busy_for_an_hour_is_not_waited_for(
    host: FileServer, tmp_path: Path, waits: list[float]
) -> None:
    host.script, host.patience = [503], "3600"

    with pytest.raises(download.UnavailableError, match="failed once, at last: HTTP 503"):
        fetch(host, tmp_path)

    assert waits == []


def test_attempts_are_bounded_with_growing_pauses_and_what_was_received_stays(
    host: FileServer, tmp_path: Path, waits: list[float], cache_home: Path
) -> None:
    host.script = [DROP, *[503] * 9]

    with pytest.raises(download.UnavailableError, match="failed 5 times"):
        fetch(host, tmp_path)

    assert waits == [1.0, 2.0, 4.0, 8.0]
    assert [part.stat().st_size for part in left(cache_home)] == [len(host.files[NAME]) // 2]


def test_progress_is_in_bytes_with_the_time_that_is_left(
    host: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[str] = []
    monkeypatch.setattr(Step, "note", property(lambda _: "", lambda _, note: notes.append(note)), raising=False)

    fetch(host, tmp_path)

    assert notes[1].startswith("0 of 3 MB, about ")
    assert notes[-1] == "3 MB"


def test_a_download_that_is_killed_in_the_middle_is_continued_by_the_next_run(
    host: FileServer, tmp_path: Path, cache_home: Path
) -> None:
    digest = hashlib.sha256(host.files[NAME]).hexdigest()
    host.script, host.hang = [DROP], True
    script = (
        "from pathlib import Path\nfrom toolchain import download\nfrom toolchain.progress import Step\n"
        f"download.unpacked({host.address + '/' + NAME!r}, {digest!r}, Path({str(tmp_path)!r}), Step(''))"
    )
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT / "tools")}
    with subprocess.Popen([sys.executable, "-c", script], env=env) as child:
        assert host.half_sent.wait(30)
        part = cache_home / "downloads" / digest
        eventually(lambda: part.exists() and part.stat().st_size > 0)
        child.send_signal(signal.SIGKILL)
    received = part.stat().st_size

    fetch(host, tmp_path)

    assert host.ranges == ["", f"bytes={received}-"]
    assert (tmp_path / "thing").read_bytes() == CONTENT


def test_a_file_that_was_complete_when_its_run_was_killed_is_not_downloaded_again(
    host: FileServer, tmp_path: Path, cache_home: Path
) -> None:
    content = host.files[NAME]
    part = cache_home / "downloads" / hashlib.sha256(content).hexdigest()
    part.parent.mkdir(parents=True)
    part.write_bytes(content)

    fetch(host, tmp_path)

    assert host.ranges == [f"bytes={len(content)}-"]
    assert (tmp_path / "thing").read_bytes() == CONTENT


def test_a_part_that_is_longer_than_the_file_is_dropped(host: FileServer, tmp_path: Path, cache_home: Path) -> None:
    content = host.files[NAME]
    part = cache_home / "downloads" / hashlib.sha256(content).hexdigest()
    part.parent.mkdir(parents=True)
    part.write_bytes(content + b"more")

    fetch(host, tmp_path)

    assert host.ranges == [f"bytes={len(content) + 4}-", ""]


def test_a_folder_of_this_machine_serves_as_well(cache_home: Path, tmp_path: Path) -> None:
    content = archive()
    (tmp_path / NAME).write_bytes(content)
    address = (tmp_path / NAME).as_uri()

    download.unpacked(address, hashlib.sha256(content).hexdigest(), tmp_path, Step("downloading"))

    assert download.reachable(address)
    assert (tmp_path / "thing").read_bytes() == CONTENT


def test_a_host_that_does_not_answer_is_given_up_within_three_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()

    def hang(*arguments: object, **options: object) -> None:
        over.wait()
        raise OSError("the vendor did not answer")

    monkeypatch.setattr("urllib.request.urlopen", hang)
    assert download.PROBE_SECONDS <= 3
    monkeypatch.setattr(download, "PROBE_SECONDS", 0.2)

    assert not download.reachable("https://vendor.invalid/x")  # it would not return before `over` is set

    over.set()
