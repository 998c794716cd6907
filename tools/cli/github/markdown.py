"""Text of unknown origin in GitHub's Markdown: shown literally, folded when it is long, cut at a limit.

A preview runs a proposed program, so its output may be anything. This module makes it text that links to nobody,
notifies nobody, and cannot end its block.
"""

import re

from engine.text import visible

# Maximum length of a comment's body in the API: https://github.com/orgs/community/discussions/27190.
COMMENT_LIMIT = 65_536
FOLDED_LINES = 30

_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#+!|~:$-])")
# Text that GitHub turns into a link after Markdown: names of people, numbers of issues, addresses without a scheme.
_LINKED = re.compile(r"(@(?=\w)|#(?=\d)|\bwww(?=\.)|\bGH-(?=\d))", re.IGNORECASE)
_COLORS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_CUT = "… {} more characters are in the log of the run"


def plain(text: str) -> str:
    """A text without colours, whose hidden characters are escapes."""
    return visible(_COLORS.sub("", text.replace("\r\n", "\n")), kept="\n\t")


def escaped(text: str) -> str:
    """A text in one line of Markdown: no link, no tag, no mention, no emphasis."""
    one_line = " ".join(plain(text).split())
    # A backslash makes punctuation literal; a zero-width space prevents a notification or a link.
    return _MARKUP.sub(r"\\\1", _LINKED.sub("\\1\u200b", one_line))


def block(text: str, limit: int) -> str:
    """A text as a block of code of at most `limit` characters, which no part of the text can end."""
    content = plain(text).strip("\n")
    longest = max((len(run) for run in re.findall(r"`+", content)), default=0)
    fence = "`" * max(3, longest + 1)
    room = limit - 2 * len(fence) - len(_CUT) - 20
    if len(content) > room:
        kept = content[: max(room, 0)].rpartition("\n")[0]
        content = f"{kept}\n{_CUT.format(len(content) - len(kept))}"
    return f"{fence}\n{content}\n{fence}"


def folded(title: str, text: str, limit: int) -> str:
    """A block of code under its title, folded when it is longer than a screen."""
    lines = text.strip("\n").count("\n") + 1
    if lines <= FOLDED_LINES:
        return f"{escaped(title)}:\n\n{block(text, limit)}"
    inside = block(text, limit)
    return f"<details><summary>{escaped(title)} ({lines} lines)</summary>\n\n{inside}\n\n</details>"
