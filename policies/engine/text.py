"""Text of unknown origin for people: characters that cannot be seen, or that change what is seen, as escapes.

A name of a resource, a member or a message of a program may contain anything: codes that erase lines of a terminal,
marks that turn the order of the letters, letters without width.
"""

import re
import unicodedata
from typing import Final

# Control, format (bidirectional marks, zero width, tags), surrogates, private and unassigned; line and paragraph ends.
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters, marks and symbols that are blank: https://www.unicode.org/reports/tr36/, "Default_Ignorable_Code_Point".
_BLANK: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


# Colours and weights; the code that conceals (8) is no colour.
_COLORS: Final = re.compile(r"(\x1b\[(?:0|1|2|4|22|24|3[0-9]|4[0-9]|9[0-7]|10[0-7]|38;5;[0-9]+|48;5;[0-9]+|;)*m)")


def visible(text: str, *, kept: str = "") -> str:
    """Return a text in which hidden characters are escapes such as `\\u202e`; those in `kept` stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char in kept or not _is_hidden(char) else escape(char) for char in text)


def colored(text: str) -> str:
    """Return the output of a program as a text with its colours, whose other hidden characters are escapes."""
    parts = _COLORS.split(text)
    return "".join(part if number % 2 else visible(part, kept="\n\t") for number, part in enumerate(parts))


def exact(text: str) -> str:
    """Return a name in which everything but printable ASCII is an escape: no other letter looks like one of them."""
    return "".join(char if char.isascii() and char.isprintable() else escape(char) for char in text)


def escape(char: str) -> str:
    """Return the escape of a character."""
    code = ord(char)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _is_hidden(char: str) -> bool:
    category = unicodedata.category(char)
    # A blank of another width or without a break looks like a blank.
    return category in _HIDDEN or (category == "Zs" and char != " ") or _BLANK.match(char) is not None
