"""The stand-in for `make`: notes what it is asked for, and answers as the case says.

It is started as a program, with the file of notes and the file of answers before the arguments of `make`.
"""

import json
import os
import sys
from pathlib import Path

# Variables that differ between two runs, or that only one of them knows.
_OF_THE_RUN = {"GITHUB_TOKEN"}


def _noted(names: list[str]) -> dict[str, str]:
    """Values of variables; of a job that was skipped GitHub has no outputs, and act their templates."""
    temp = os.environ.get("RUNNER_TEMP", "\0")
    return {
        name: os.environ[name].replace(temp, "<temp>")
        for name in names
        if os.environ.get(name) and not os.environ[name].startswith("${{") and name not in _OF_THE_RUN
    }


def main() -> int:
    """Note the command; return its exit code."""
    notes, answers, *arguments = sys.argv[1:]
    known = json.loads(Path(answers).read_text(encoding="utf-8"))
    command = " ".join(arguments)
    note = {"job": os.environ["GITHUB_JOB"], "command": command, "variables": _noted(known["variables"])}
    with Path(notes).open("a", encoding="utf-8") as file:
        file.write(json.dumps(note, sort_keys=True) + "\n")
    for answer in known["answers"].get(command, known["answers"].get(arguments[0], ())):
        if all(os.environ.get(name) == value for name, value in answer["where"].items()):
            with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
                file.writelines(f"{name}<<end\n{value}\nend\n" for name, value in answer["outputs"].items())
            return int(answer["code"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
