"""Check of links within the documents: each must lead to a file of the repository, and to a heading in it."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

_CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?P<to>[^)\s]+)\)")
_ELSEWHERE = re.compile(r"[a-z]+:")
_HEADING = re.compile(r"^#{1,6} +(?P<words>.+?) *$", re.MULTILINE)


def broken(file: Path) -> Iterator[str]:
    """Broken links of a document, as written there."""
    for match in _LINK.finditer(_CODE.sub("", file.read_text(encoding="utf-8"))):
        link = match["to"]
        if _ELSEWHERE.match(link):
            continue
        path, _, anchor = link.partition("#")
        target = file.parent / path if path else file
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in _anchors(target)):
            yield link


def _anchors(file: Path) -> set[str]:
    """Anchors that GitHub gives to the headings of a document; a repeated anchor gets a number."""
    seen: Counter[str] = Counter()
    names: set[str] = set()
    for match in _HEADING.finditer(_FENCED.sub("", file.read_text(encoding="utf-8"))):
        words = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", match["words"]).lower()
        name = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        names.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return names
