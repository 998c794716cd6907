"""The first step of every make target: check Python, make the environments, hand over to the command.

Runs on any `python3` and imports the standard library only. Old Pythons must be able to parse it, so that they print
the message below rather than a syntax error.
"""

import os
import shutil
import subprocess
import sys

MINIMUM = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  old Pythons
TOO_OLD = (
    ", and this repository needs 3.11 or later, so nothing was started. Install a newer Python and put it on PATH as "
    "python3 or python3.11 ... python3.14.\n"
)


def newer_python() -> str:
    """Return the path of a Python that is new enough; empty when PATH has none."""
    for minor in (14, 13, 12, 11):
        path = shutil.which("python3." + str(minor))
        # A version manager's shim may exist for a version that it refuses to run.
        if path and subprocess.call([path, "-c", ""], stderr=subprocess.DEVNULL) == 0:  # noqa: S603  found on PATH
            return path
    return ""


def main() -> int:
    """Run the command named by the arguments; return its exit code."""
    if sys.version_info < MINIMUM:
        path = newer_python()
        if not path:
            version = ".".join(str(part) for part in sys.version_info[:2])
            sys.stderr.write("error: " + sys.executable + " is Python " + version + TOO_OLD)
            return 1
        os.execv(path, [path, *sys.argv])  # noqa: S606  the same script, a newer Python
    sys.path[0] = ROOT
    from toolchain import stage0  # noqa: PLC0415  after the check above: it does not parse on an old Python

    return stage0.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
