"""Programs that a command starts."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from toolchain.environments import CHECKOUT
from waiting import LONGEST_SECONDS

# It says that it runs, and when it is interrupted it has something to put in order.
_PROGRAM = """
import pathlib, time
try:
    print("runs", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(1)
    pathlib.Path({file!r}).write_text("in order")
    raise
"""


def test_an_interrupt_lets_the_program_put_things_in_order(tmp_path: Path) -> None:
    file = tmp_path / "file"
    script = tmp_path / "script.py"
    script.write_text(_PROGRAM.format(file=str(file)), encoding="utf-8")
    profiled = [f"--outfile={tmp_path / 'profile'}", str(script)]
    code = f"from cli import programs; print(programs.run('cProfile', {profiled!r}))"
    # Where the tests run in the background of a script, Ctrl-C is ignored; at a person's terminal it is not.
    command = ["env", "--default-signal=INT", sys.executable, "-c", code]
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT / "tools")}
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "runs\n"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        printed, _ = process.communicate(timeout=LONGEST_SECONDS)

    assert file.read_text(encoding="utf-8") == "in order"
    assert printed == "130\n"
