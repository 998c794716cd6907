"""Runs a judge as a process of its own, and measures its processor seconds and its memory.

Seconds are of a processor, because other work on the machine changes them little.
"""

import ctypes
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from toolchain.errors import ToolError

_EVERY = 0.02  # seconds between two looks at the memory, whose high-water mark the kernel keeps


@dataclass(frozen=True)
class Ended:
    """Result of a process: processor seconds, megabytes at the peak, and standard output."""

    seconds: float
    megabytes: float
    output: str


def run(command: Sequence[str], folder: Path, env: Mapping[str, str], text: str = "") -> Ended:
    """Run a command with a text on its standard input.

    Raises:
        ToolError: it failed.
    """
    with TemporaryFile("w+") as given, TemporaryFile("w+") as output, TemporaryFile("w+") as errors:
        given.write(text)
        given.seek(0)
        before, megabytes = _of_ended_processes(), 0.0
        with subprocess.Popen(  # noqa: S603  the judges' own programs
            command, cwd=folder, env=dict(env), stdin=given, stdout=output, stderr=errors
        ) as process:
            try:
                while process.poll() is None:
                    megabytes = max(megabytes, high_water(process.pid))
                    time.sleep(_EVERY)
            except BaseException:
                process.kill()
                raise
        seconds = _of_ended_processes() - before
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            raise ToolError(
                f"`{' '.join(command)}` ended with {process.returncode}, so this judge was not measured:\n"
                f"{errors.read()[-2000:]}"
            )
        return Ended(seconds, megabytes, output.read())


def high_water(process: int) -> float:
    """Most megabytes that a process has held; 0 for one that has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)


def seconds(process: int) -> float:
    """Processor seconds of a running process (clock_getcpuclockid(3))."""
    clock = ctypes.c_int()
    failed = ctypes.CDLL(None).clock_getcpuclockid(process, ctypes.byref(clock))
    if failed:
        raise ToolError(f"process {process} has ended, so its time is not known and its judge was not measured.")
    return time.clock_gettime(clock.value)


def _of_ended_processes() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
