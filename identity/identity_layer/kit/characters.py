"""Characters that look like others, or like nothing: a message that shows a value names them."""

import unicodedata

_MOST = 3  # of one text


def note(text: str) -> str:
    """Sentence that names the characters of a text that are not printable ASCII; empty without any."""
    odd = [(place, character) for place, character in enumerate(text, 1) if not " " <= character <= "~"]
    named = ", ".join(f"{_name(character)} as character {place}" for place, character in odd[:_MOST])
    return f" It has {named}: type it anew, and do not paste it." if named else ""


def _name(character: str) -> str:
    return f"{unicodedata.name(character, 'control character').lower()} (U+{ord(character):04X})"
