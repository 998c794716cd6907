"""YAML that two readers could understand differently is refused, with its place and the way to write it."""

import datetime as dt
import re
from pathlib import Path

import pytest

from cli import kit
from identity_layer.kit import characters, strict_yaml
from identity_layer.kit.strict_yaml import StrictYamlError
from toolchain.environments import CHECKOUT

_LOADS = re.compile(r"\byaml\.(safe_|full_|unsafe_)?(load|compose|parse)(_all)?\(|\byaml\.C?SafeLoader")

# A text, and what is said of it.
REFUSED: dict[str, tuple[str | bytes, str]] = {
    "key twice": ("a: 1\nb: 2\na: 3", "f.yaml:3:1: sets 'a' again, after line 1, and only the last one would count"),
    "inner key twice": ("a:\n  b: 1\n  b: 2", "f.yaml:3:3: a: sets 'b' again, after line 2"),
    "key twice in a list": ("- {b: 1, b: 2}", "f.yaml:1:10: 0: sets 'b' again"),
    "Norway": ("country: NO", 'f.yaml:1:10: country: NO is false for YAML; write it in quotes, "NO", or as false'),
    "True": ("a: True", 'True is true for YAML; write it in quotes, "True", or as true if that is meant'),
    "time": ("a: 22:30", '22:30 is the number 1350 for YAML; write it in quotes, "22:30"'),
    "octal": ("a: 0123", '0123 is the number 83 for YAML; write it in quotes, "0123", or as 83'),
    "hexadecimal": ("a: 0x1F", "0x1F is the number 31 for YAML; write it in quotes"),
    "underscore": ("a: 1_000", "1_000 is the number 1000 for YAML; write it in quotes"),
    "number elsewhere": ("a: 08", "08 is a text for one YAML and a number for the next; write it in"),
    "exponent": ("commit: 12e4567", "12e4567 is a text for one YAML and a number for the next"),
    "number with a zero": ("port: 08080", 'write it in quotes, "08080", or as 8080 if that is meant'),
    "octal elsewhere": ("mode: 0o14", 'write it in quotes, "0o14", or as 12 if that is meant'),
    "number with an exponent": ("port: 8e3", 'write it in quotes, "8e3", or as 8000 if that is meant'),
    "version of YAML": ("%YAML 1.1\n---\na: b", "f.yaml:1:1: has a directive (%), which changes what the lines below"),
    "another tag": ("%TAG ! tag:yaml.org,2002:\n---\na: b", "f.yaml:1:1: has a directive (%)"),
    "infinity": ("a: .inf", ".inf is the number inf for YAML; write it in quotes"),
    "no date": (
        "a: 2026-02-30",
        "2026-02-30 is a date that does not exist for YAML; correct it, or write it in quotes",
    ),
    "logical key": ("env: {ON: x}", 'f.yaml:1:7: env: the key ON is true for YAML; write it in quotes, "ON"'),
    "number as a key": ("1: x", 'the key 1 is the number 1 for YAML; write it in quotes, "1"'),
    "empty key": ("? \n: x", "the key (nothing) is no value for YAML"),
    "date as a key": ("2026-01-31: x", "the key 2026-01-31 is the date 2026-01-31 for YAML; write it in quotes"),
    "list as a key": ("? [a]\n: 1", "has a list or a mapping as a key"),
    "second document": ("a: 1\n---\na: 2", "f.yaml:2:1: begins a second document, and only one would be read"),
    "anchor in an anchored value": (
        "a: &x [1]\nb: &y [*x, *x]\nc: *y",
        "f.yaml:2:8: has *x in a value that has",
    ),
    "endless anchor": ("a: &x [*x]", "f.yaml:1:8: has *x in a value that has an anchor itself"),
    "anchor of two values": ("- &x 1\n- &x 2\n- *x", "f.yaml:2:3: gives the anchor &x a second value"),
    "unknown anchor": ("a: *x", "f.yaml:1:4: names an anchor that no value has"),
    "merge": ("a: {<<: {b: 1}, b: 2}", "f.yaml:1:5: a: merges another mapping"),
    "overriding merge": ("x: &x {b: 1}\na:\n  <<: *x\n  b: 2", "f.yaml:3:3: a: merges another mapping"),
    "tag": ("a: !!python/name:os.system x", "f.yaml:1:4: has the tag !!python/name:os.system, which changes its"),
    "tag of a text": ("a: !!str 1", "has the tag !!str, which changes its meaning; remove it"),
    "tag of a mapping": ("a: !!set {b}", "f.yaml:1:4: has the tag !!set"),
    "tag that says nothing": ("a: ! 1", "f.yaml:1:4: has the tag !, which changes its meaning"),
    "tag of a text that is one": ("a: !!str b", "f.yaml:1:4: has the tag !!str"),
    "byte-order mark": (b"\xef\xbb\xbfa: 1", "f.yaml:1:1: begins with a byte-order mark"),
    "another encoding": ("a: 1".encode("utf-16"), "f.yaml:1:1: is not UTF-8, but has two or four bytes a character"),
    "another encoding without a mark": ("a: 1".encode("utf-16-be"), "f.yaml:1:1: is not UTF-8, but has two or four"),
    "four bytes a character": ("a: 1".encode("utf-32-be"), "f.yaml:1:1: is not UTF-8, but has two or four bytes"),
    "carriage return": ("# a comment\rb: 1", "f.yaml:1:12: has a carriage return alone, which ends the line for YAML"),
    "letter that is drawn as nothing": ("a: x\u3164", "f.yaml:1:5: has HANGUL FILLER, which nobody sees; remove it"),
    "mark that is drawn as nothing": ("a: x\ufe0f", "f.yaml:1:5: has VARIATION SELECTOR-16, which nobody sees"),
    "blank of Braille": ("a: \u2800", "f.yaml:1:4: has BRAILLE PATTERN BLANK, which nobody sees"),
    "no UTF-8": (b"a: b\nc: \xff", "f.yaml:2:4: has a byte that is no UTF-8"),
    "control character": ("a: \x07", "f.yaml:1:4: has the control character U+0007, which nobody sees"),
    "escaped control character": ('a: "x\\0"', "f.yaml:1:4: a: has the control character U+0000, which nobody sees"),
    "text in another direction": ("# \u202ea\nb: 1", "f.yaml:1:3: has RIGHT-TO-LEFT OVERRIDE, which nobody sees"),
    "no width": ("a: x\u200by", "f.yaml:1:5: has ZERO WIDTH SPACE, which nobody sees"),
    "dash for a hyphen": ("a: db\u2013custom", "has EN DASH as character 3, which looks like another one"),
    "no-break space": ("a: two\u00a0words here", "has NO-BREAK SPACE as character 4, which looks like another one"),
    "no-break space in a key": ("\u00a0a: 1", "the key '\\xa0a' has NO-BREAK SPACE"),
    "two alphabets": ("a: sh\u043ep", "has CYRILLIC SMALL LETTER O as character 3"),
    "letters of full width": ("a: \uff53\uff48\uff4f\uff50", "has FULLWIDTH LATIN SMALL LETTER S as character 1"),
    "mathematical letters": ("a: x\U0001d42c", "has MATHEMATICAL BOLD SMALL S as character 2"),
    "slash of a fraction": ("a: b\u2044c", "has FRACTION SLASH as character 2, which looks like another one"),
    "dot of a leader": ("a: b\u2024c", "has ONE DOT LEADER as character 2, which looks like another one"),
    "letter without a dot": ("a: ma\u0131n", "has LATIN SMALL LETTER DOTLESS I as character 3"),
    "Armenian letter": ("a: s\u0570op", "has ARMENIAN SMALL LETTER HO as character 2"),
    "one letter": ("a: y", 'a: y is a text for one YAML and a logical value for the next; write it in quotes, "y"'),
    "many digits": (f"a: {'9' * 5000}", "a: 999999999999999999… has more digits than every reader keeps; write it in"),
    "many decimals": ("a: 0.12345678901234567890", "has more digits than every reader keeps; write it in quotes"),
    "equals sign": ("a: =", 'f.yaml:1:4: a: = is no text for YAML; write it in quotes, "="'),
    "end of a document": ("a: 1\n...\nb: 2", "f.yaml:3:1: comes after the end of the document, and would not be read"),
    "pattern of names": ("a: */*", "f.yaml:1:5: begins with *, which names an anchor in YAML; put the value in quotes"),
    "large file": (b"#" * (2**20 + 1), "f.yaml:1:1: has 1,048,577 bytes, more than 1,048,576, and nobody reviews that"),
    "tab in a list": ("a:\n-\tb", "f.yaml:2:1: is indented with a tab, which YAML does not allow"),
    "tab": ("a:\n\tb: 1", "f.yaml:2:1: is indented with a tab, which YAML does not allow"),
    "open bracket": ("a: [1,", "opens a quote or a bracket that is not closed"),
    "open quote": ("a: 'x", "opens a quote or a bracket that is not closed"),
    "second colon": ("a: b: c", "f.yaml:1:5: has a second colon on the line; put the value in quotes"),
    "indentation": ("a:\n  b: 1\n c: 2", "f.yaml:3:2: does not fit the lines above"),
    "sign with a meaning": ("a: @b", "f.yaml:1:4: begins with a character that has a meaning in YAML"),
    "unknown escape": ('a: "\\q"', "has a backslash in double quotes that begins no known character"),
    "endless depth": ("[" * 5000, "f.yaml:1:51: is nested more than 50 deep"),
}
READ: dict[str, tuple[str, object]] = {
    "values": ("a: 1\nb: [true, -1.5, x y]", {"a": 1, "b": [True, -1.5, "x y"]}),
    "quotes": ("a: 'NO'\n'ON': \"0123\"", {"a": "NO", "ON": "0123"}),
    "date": ("a: 2026-01-31", {"a": dt.date(2026, 1, 31)}),
    "prose": ("a: it\u2019s \u2013 in prose \u2013 fine", {"a": "it\u2019s \u2013 in prose \u2013 fine"}),
    "picture of several signs": ("a: \U0001f469\u200d\U0001f4bb", {"a": "\U0001f469\u200d\U0001f4bb"}),
    "coloured picture": ("a: \u2764\ufe0f", {"a": "\u2764\ufe0f"}),
    "accents": ("a: na\u00efve", {"a": "na\u00efve"}),
    "lines of another system": ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
    "other alphabets": ("a: \u043c\u0438\u0440", {"a": "\u043c\u0438\u0440"}),
    "one marked document": ("---\na: x\n", {"a": "x"}),
    "anchor of one value": ("a: &x [1]\nb: *x\nc: *x", {"a": [1], "b": [1], "c": [1]}),
    "signs in quotes and blocks": ("a: '& * <<'\nb: |\n  *x\n", {"a": "& * <<", "b": "*x\n"}),
    "nothing": ("", None),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_can_be_read_in_two_ways_is_refused_with_its_place_and_remedy(kind: str) -> None:
    text, said = REFUSED[kind]
    with pytest.raises(StrictYamlError) as refused:
        strict_yaml.parse(text, "f.yaml")
    assert said in str(refused.value)
    assert all(problem.startswith("f.yaml:") and problem.endswith(".") for problem in refused.value.problems)


@pytest.mark.parametrize("kind", READ)
def test_what_everybody_reads_alike_is_read(kind: str) -> None:
    text, content = READ[kind]
    assert strict_yaml.parse(text, "f.yaml").content == content


def test_all_problems_are_told_at_once() -> None:
    with pytest.raises(StrictYamlError) as refused:
        strict_yaml.parse("a: NO\nb: 1\nb: 22:30", "f.yaml")
    assert [problem.split(": ")[0] for problem in refused.value.problems] == ["f.yaml:3:1", "f.yaml:1:4", "f.yaml:3:4"]


def test_the_first_of_very_many_problems_are_told() -> None:
    with pytest.raises(StrictYamlError) as refused:
        strict_yaml.parse("a: 1\n" * 1000, "f.yaml")
    assert (len(refused.value.problems), refused.value.problems[-1]) == (21, "and 979 more of these.")


def test_a_place_that_does_not_exist_is_the_nearest_one_around_it() -> None:
    document = strict_yaml.parse("a:\n  b: [x, 010]\n".replace("010", "10"), "f.yaml")
    assert document.place(("a", "b", 1)) == "f.yaml:2:10"
    assert document.place(("a", "c")) == "f.yaml:1:1"
    assert document.path(("kind", "a", "b", 1)) == ("a", "b", 1)
    assert document.written(("a", "b", 1)) == "10"


def test_a_file_is_called_by_its_folder(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text("a: NO")
    with pytest.raises(StrictYamlError, match=rf"^{tmp_path.name}/f\.yaml:1:4: a: NO is false"):
        strict_yaml.load(tmp_path / "f.yaml")


def test_odd_characters_are_named() -> None:
    assert characters.odd("a\u2011b") == "NON-BREAKING HYPHEN as character 2"
    assert characters.odd("a-b") == ""


# Readers of what this product has written itself, or of the text of another program.
LENIENT = frozenset(
    {
        "tools/cli/catalog.py",
        "tools/cli/yaml_lines.py",
        "tools/sandbox/gateway/published.py",
        "tools/sandbox/plugins/gcp/facts.py",
        "tools/sandbox/plugins/kubernetes/connection.py",
    }
)


def test_nothing_reads_the_yaml_of_a_person_in_another_way() -> None:
    readers = {
        file.relative_to(CHECKOUT).as_posix()
        for folder in ("identity", "platform", "apps", "policies", "tools")
        for file in (CHECKOUT / folder).rglob("*.py")
        if ".venv" not in file.parts and _LOADS.search(file.read_text(encoding="utf-8"))
    }
    assert {reader for reader in readers if not reader.endswith("strict_yaml.py")} == LENIENT


def test_the_policies_read_files_with_the_same_modules() -> None:
    modules = [(kit.folder(kit.POLICIES) / name).read_bytes() for name in sorted(kit.OF_POLICIES)]
    assert modules == [(kit.folder(kit.SOURCE) / name).read_bytes() for name in sorted(kit.OF_POLICIES)]
