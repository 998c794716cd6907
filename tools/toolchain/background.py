"""Work in a background thread, while the command continues."""

import atexit
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from toolchain import processes
from toolchain.progress import ThreadOutput, captured_output, step

T = TypeVar("T")
_LOOK_SECONDS = 0.1
# Killed programs end at once, and what they left unfinished is removed; a download may take longer and is left.
_END_SECONDS = 5.0


class BackgroundWork(Generic[T]):
    """Work in the background, until it is done or this process ends.

    Args:
        work: the work. Its steps and messages are captured, and `result` shows the current step.
        title: name of the work for a person who waits for it.
    """

    def __init__(self, work: Callable[[], T], title: str) -> None:
        self._title = title
        self._future: Future[T] = Future()
        self._output = ThreadOutput()
        # A daemon: a command that ends early ends the work's programs, and waits only for the removal of their files.
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()
        atexit.register(self._end)

    def result(self) -> T:
        """Return the result; wait for it in a step of its own when the work is not done.

        Raises the error of the work.
        """
        if not self._future.done():
            with step(self._title) as running:
                while not self._future.done():
                    running.note = self._output.step.note if self._output.step else ""
                    time.sleep(_LOOK_SECONDS)
        return self._future.result()

    def _run(self, work: Callable[[], T]) -> None:
        with captured_output() as self._output:
            try:
                self._future.set_result(work())
            except BaseException as error:  # noqa: BLE001  the thread that waits raises it
                self._future.set_exception(error)

    def _end(self) -> None:
        if self._thread.is_alive():
            processes.end_all()
            self._thread.join(_END_SECONDS)
