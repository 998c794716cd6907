"""Marked values: which may be reviewed, and how they are shown."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_policy import deserialize, proxy

from engine import values
from engine.values import is_opaque, is_unknown, leaves, masked
from unit.policies.engine.marked import ARCHIVE, ASSET, CIPHERTEXT, OUTPUT, SECRET, SHOWN

_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (SECRET, "[secret]"),
        (SHOWN, "[secret]"),
        (OUTPUT, "[secret]"),
        (ASSET, "[asset]"),
        (ARCHIVE, "[asset]"),
        ({"a": [{"b": SECRET}, 1]}, {"a": [{"b": "[secret]"}, 1]}),
        ([SECRET, "x", None, True], ["[secret]", "x", None, True]),
        (json.dumps({"a": SECRET}), '{"a": "[secret]"}'),
        (json.dumps(json.dumps([SECRET])), '"[\\"[secret]\\"]"'),
        (f"password={json.dumps(SECRET)}", "[secret]"),
        ("[secret]", "[secret]"),
        ({"rootPassword": "x", "tokens": ["x", "y"]}, {"rootPassword": "[secret]", "tokens": ["[secret]", "[secret]"]}),
        ({"secretId": "contract", "tokenLifetime": "60s"}, {"secretId": "contract", "tokenLifetime": "60s"}),
        ({"automountServiceAccountToken": False}, {"automountServiceAccountToken": False}),
        ({"passwordValidationPolicy": {"minLength": 16}}, {"passwordValidationPolicy": {"minLength": 16}}),
    ],
)
def test_secrets_become_a_word_and_nothing_else_does(value: Any, shown: Any) -> None:
    assert masked(value) == shown


def _within(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Documents around a value: objects, lists, and texts that hold a whole document."""
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3),
        st.dictionaries(st.text(max_size=8), inner, min_size=1, max_size=3),
        inner.map(json.dumps),
    )


@given(st.recursive(st.sampled_from([SECRET, SHOWN, OUTPUT]), _within, max_leaves=6))
def test_no_secret_is_left_however_deep_it_is(value: Any) -> None:
    assert CIPHERTEXT not in json.dumps(masked(value))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), _within, max_leaves=6))
def test_a_document_without_secrets_stays_as_it_is(value: Any) -> None:
    assert masked({"value": value}) == {"value": value}


def test_a_text_under_a_secrets_name_is_masked_without_the_object_around_it() -> None:
    assert masked("x", "passphrase") == "[secret]"


@pytest.mark.parametrize("value", [SECRET, SHOWN, OUTPUT, ASSET, ARCHIVE])
def test_a_marked_value_cannot_be_reviewed(value: Any) -> None:
    assert is_opaque(value)
    assert not is_opaque({"a": value})


@pytest.mark.parametrize(
    "value",
    [
        _UNKNOWN,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    ],
)
def test_a_value_of_any_type_may_be_unknown(value: str) -> None:
    assert is_unknown(value)
    assert not is_unknown(f"{value} ")
    assert not is_unknown([value])


def test_leaves_have_paths_and_an_encrypted_value_is_one() -> None:
    assert dict(leaves({"a": [1, {"b": SECRET}], "c": {}})) == {"a.0": 1, "a.1.b": SECRET, "c": {}}


def test_the_marks_are_those_of_the_sdk() -> None:
    assert deserialize.SPECIAL_SIG_KEY == values.SIGNATURE
    assert deserialize.SPECIAL_SECRET_SIG == values.SECRET
    unknown = [value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_")]
    assert len(unknown) == 7
    assert all(map(is_unknown, unknown))
