"""Launcher that replaces itself by a program, which the kernel ends together with the launcher's parent (Linux).

Arguments: the parent's process ID, the program, its arguments. It is started by path, without any package.

A separate program rather than a function between fork and exec (`preexec_fn`): for such a function Python calls fork
instead of vfork, and fork runs the handlers of the libraries in the process. The handlers of gRPC hang, or abort the
child, while gRPC's threads are active.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_NOT_STARTED = 127  # a shell's exit code for it


def main(parent: int, command: list[str]) -> int:
    """Start the program; return an exit code only when it could not be started."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent ended before the system call
            return _NOT_STARTED
    for ignored_by_python in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored_by_python, signal.SIG_DFL)
    # A program that a script starts in the background ignores interrupts, so that the terminal's do not reach it. A
    # process group of its own is interrupted by the parent alone, which must not wait for a program that ignores this.
    if os.getpgrp() == os.getpid() or signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    try:
        os.execvp(command[0], command)  # noqa: S606  the caller's program
    except OSError as error:
        sys.stderr.write(f"error: {command[0]} cannot be started: {error.strerror}\n")
    return _NOT_STARTED


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
