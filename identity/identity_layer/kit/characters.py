"""Characters that mislead a reader: those that cannot be seen, and those that look like others."""

import re
import unicodedata
from collections.abc import Iterable

_JOINERS = "\u200c\u200d\ufe0e\ufe0f"  # part of some scripts and pictures
# Signs that are drawn as nothing, although they count as letters or marks:
# https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt (Default_Ignorable_Code_Point), and the blank
# of Braille.
_EMPTY = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
# Minus, quotation marks, slashes, colons, dots, and two letters.
_SIGNS = "\u2212\u2018\u2019\u201c\u201d\u2044\u2215\u2236\ua789\u0589\u05c3\u2219\u22c5\u3002\u0131\u0261\u0251"
_OTHER_ALPHABETS = ("ARMENIAN", "CHEROKEE", "COPTIC", "CYRILLIC", "GREEK", "LISU")


def unseen(text: str) -> list[int]:
    """Positions of characters that cannot be seen; line ends and tabs can."""
    if text.isascii() and text.isprintable():
        return []
    return [at for at, sign in enumerate(text) if _is_unseen(sign) and not _joins(text, at)]


def look_alikes(text: str) -> str:
    """Names of the characters in a single word that look like others: dashes, blanks, letters of two alphabets.

    In a text of several words only the blanks count, since dashes and quotation marks belong there.
    """
    if text.isascii():
        return ""
    is_word = " " not in text
    alphabets = {_alphabet(sign) for sign in text if sign.isalpha()}
    foreign = _OTHER_ALPHABETS if is_word and "LATIN" in alphabets else ()
    return _names(
        (at, sign)
        for at, sign in enumerate(text)
        if (unicodedata.category(sign) == "Zs" and sign != " ")
        or (is_word and not sign.isascii() and (unicodedata.category(sign) == "Pd" or _is_drawn_alike(sign)))
        or _alphabet(sign) in foreign
    )


def _is_drawn_alike(sign: str) -> bool:
    """Return whether a sign is one of ASCII in another shape, such as of full width, or looks like one."""
    return sign in _SIGNS or unicodedata.normalize("NFKC", sign).isascii()


def odd(text: str) -> str:
    """Names of all characters in a text that an identifier cannot have, for messages; empty without any."""
    return _names((at, sign) for at, sign in enumerate(text) if not sign.isascii() or _is_unseen(sign))


def called(sign: str) -> str:
    """The name of a character."""
    return unicodedata.name(sign, f"the control character U+{ord(sign):04X}")


def _names(signs: Iterable[tuple[int, str]]) -> str:
    return ", ".join(f"{called(sign)} as character {at + 1}" for at, sign in [*signs][:3])


def _alphabet(sign: str) -> str:
    return unicodedata.name(sign, "").partition(" ")[0]


def _is_unseen(sign: str) -> bool:
    if sign in "\t\n\r":
        return False
    return unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") or bool(_EMPTY.match(sign))


def _joins(text: str, at: int) -> bool:
    around = text[max(at - 1, 0) : at] + text[at + 1 : at + 2]
    return text[at] in _JOINERS and bool(around) and not around.isascii()
