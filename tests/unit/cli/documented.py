"""The commands that the documents tell people to run: every line of a shell block, and every command within a text."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cli.documents import documents
from toolchain.environments import CHECKOUT

# What a command within a text begins with; a single word is a name and no command, `make` apart.
PROGRAMS = (
    *("make", "pulumi", "kubectl", "gh", "gcloud", "git", "terraform", "sed", "cd", "export", "eval"),
    *("psql", "pg_dump", "cloud-sql-proxy", "py", "python", "python3", ".venv/bin/python", "jq"),
)
_BLOCK = re.compile(r"^(?P<indent> *)```sh\n(?P<body>.*?)^ *```$", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_WITHIN = re.compile(r"`(?P<command>[^`]+)`")
_AMBIENT = re.compile(r"""^(?:[A-Z][A-Z_]*=(?:"[^"]*"|'[^']*'|\S*)\s+)*""")
# What is quoted holds together; what ends a command; a comment, to the end; anything else, one character at a time.
_TOKEN = re.compile(r"""'[^']*'|"(?:[^"\\]|\\.)*"|&&|;|#.*|.""")
_VARIABLE = re.compile(r"^(?P<name>[A-Z][A-Z_]*)=(?P<value>.*)$", re.DOTALL)


@dataclass(frozen=True)
class Command:
    """A command as a document shows it, and where."""

    text: str
    document: Path

    @property
    def words(self) -> list[str]:
        """The command's words as a shell splits them, without where it writes to."""
        return shlex.split(self.text.partition(" > ")[0], comments=True)

    @property
    def target(self) -> str:
        """The target, for a command of make; otherwise empty."""
        words = [word for word in self.words if not _VARIABLE.match(word)]
        return words[1] if words[0] == "make" and len(words) > 1 else ""

    @property
    def variables(self) -> frozenset[str]:
        """The variables that a command of make is given after its target."""
        words = self.words
        given = words[words.index("make") :] if "make" in words else []
        return frozenset(found["name"] for word in given if (found := _VARIABLE.match(word)))

    @property
    def ambient(self) -> frozenset[str]:
        """The variables of the environment that stand before the program."""
        names: list[str] = []
        for word in self.words:
            found = _VARIABLE.match(word)
            if found is None:
                break
            names.append(found["name"])
        return frozenset(names)

    @property
    def signature(self) -> str:
        """Signature of a command: for make its target and the names of its variables, for others the whole command."""
        if not self.target:
            return self.text
        return " ".join([*sorted(self.ambient), "make", self.target, *sorted(self.variables)])


def commands() -> list[Command]:
    """Every command of every document, each once."""
    return sorted({one for file in documents() for one in _of(file)}, key=lambda one: (one.document, one.text))


def _of(file: Path) -> Iterator[Command]:
    text = file.read_text(encoding="utf-8")
    shown = file.relative_to(CHECKOUT)
    for block in _BLOCK.finditer(text):
        for line in re.sub(r"\\\n\s*", "", block["body"]).splitlines():
            for part in _parts(line):
                yield Command(part, shown)
    for found in _WITHIN.finditer(_FENCED.sub("", text)):
        text = " ".join(found["command"].split())
        words = _AMBIENT.sub("", text).split()
        if len(words) > 1 and words[0] in PROGRAMS:
            for part in _parts(text):
                yield Command(part, shown)


def _parts(line: str) -> Iterator[str]:
    """The commands of a line, without its comment."""
    part = ""
    for token in _TOKEN.findall(line):
        if token.startswith("#") and (not part or part[-1].isspace()):
            break
        if token in (";", "&&"):
            yield from _command(part)
            part = ""
        else:
            part += token
    yield from _command(part)


def _command(part: str) -> Iterator[str]:
    if part.strip():
        yield part.strip()
