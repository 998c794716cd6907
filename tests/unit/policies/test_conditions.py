"""Conditions of grants and deny rules: what is decided, what stays unknown, and what hides nothing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from iam.conditions import GRANTED_ROLES, Conditions, delegated, demanded, window
from iam.document import Verdict

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BUCKET = "//storage.googleapis.com/projects/_/buckets/b"
SECRET = "//secretmanager.googleapis.com/projects/acme-dev/secrets/key"
ACCOUNT = "//iam.googleapis.com/projects/acme-dev/serviceAccounts/a@acme-dev.iam.gserviceaccount.com"
_IN_SHOP = 'resource.name.startsWith("projects/_/buckets/b/objects/shop/")'
_LISTED = 'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("shop/")'
_WINDOW = 'request.time >= timestamp("{}T00:00:00Z") && request.time < timestamp("{}T00:00:00Z")'


def verdict(expression: str, on: str = SECRET, *, later: bool = False, attributes: Any = None) -> Verdict:
    """Verdict on a condition."""
    return Conditions("42", NOW, later=later).verdict(expression, on, attributes)


@pytest.mark.parametrize(
    ("expression", "now", "later"),
    [
        ('request.time < timestamp("2026-03-02T11:59:59Z")', Verdict.NO, Verdict.NO),
        ('request.time < timestamp("2026-03-02T12:00:01Z")', Verdict.YES, Verdict.YES),
        ('request.time < timestamp("2026-03-02T12:00:01+00:00")', Verdict.YES, Verdict.YES),
        ('request.time < timestamp("2026-03-02T12:00:01+01:00")', Verdict.NO, Verdict.NO),
        (_WINDOW.format("2026-02-01", "2026-02-02"), Verdict.NO, Verdict.NO),
        (_WINDOW.format("2026-03-04", "2026-03-05"), Verdict.NO, Verdict.YES),
        (_WINDOW.format("2026-03-05", "2026-03-04"), Verdict.NO, Verdict.NO),
        ('request.time == timestamp("2027-01-01T00:00:00Z")', Verdict.NO, Verdict.YES),
        ('request.time > timestamp("2027-01-01T00:00:00Z")', Verdict.NO, Verdict.YES),
        ('!(request.time < timestamp("2020-01-01T00:00:00Z"))', Verdict.YES, Verdict.YES),
        ('(request.time < timestamp("2020-01-01T00:00:00Z") ? false : true)', Verdict.YES, Verdict.YES),
        ('[request.time < timestamp("2020-01-01T00:00:00Z"), true].exists(x, x)', Verdict.YES, Verdict.YES),
        ('"request.time < timestamp(\\"2020-01-01T00:00:00Z\\")" != ""', Verdict.YES, Verdict.YES),
        # What compares a part of a moment, or a moment that was moved, may hold at another one than the written ones.
        ('request.time.getHours("UTC") == 3', Verdict.NO, Verdict.MAYBE),
        ('request.time - duration("1h") > timestamp("2026-03-02T12:00:00Z")', Verdict.NO, Verdict.MAYBE),
        # Google refuses a moment without a zone.
        ('request.time < timestamp("2020-01-01T00:00:00")', Verdict.MAYBE, Verdict.MAYBE),
        ("false", Verdict.NO, Verdict.NO),
    ],
)
def test_a_condition_on_time_is_evaluated_for_now_or_for_later_too(
    expression: str, now: Verdict, later: Verdict
) -> None:
    assert verdict(expression) is now
    assert verdict(expression, later=True) is later


def test_the_same_condition_is_over_at_another_moment() -> None:
    expression = 'request.time < timestamp("2026-03-02T12:00:00Z")'
    moments = (NOW - timedelta(hours=1), NOW + timedelta(seconds=1))
    assert [Conditions("42", moment).verdict(expression, SECRET) for moment in moments] == [Verdict.YES, Verdict.NO]


@pytest.mark.parametrize(
    "expression",
    [
        'resource.matchTag("1/env", "prod")',
        "destination.port == 1",
        "this is ( no expression",
        "",
        "resource.name",
        "1",
        'request.time < timestamp("yesterday")',
        'size(resource.name) / 0 == 1 || resource.name.matches("(")',
        f'api.getAttribute("{GRANTED_ROLES}", []).hasOnly(["roles/viewer"])',
        "(" * 200 + "true" + ")" * 200,
    ],
)
def test_what_is_not_understood_or_not_known_hides_nothing(expression: str) -> None:
    assert verdict(expression) is Verdict.MAYBE
    assert verdict(expression, later=True) is Verdict.MAYBE


@pytest.mark.parametrize(
    "unknown", ['resource.matchTag("1/env", "prod")', f'api.getAttribute("{GRANTED_ROLES}", []).hasOnly(["r"])']
)
def test_what_is_not_known_decides_only_where_it_matters(unknown: str) -> None:
    assert verdict(f"{unknown} || true") is Verdict.YES
    assert verdict(f"false && {unknown}") is Verdict.NO
    assert verdict(f"{unknown} != true") is Verdict.MAYBE
    assert verdict(f"{unknown} ? true : false") is Verdict.MAYBE


@pytest.mark.parametrize(
    ("expression", "on", "expected"),
    [
        (_IN_SHOP, BUCKET, Verdict.PART),
        (_IN_SHOP, f"{BUCKET}/objects/shop/x", Verdict.YES),
        (_IN_SHOP, f"{BUCKET}/objects/other/x", Verdict.NO),
        (_IN_SHOP, SECRET, Verdict.NO),
        ('resource.name == "projects/42/secrets/key"', SECRET, Verdict.YES),
        ('resource.name == "projects/acme-dev/secrets/key"', SECRET, Verdict.NO),
        ('resource.type == "x"', ACCOUNT, Verdict.NO),
        (f"{_IN_SHOP} || {_LISTED}", f"{BUCKET}/objects/other/x", Verdict.MAYBE),
    ],
)
def test_a_condition_on_a_resource_is_evaluated_on_it(expression: str, on: str, expected: Verdict) -> None:
    assert verdict(expression, on) is expected


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (None, Verdict.MAYBE),
        ({}, Verdict.NO),
        ({"storage.googleapis.com/objectListPrefix": "shop/x"}, Verdict.YES),
        ({"storage.googleapis.com/objectListPrefix": "other/"}, Verdict.NO),
    ],
)
def test_what_a_request_tells_decides_when_it_is_known(attributes: Any, expected: Verdict) -> None:
    assert verdict(f"{_IN_SHOP} || {_LISTED}", f"{BUCKET}/objects/other/x", attributes=attributes) is expected


_ONLY = f'api.getAttribute("{GRANTED_ROLES}", []).hasOnly(["roles/a", "roles/b"])'


@pytest.mark.parametrize(
    ("expression", "roles"),
    [
        (_ONLY, {"roles/a", "roles/b"}),
        (f"  ( {_ONLY.replace(chr(34), chr(39))} )  // all of them", {"roles/a", "roles/b"}),
        (_ONLY.replace('"roles/a", "roles/b"', ""), set[str]()),
        (f"{_ONLY} || true", None),
        (f"!{_ONLY}", None),
        (f"{_ONLY} == false", None),
        (_ONLY.replace("[])", '["roles/owner"])'), None),
        (_ONLY.replace("hasOnly", "exists"), None),
        (f'"{GRANTED_ROLES}" == ""', None),
        ("no ( expression", None),
    ],
)
def test_only_a_list_of_roles_and_nothing_else_limits_what_may_be_granted(
    expression: str, roles: set[str] | None
) -> None:
    assert delegated(expression) == roles


@pytest.mark.parametrize(
    "expression",
    [
        "request.time < timestamp('2026-03-03T00:00:00Z') && request.time >= timestamp('2026-03-02T00:00:00Z')",
        'request.time >= timestamp("2026-03-02T00:00:00Z")',
        f"{_WINDOW.format('2026-03-02', '2026-03-03')} || true",
        'request.time >= timestamp("2026-03-02T00:00:00") && request.time < timestamp("2026-03-03T00:00:00")',
        'request.time >= timestamp("2026-03-02") && request.time < timestamp("x")',
    ],
)
def test_what_is_no_window_from_one_moment_to_another_is_none(expression: str) -> None:
    assert window(expression) is None


def test_a_window_is_read_in_whatever_zone() -> None:
    begin, end = datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC)
    assert window(_WINDOW.format("2026-03-02", "2026-03-03")) == (begin, end)
    zoned = "request.time>=timestamp('2026-03-02T01:00:00+01:00') && (request.time<timestamp('2026-03-03T00:00:00Z'))"
    assert window(zoned) == (begin, end)


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ('assertion.id == "1"', ["1"]),
        ("(assertion.id=='1' && assertion.ref in [\"a && b\"])", ["1"]),
        ('assertion.id == "1" || true', []),
        ('!(assertion.id == "1")', []),
        ('assertion.id != "1"', []),
        ('assertion.other == "1"', []),
        ('assertion.id == "1" ? true : true', []),
        ('"assertion.id == \\"1\\"" != ""', []),
    ],
)
def test_a_claim_is_demanded_where_no_token_with_another_value_is_admitted(expression: str, values: list[str]) -> None:
    assert demanded(expression, "assertion.id") == values
