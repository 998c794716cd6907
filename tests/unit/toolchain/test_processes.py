"""Programs that are started as steps: in any process, at any moment, and ended with it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from toolchain import processes
from toolchain.environments import CHECKOUT

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(CHECKOUT / "tools")}


def test_the_fork_handlers_of_a_library_do_not_run_when_a_program_is_started(tmp_path: Path) -> None:
    """The handlers of gRPC hang or abort the child now and then; a handler that always aborts it stands for them."""
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom toolchain import processes\n"
        "os.register_at_fork(after_in_child=os.abort)\n"
        "sys.exit(abs(processes.run(['true'], cwd=Path('.'), env=dict(os.environ)).code))"
    )

    assert subprocess.run([sys.executable, "-c", script], env=ENVIRONMENT, cwd=tmp_path, check=False).returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a program with its parent")
def test_a_program_ends_with_the_process_that_started_it() -> None:
    script = (
        "import os, subprocess\nfrom toolchain import processes\n"
        "subprocess.Popen(processes.tied(['sh', '-c', 'echo up; exec sleep 60']))\ninput()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"up\n"
        parent.kill()
        assert parent.stdout.read() == b""  # ends with the last process that holds its other end


def test_a_program_whose_parent_has_ended_is_not_started(tmp_path: Path) -> None:
    command = processes.tied(["touch", str(tmp_path / "started")])
    command[command.index(str(os.getpid()))] = "1"  # another process is its parent by now

    assert subprocess.run(command, check=False).returncode == (127 if sys.platform == "linux" else 0)
    assert (tmp_path / "started").exists() == (sys.platform != "linux")


def test_a_program_that_cannot_be_started_is_named_with_the_reason(tmp_path: Path) -> None:
    ended = processes.run(["no-such-program"], cwd=tmp_path, env=dict(os.environ))

    assert ended == processes.ProcessResult(
        127, ("error: no-such-program cannot be started: No such file or directory",)
    )


@pytest.mark.parametrize("number", [signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT])
def test_a_program_gets_the_signals_that_python_ignores_or_handles(tmp_path: Path, number: signal.Signals) -> None:
    command = ["env", "--default-signal=INT", *processes.tied(["sh", "-c", f"kill -{number} $$"])]

    assert subprocess.run(command, cwd=tmp_path, check=False).returncode == -number


@pytest.mark.parametrize(("own_group", "code"), [(True, -signal.SIGINT), (False, 0)])
def test_a_background_job_ignores_interrupts_except_for_those_of_its_own_parent(own_group: bool, code: int) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        command = processes.tied(["sh", "-c", "kill -INT $$"])
        with subprocess.Popen(command, process_group=0 if own_group else None) as child:
            assert child.wait() == code
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_interrupt_that_comes_while_a_program_is_started_ends_it() -> None:
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        child = subprocess.Popen(processes.tied(["sleep", "60"]), process_group=0)
        child.send_signal(signal.SIGINT)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    assert child.wait() == -signal.SIGINT
