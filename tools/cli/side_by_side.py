"""Work on several teams' stacks, or apps, at once: as many as the machine allows, each output in one piece.

None is stopped by another: the stack of a team or an app shares nothing that is written with another one, and has its
own state, lock, plan and logs. An app alone waits for the one that makes its schemas. Other stacks are not brought up
this way, because each requires the one before it.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Generic, TypeVar

from cli.layout import Stack
from toolchain.errors import ToolError
from toolchain.progress import Step, ThreadOutput, captured_output, clear, duration, say, show, step

# Memory of one deployment at its peak: engine, program, policies and two plugins.
_MEGABYTES = 400
_LOOK_SECONDS = 0.3
_SHOWN = 10

T = TypeVar("T")


@dataclass(frozen=True)
class StackOutcome(Generic[T]):
    """Outcome of the work on a stack, with its duration; without a result it failed, and `failure` is the reason."""

    stack: Stack
    seconds: float
    result: T | None
    failure: str
    texts: tuple[tuple[str, bool], ...]


def groups(stacks: Sequence[Stack]) -> list[list[Stack]]:
    """Stacks in their order, in groups: several of one program that share nothing, or a single stack."""
    found: list[list[Stack]] = []
    for program, of_program in groupby(stacks, key=lambda stack: stack.program if stack.is_one_of_many else stack):
        del program
        found.append(list(of_program))
    return found


def _noun(stacks: Sequence[Stack]) -> str:
    return "apps" if all(stack.is_app for stack in stacks) else "teams"


def at_once(number: int) -> int:
    """Number of deployments, out of `number`, that run at once: as processors and free memory allow, at least one."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    room = _free_megabytes() // _MEGABYTES
    return max(1, min(number, processors, room))


def _free_megabytes() -> int:
    """Memory that is available without swapping; no limit where the kernel does not report it."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return _MEGABYTES * 1000
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("MemAvailable:")), 0)


def run(
    stacks: Sequence[Stack],
    work: Callable[[Stack, threading.Event], T],
    report: Callable[[StackOutcome[T]], None],
    makers: Mapping[Stack, Stack] | None = None,
) -> list[StackOutcome[T]]:
    """Do the work on every stack, several at a time, and return the outcomes in the order of the stacks.

    After an interrupt, started work ends in order, and no other work starts.

    Args:
        stacks: the stacks to work on.
        work: the work on one stack; its event is set when the person interrupts. A `ToolError` is a failure of that
            stack alone; any other error ends all work.
        report: called by this thread as the work on a stack ends, so that its output is in one piece.
        makers: stack to the one that makes its schemas; it begins when that one has ended, and not if that one failed.
    """
    stop = threading.Event()
    several = at_once(len(stacks))
    running: dict[Stack, ThreadOutput] = {}
    futures: dict[Stack, Future[StackOutcome[T]]] = {}

    def one(stack: Stack) -> StackOutcome[T]:
        maker = (makers or {}).get(stack)
        if maker and (futures[maker].result().failure or stop.is_set()):
            reason = f"{stack.title}: {maker.title}, which makes its schemas, did not end well. It was left as it is."
            return StackOutcome(stack, 0, None, reason, ())
        started = time.monotonic()
        with captured_output() as kept:
            running[stack] = kept
            try:
                result, failure = work(stack, stop), ""
            except ToolError as error:
                result, failure = None, str(error)
            finally:
                running.pop(stack)
        return StackOutcome(stack, time.monotonic() - started, result, failure, tuple(kept.texts))

    with ThreadPoolExecutor(several) as pool, step(f"{len(stacks)} {_noun(stacks)}, {several} at a time") as shown:
        # Each thread takes the next one: whoever is waited for is under way, or done.
        for stack in sorted(stacks, key=lambda stack: stack in (makers or {})):
            futures[stack] = pool.submit(one, stack)
        try:
            _follow([*futures.values()], running, shown, report)
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            stop.set()
            if isinstance(error, KeyboardInterrupt) and running:
                names = ", ".join(stack.title for stack in list(running))
                say(f"interrupted: letting the engine finish what is under way in {names} …")
            raise
    return [futures[stack].result() for stack in stacks]


def _follow(
    futures: Sequence[Future[StackOutcome[T]]],
    running: dict[Stack, ThreadOutput],
    shown: Step,
    report: Callable[[StackOutcome[T]], None],
) -> None:
    left, failed = set(futures), 0
    while left:
        done, left = wait(left, _LOOK_SECONDS, FIRST_COMPLETED)
        for future in done:
            outcome = future.result()
            failed += bool(outcome.failure)
            report(outcome)
        count = f"{len(futures) - len(left)} of {len(futures)} done"
        parts = [count, *([f"{failed} failed"] if failed else [])]
        shown.note = ", ".join([*parts, *(_now(stack, kept) for stack, kept in list(running.items())[:1])])


def _now(stack: Stack, kept: ThreadOutput) -> str:
    note = f" ({kept.step.note})" if kept.step and kept.step.note else ""
    return f"now {stack.title}{note}"


def tell(outcome: StackOutcome[T]) -> None:
    """Show the output of the work on a stack, in one piece."""
    clear()
    for text, is_output in outcome.texts:
        (show if is_output else say)(text)


def line(outcome: StackOutcome[T], note: str) -> None:
    """Show the outcome of a stack in one line, after its output."""
    tell(outcome)
    how = "failed after" if outcome.failure else "done in"
    say(f"{outcome.stack.title} … {how} {duration(outcome.seconds)}{f', {note}' if note else ''}")


def failures(outcomes: Sequence[StackOutcome[T]], what: str, remedy: str) -> ToolError | None:
    """One error with every failed stack and the reason; None when none failed."""
    failed = [outcome for outcome in outcomes if outcome.failure]
    if not failed:
        return None
    listed = "\n".join(_indented(outcome.failure) for outcome in failed[:_SHOWN])
    if more := [outcome.stack.title for outcome in failed[_SHOWN:]]:
        listed += f"\n  … and {', '.join(more)}"
    rest = len(outcomes) - len(failed)
    others = f" The other {rest} {'was' if rest == 1 else 'were'} not affected." if rest else ""
    noun = _noun([outcome.stack for outcome in outcomes])
    return ToolError(f"{len(failed)} of {len(outcomes)} {noun} {what}:\n{listed}\n{others.lstrip()} {remedy}".rstrip())


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
