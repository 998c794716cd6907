"""The recorded SHA-256 of vendors' files, which security reviews like a lock file: `vendor.sha256`.

The file is as `sha256sum` writes it, and names each file with its version: a digest never outlives its version.
`make pins` writes it. Where it has no line for a file, a job with an identity does not run that file.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from toolchain import vendor
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError
from toolchain.files import write_whole

NAME = "tools/toolchain/vendor.sha256"
FILE = CHECKOUT / NAME
_HEADER = "# SHA-256 of vendors' files that jobs with an identity run, as the publishers state it: `make pins`.\n"
_LINE = re.compile(r"(?P<digest>[0-9a-f]{64})  (?P<file>[\w.-]+)")


def digests(record: Path | None = None) -> dict[str, str]:
    """Recorded digests by the name of the file, of this checkout or in another record.

    Raises `ToolError` when the file is absent or a line cannot be read: then nothing of it counts.
    """
    try:
        lines = (record or FILE).read_text("utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise ToolError(
            f"{NAME} cannot be read ({error}), so no vendor's file is used. Restore it from git."
        ) from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        if line.startswith("#") or not line.strip():
            continue
        match = _LINE.fullmatch(line)
        if match is None or match["file"] in found:
            what = "names a file twice" if match else "is not a SHA-256, two blanks and the name of a file"
            raise ToolError(f"{NAME}:{number} {what}, so no vendor's file is used. Write the file with `make pins`.")
        found[match["file"]] = match["digest"]
    return found


def write(known: Mapping[str, str], record: Path | None = None) -> None:
    """Write the digests, of this checkout or into another record."""
    lines = [f"{known[file]}  {file}\n" for file in sorted(known)]
    write_whole(record or FILE, "".join([_HEADER, *lines]), 0o644)


def missing() -> list[str]:
    """Files of pinned versions without a recorded digest."""
    known = digests()
    return [file for release in vendor.releases() for file in release.files if file not in known]


def refusal(reason: Exception) -> str:
    """Message about a download that is not the recorded file."""
    return (
        f"{reason}. Nothing was started: a job with an identity runs the file that is recorded in {NAME} and no other. "
        "Either the file was replaced where it is served, which is for the security team to find out, or the record is "
        "wrong: `make pins CHECK=yes` compares it with what the publisher states."
    )


def findings() -> list[str]:
    """Lines of other versions than the pinned ones, and, once anything is recorded, files without a line.

    A checkout in which nothing is recorded is complete for the sandbox, so it has no finding; `make doctor` says so.
    """
    known, used = digests(), {file for release in vendor.releases() for file in release.files}
    problems = [f"has {file}, which no pinned version uses" for file in known if file not in used]
    problems += [f"has no SHA-256 of {file}" for file in missing()] if known else []
    return [f"{NAME} {problem}; run `make pins`" for problem in problems]
