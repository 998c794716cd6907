"""Hidden characters become escapes; all others stay."""

import sys
import unicodedata

import pytest

from engine.text import colored, exact, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("zz\x1b[1A\x1b[2K", "zz\\u001b[1A\\u001b[2K"),
        ("a\u202eb\u2066c", "a\\u202eb\\u2066c"),
        ("a\u200bb\ufeffc\u00add", "a\\u200bb\\ufeffc\\u00add"),
        ("a\u00a0b\u3000c", "a\\u00a0b\\u3000c"),
        ("a\U000e0061b", "a\\U000e0061b"),
        ("a\u3164b\ufe0fc", "a\\u3164b\\ufe0fc"),
        ("a\nb\u2028c", "a\\u000ab\\u2028c"),
        ("Größe → 5 €", "Größe → 5 €"),
    ],
)
def test_what_cannot_be_seen_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_no_control_or_format_character_of_unicode_is_left() -> None:
    left = {
        char
        for char in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") and visible(char) == char
    }

    assert left == set()


def test_line_ends_stay_where_they_are_asked_for() -> None:
    assert visible("a\n\tb\r", kept="\n\t") == "a\n\tb\\u000d"


def test_output_of_a_program_keeps_its_colours_and_nothing_else() -> None:
    assert colored("\x1b[32m+\x1b[0m \x1b[38;5;13ma\x1b[0m\n") == "\x1b[32m+\x1b[0m \x1b[38;5;13ma\x1b[0m\n"
    assert colored("a\x1b[2K\x1b[8mb\x1b]8;;x\x07") == "a\\u001b[2K\\u001b[8mb\\u001b]8;;x\\u0007"


def test_a_name_has_no_letter_that_looks_like_another() -> None:
    assert exact("security-te\u0430m") == "security-te\\u0430m"
