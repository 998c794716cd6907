"""A process of its own for each mutant, which may do anything."""

import math
import os
import resource
import time
import traceback
from collections.abc import Iterator
from typing import Self


def limit(seconds: int) -> None:
    """Let this process be killed after CPU time from now on; how busy the machine is does not count. Never with 0."""
    end = math.ceil(time.process_time()) + seconds if seconds else resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_CPU, (end, resource.RLIM_INFINITY))


class Child:
    """Context whose block runs in both processes; the child ends in it.

    Args:
        seconds: CPU time after which the child is killed; 0 for any.

    Attributes:
        is_inside: whether this is the child.
        text: lines that the child told.
        is_killed: whether the child was killed, as by its limit.
    """

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds
        self.is_inside = False
        self.text = ""
        self.is_killed = False

    def __enter__(self) -> Self:
        """Fork."""
        read, write = os.pipe()
        self._process = os.fork()  # noqa: TID251  for speed; nothing in this process calls gRPC
        if self._process == 0:
            self.is_inside = True
            os.close(read)
            self._pipe = os.fdopen(write, "w", encoding="utf-8")
            limit(self._seconds)
            silent = os.open(os.devnull, os.O_RDWR)
            for standard in (0, 1, 2):
                os.dup2(silent, standard)
        else:
            os.close(write)
            self._pipe = os.fdopen(read, encoding="utf-8")
        return self

    def tell(self, line: str) -> None:
        """Tell the parent a line."""
        self._pipe.write(f"{line}\n")
        self._pipe.flush()

    def end(self) -> None:
        """End the child."""
        os._exit(0)

    def __exit__(self, *_: object) -> None:
        """Wait for the child.

        Raises:
            ChildProcessError: an error ended the child.
        """
        if self.is_inside:
            self.tell(traceback.format_exc())
            os._exit(1)
        self.text = "".join(self.lines())
        self._pipe.close()
        status = os.waitpid(self._process, 0)[1]
        self.is_killed = os.WIFSIGNALED(status)
        if status and not self.is_killed:
            raise ChildProcessError(self.text)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the child, as it tells them."""
        yield from self._pipe
