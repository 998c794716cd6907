import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from toolchain import cache
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError
from waiting import LONGEST_SECONDS


def _quiet(holder: str) -> None:
    pass


def _empty(folder: Path) -> None:
    pass


def _partials(root: Path) -> list[Path]:
    return list(root.rglob("*.partial"))


def test_an_entry_is_made_once_and_then_reused(cache_home: Path) -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        (folder / "tool").write_text("x")

    first = cache.fill("thing", "key", make, _quiet)
    second = cache.fill("thing", "key", make, _quiet)

    assert first == second == cache_home / "thing" / "key"
    assert (first / "tool").read_text() == "x"
    assert len(made) == 1


def test_an_entry_whose_making_fails_is_absent_and_leaves_nothing(cache_home: Path) -> None:
    def make(folder: Path) -> None:
        (folder / "half").write_text("x")
        raise ToolError("broken")

    with pytest.raises(ToolError, match="broken"):
        cache.fill("thing", "key", make, _quiet)

    assert cache.entry("thing", "key") is None
    assert not _partials(cache_home)


def test_what_a_killed_run_left_is_removed_by_the_next(cache_home: Path) -> None:
    left = cache_home / "thing" / "key.abc.partial"
    left.mkdir(parents=True)
    (left / "half").write_text("x")

    cache.fill("thing", "key", _empty, _quiet)

    assert not left.exists()


def test_an_entry_unused_for_a_month_is_removed_and_a_used_one_stays(cache_home: Path) -> None:
    long_ago = time.time() - 40 * 86400
    for key in ("old", "used"):
        cache.fill("thing", key, _empty, _quiet)
        os.utime(cache_home / "thing" / key, (long_ago, long_ago))
    cache.entry("thing", "used")

    cache.fill("thing", "new", _empty, _quiet)

    assert not (cache_home / "thing" / "old").exists()
    assert (cache_home / "thing" / "used").exists()


def test_two_runs_at_once_make_the_entry_once_and_the_second_says_for_whom_it_waits(cache_home: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()
    made: list[str] = []
    holders: list[str] = []

    def slow(folder: Path) -> None:
        begun.set()
        go_on.wait(LONGEST_SECONDS)
        made.append("first")

    def waiting(holder: str) -> None:
        holders.append(holder)
        go_on.set()

    first = threading.Thread(target=lambda: cache.fill("thing", "key", slow, _quiet))
    first.start()
    begun.wait(LONGEST_SECONDS)
    cache.fill("thing", "key", lambda _: made.append("second"), waiting)
    first.join()

    assert made == ["first"]
    assert holders == [f"process {os.getpid()}"]


def test_a_killed_holder_frees_the_lock(cache_home: Path) -> None:
    script = (
        "import time\nfrom toolchain import cache\n"
        "def make(folder):\n    (folder / 'half').write_text('x')\n    print('begun', flush=True)\n    time.sleep(60)\n"
        "cache.fill('thing', 'key', make, print)"
    )
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT / "tools")}
    with subprocess.Popen([sys.executable, "-c", script], env=env, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "begun\n"
        assert _partials(cache_home)
        child.send_signal(signal.SIGKILL)
        child.wait()

    entry = cache.fill("thing", "key", lambda folder: (folder / "whole").touch(), _quiet)

    assert (entry / "whole").exists()
    assert not _partials(cache_home)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_one_message_with_the_remedy(cache_home: Path, number: int) -> None:
    def make(folder: Path) -> None:
        raise OSError(number, os.strerror(number), str(folder / "tool"))

    with pytest.raises(ToolError, match=r"storing thing.*the disk is full.*XDG_CACHE_HOME"):
        cache.fill("thing", "key", make, _quiet)

    assert not _partials(cache_home)


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_read_only_cache_is_one_message_with_the_remedy(
    cache_home: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(path: Path, *arguments: object, **options: object) -> None:
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)

    with pytest.raises(ToolError, match=r"cannot write to .*prodfirst.*XDG_CACHE_HOME"):
        cache.fill("thing", "key", _empty, _quiet)


def test_another_error_of_the_system_stays_what_it_is(cache_home: Path) -> None:
    def make(folder: Path) -> None:
        raise FileNotFoundError(errno.ENOENT, "gone", "x")

    with pytest.raises(FileNotFoundError):
        cache.fill("thing", "key", make, _quiet)


def test_a_relative_xdg_cache_home_is_ignored_as_its_specification_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")

    assert cache.root() == Path.home() / ".cache" / "prodfirst"


def test_a_key_changes_with_each_part_and_with_where_parts_end() -> None:
    keys = {cache.key_of("ab", "c"), cache.key_of("a", "bc"), cache.key_of("abc"), cache.key_of("ab", "d")}

    assert len(keys) == 4


def test_a_lock_whose_folder_was_discarded_meanwhile_is_taken_anew(tmp_path: Path) -> None:
    path = tmp_path / "sandbox" / "lock"
    moved = tmp_path / "discarded"

    def waiting(holder: str) -> None:
        threading.Timer(0.1, release.set).start()

    release, held = threading.Event(), threading.Event()

    def discard() -> None:
        with cache.locked(path, _quiet):
            held.set()
            release.wait(LONGEST_SECONDS)
            path.parent.rename(moved)

    first = threading.Thread(target=discard)
    first.start()
    held.wait(LONGEST_SECONDS)
    with cache.locked(path, waiting):
        assert path.exists()
        assert (moved / "lock").exists()
    first.join()
