"""Words that this repository has retired, and where they still occur: in documents and in public docstrings.

The glossary has the terms to use instead (`.github/guides/glossary.md`).
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from toolchain.environments import CHECKOUT

# A retired phrase, as a pattern, and the term to use instead.
RETIRED = {
    r"ways? in(?! which)": "workload identity provider, or ingress",
    r"ways? out": "egress",
    r"lets? (?:\w+ ){0,3}in\b": "admits",
    r"by hand": "out of band, or manually",
    r"(?:be|become|becomes|being|as) (?:somebody|anybody)(?: else)?": "impersonate, act as another principal",
    r"hops?": "edge",
    r"(?:is|are|was|were|and|or) told": "reported",
    r"tells? of": "reports",
    r"those of": "(repeat the noun)",
    r"as above": "(repeat the noun)",
    r"has a say|have a say": "reviews",
    r"what an app gets": "what the platform provides",
}
# A relative clause defines nothing: a docstring begins with a verb or with a noun of the field.
OPENINGS = ("What", "Who", "Whom", "Whose", "Which", "Where", "Whether", "How")
_PATTERNS = {
    re.compile(rf"\b(?:{phrase})\b".replace(" ", r"\s+"), re.IGNORECASE): instead for phrase, instead in RETIRED.items()
}
_CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]*`|\]\([^)]*\)|<!--.*?-->", re.MULTILINE | re.DOTALL)
_OPENING = re.compile(rf"(?:{'|'.join(OPENINGS)})\b")


@dataclass(frozen=True)
class Finding:
    """A retired phrase at a line of a file, relative to the checkout."""

    path: str
    line: int
    phrase: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.phrase!r} is retired: {self.instead}"


def in_text(path: str, text: str, line: int = 1) -> Iterator[Finding]:
    """Retired phrases of a text that begins at a line; code, links and comments of Markdown are left out."""
    prose = _CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), text)
    for pattern, instead in _PATTERNS.items():
        for match in pattern.finditer(prose):
            phrase = " ".join(match[0].split())
            yield Finding(path, line + prose.count("\n", 0, match.start()), phrase, instead)


def in_document(file: Path, checkout: Path = CHECKOUT) -> list[Finding]:
    """Retired phrases of a document."""
    return list(in_text(str(file.relative_to(checkout)), file.read_text(encoding="utf-8")))


def in_module(file: Path, checkout: Path = CHECKOUT) -> list[Finding]:
    """Retired phrases and openings of the public docstrings of a module."""
    path = str(file.relative_to(checkout))
    return [finding for node, text in _docstrings(file) for finding in _of_docstring(path, node.lineno, text)]


def _of_docstring(path: str, line: int, text: str) -> Iterator[Finding]:
    if opening := _OPENING.match(text):
        yield Finding(path, line, f"{opening[0]} …", "begin a docstring with a verb or a noun of the field")
    yield from in_text(path, text, line)


def _docstrings(file: Path) -> Iterator[tuple[ast.stmt, str]]:
    """Docstring statements and their texts: of the module, and of what it has in public."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        public = isinstance(node, ast.Module) or not node.name.startswith("_")
        if public and (text := ast.get_docstring(node)):
            yield node.body[0], text


PACKAGES = tuple(
    sorted(
        str(file.parent.relative_to(CHECKOUT))
        for top in ("identity", "platform", "apps", "policies", "tools", "tests")
        for file in (CHECKOUT / top).rglob("__init__.py")
        if not any(part.startswith(".") for part in file.relative_to(CHECKOUT).parts)
    )
)
