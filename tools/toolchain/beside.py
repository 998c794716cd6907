"""Work in a thread of its own, while the command goes on with something else."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

from toolchain.progress import Aside, aside, step

T = TypeVar("T")
_LOOK_SECONDS = 0.1


class Beside(Generic[T]):
    """One piece of work that runs until it is done, or this process ends.

    Args:
        work: what to do. Its steps and what it says are kept, and shown by `result`.
        title: what a person calls it who has to wait for it.
    """

    def __init__(self, work: Callable[[], T], title: str) -> None:
        self._title = title
        self._future: Future[T] = Future()
        self._shown = Aside()
        # A daemon: an interrupted command does not wait for it, and what it started ends with this process.
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def result(self) -> T:
        """The result, after waiting for it in a step of its own where it is not there yet.

        Raises whatever the work raised.
        """
        if not self._future.done():
            with step(self._title) as running:
                while not self._future.done():
                    running.note = self._shown.step.note if self._shown.step else ""
                    time.sleep(_LOOK_SECONDS)
        return self._future.result()

    def _run(self, work: Callable[[], T]) -> None:
        with aside() as self._shown:
            try:
                self._future.set_result(work())
            except BaseException as error:  # noqa: BLE001  the thread that waits raises it
                self._future.set_exception(error)
