"""What happens before the runner: `doctor` is answered here, everything else gets its environments first."""

import os
import sys
from collections.abc import Callable

from toolchain import environments
from toolchain.errors import ToolError
from toolchain.progress import say


def main(arguments: list[str]) -> int:
    """Run one command; return its exit code (130 when interrupted), or do not return: the runner takes over."""
    try:
        if arguments == ["doctor"]:
            # The doctor must also answer where no environment can be made.
            from toolchain import doctor  # noqa: PLC0415  no other command needs it

            return doctor.main()
        environments.ensure(("tests",) if arguments[:1] in (["tools"], ["down"]) else environments.PROJECTS)
    except ToolError as error:
        say(f"error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        say("interrupted: environments that were not complete are made again by the next run")
        return 130
    return _hand_over(arguments)


def _hand_over(arguments: list[str], execute: Callable[..., None] = os.execve) -> int:
    python = str(environments.python("tests"))
    env = dict(os.environ)
    # Without byte code each program start compiles its SDKs anew, which takes four seconds.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env["PYTHONPATH"] = str(environments.CHECKOUT / "tests")
    sys.stderr.flush()
    execute(python, [python, "-m", "cli", *arguments], env)
    return 0
