"""The command line behind make.

Exit codes: 0 done, 1 a failure or a finding, 2 wrong use, 130 interrupted. An expected failure prints one message; a
traceback is a defect of this program.
"""

import os
import sqlite3
import sys

from cli import command_line
from toolchain import cache
from toolchain.environments import CHECKOUT, sandbox_directory
from toolchain.errors import ToolError
from toolchain.progress import say


def main() -> int:
    """Run the command of the arguments; return the exit code."""
    try:
        return command_line.run(sys.argv[1:])
    except ToolError as error:
        say(f"error: {error}")
        return error.exit_code
    except sqlite3.DatabaseError as error:
        file = sandbox_directory() / "cloud.db"
        say(
            f"error: the simulated cloud ({file}) cannot be used: {error}. This command stopped there. If its disk is "
            "full, free some space; else begin anew with `make down` and `make up`."
        )
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        return _disk(error)


def _disk(error: OSError) -> int:
    """Report a full or read-only disk met anywhere; every other system error is a defect and keeps its traceback."""
    try:
        with cache.disk_errors("running this command", CHECKOUT):
            raise error
    except ToolError as disk_error:
        say(f"error: {disk_error}")
        return disk_error.exit_code


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code) if code == 130 else sys.exit(code)
