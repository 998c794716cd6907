"""Run one Pulumi program in this interpreter.

The language host starts the interpreter early, and passes the serialised run request on standard input when the engine
runs the program. The SDK's own in-process runner does the work; this file only finds the program and decides how a
failure is shown: an error that the program raised on purpose (`pulumi.RunError`) as its message alone, anything else
with a traceback that starts in the program.

Exit codes: 0, the program ran; 32, it failed and the engine has been told why.
"""

import asyncio
import gc
import os
import runpy
import sys
import traceback
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import on_demand
from pulumi import RunError, log
from pulumi.automation._server import LanguageServer
from pulumi.runtime import stack
from pulumi.runtime.proto import language_pb2

EXIT_REPORTED = 32
# Path of the launcher that confined this host, which sets it.
CONFINED = "PRODFIRST_CONFINED"


def shown(error: BaseException) -> str:
    """Return the text of an unexpected error, without the frames that led into the program."""
    frames = traceback.extract_tb(error.__traceback__)
    launcher = {"<string>", "<frozen runpy>", runpy.__file__}
    start = next((index for index, frame in enumerate(frames) if frame.filename not in launcher), len(frames))
    listing = "".join(traceback.StackSummary.from_list(frames[start:]).format())
    cause = "".join(traceback.format_exception_only(type(error), error)).rstrip()
    return f"the program failed with an unexpected error:\n{listing}{cause}"


def confine() -> None:
    """Confine this interpreter apart from the language host: it sends no signal to a policy pack, and traces none."""
    launcher = os.environ.get(CONFINED)
    if launcher:
        confined = runpy.run_path(launcher)
        if present := confined["version"]():
            confined["confine"](present)


def lighten() -> None:
    """Leave out work of the SDK that no program needs: a third of the time of one with 250 resources."""
    # Classes of the SDKs are no garbage, and looking for some among them takes 0.3 s.
    gc.set_threshold(100_000)
    # Each debug message is a call of its own, which the engine drops.
    replaced: Any = log
    replaced.debug = lambda *_args, **_options: None  # pyright: ignore[reportUnknownLambdaType]  any arguments
    # The SDK waits for the first of all outputs to be there, then for the first of the rest: n² steps for n outputs.
    # Waiting for all of them, or the first failure, ends the same way: what is added meanwhile is waited for next.
    replaced = stack
    replaced.asyncio = SimpleNamespace(**{**vars(asyncio), "FIRST_COMPLETED": asyncio.FIRST_EXCEPTION})


def main() -> int:
    """Read the request, run the program, and return the exit code."""
    confine()
    request = language_pb2.RunRequest()
    request.ParseFromString(sys.stdin.buffer.read())
    os.chdir(request.pwd)
    entry = Path(request.info.program_directory, request.info.entry_point)
    sys.path.insert(0, str(entry if entry.is_dir() else entry.parent))
    sys.argv = [str(entry)]

    def program() -> None:
        try:
            runpy.run_path(str(entry), run_name="__main__")
        except RunError:
            raise
        except SystemExit as leaving:
            if leaving.code not in (None, 0):
                text = leaving.code if isinstance(leaving.code, str) else f"the program left with code {leaving.code}"
                raise RunError(text) from leaving
        except Exception as error:
            raise RunError(shown(error)) from error

    lighten()
    on_demand.install()
    server: Any = LanguageServer(program)  # the SDK leaves its arguments untyped, and does not use the context
    return EXIT_REPORTED if server.Run(request, None).error else 0


# The interpreter's own shutdown would join worker threads that may wait for an engine that is gone.
CODE = main()
sys.stdout.flush()
sys.stderr.flush()
os._exit(CODE)
