"""Exceptions that lift a refusal of the plan gate, and exceptions that are refused themselves."""

from collections.abc import Callable

import pytest
import yaml

from engine.data import DataError
from plan_gate import summary
from unit.policies.plans import FIREWALL, INSTANCE, MEMBER, STACK, Preview, refused, urn

ORDERS = urn(INSTANCE, "orders")


def test_a_valid_exception_lifts_exactly_what_it_names(preview: Preview) -> None:
    preview.planned(ORDERS, "delete")
    preview.accept(ORDERS, "delete")

    verdict = preview.judged()

    assert verdict.passed
    assert [accepted.refusal.urn for accepted in verdict.accepted] == [ORDERS]


@pytest.mark.parametrize(
    ("named", "operation", "expires"),
    [
        (urn(INSTANCE, "other"), "delete", "2026-03-09"),
        (ORDERS, "replace", "2026-03-09"),
        (ORDERS, "delete", "2026-03-01"),
    ],
    ids=["another resource", "another operation", "expired"],
)
def test_an_exception_that_does_not_fit_lifts_nothing_and_is_refused(
    preview: Preview, named: str, operation: str, expires: str
) -> None:
    preview.planned(ORDERS, "delete")
    preview.accept(named, operation, expires)

    assert refused(preview.judged()) == {("plan-datastore-kept", ORDERS), ("plan-exception-needed", named)}


def test_an_exception_holds_on_its_last_day(preview: Preview) -> None:
    preview.planned(ORDERS, "delete")
    preview.accept(ORDERS, "delete", "2026-03-02")

    assert preview.judged().passed


def test_an_exception_that_nothing_needs_is_refused(preview: Preview) -> None:
    preview.accept(ORDERS, "delete")

    verdict = preview.judged()

    assert refused(verdict) == {("plan-exception-needed", ORDERS)}
    assert "is not needed by this plan" in verdict.refusals[0].message


def test_another_stacks_exceptions_are_none_of_ours(preview: Preview) -> None:
    preview.accept(ORDERS.replace(":dev::", ":prod::"), "delete")

    assert preview.judged().passed


@pytest.mark.parametrize(("upto", "passed"), [(20, True), (19, False)])
def test_an_exception_to_a_limit_says_how_far(preview: Preview, upto: int, passed: bool) -> None:
    for number in range(20):
        preview.planned(preview.held(FIREWALL, f"rule-{number}"), "delete")
    preview.accept(STACK, "exceed-limit", upto=upto)

    assert preview.judged().passed is passed


def test_the_exceptions_that_a_verdict_asks_for_are_those_that_let_the_plan_through(preview: Preview) -> None:
    preview.planned(ORDERS, "delete")
    for number in range(20):
        preview.planned(preview.held(FIREWALL, f"rule-{number}"), "delete")
    [asked] = [
        each.lines for each in summary.sections(preview.judged()) if each.title.startswith("what plan_exceptions.yaml")
    ]
    for [entry] in map(yaml.safe_load, asked):
        preview.accept(**{"named": entry.pop("resource"), **{key: entry[key] for key in entry if key != "…"}})

    assert len(asked) == 2
    assert preview.judged().passed


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"resource": urn(INSTANCE, "*")}, "is a pattern"),
        ({"resource": "orders"}, "is no URN"),
        ({"resource": STACK}, "exceed-limit is about a stack"),
        ({"operation": "exceed-limit"}, "exceed-limit is about a stack"),
        ({"operation": "everything"}, "operation"),
        ({"upto": 5}, "`upto`"),
        ({"reason": "because"}, "reason"),
        ({"expires": "2026-03-17"}, "more than 14 days ahead"),
        ({"unknown": "key"}, "unknown"),
        ({"resource": urn(INSTANCE, "order?")}, "is a pattern"),
        ({"reason": "r" * 19}, "reason"),
        ({"owner": "x"}, "owner"),
        ({"resource": STACK, "operation": "exceed-limit", "upto": 0}, "upto"),
        ({"resource": STACK, "operation": "exceed-limit"}, "`upto`"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_malformed_exception_stops_everything(preview: Preview, broken: dict[str, object], said: str) -> None:
    preview.accept(ORDERS, "delete")
    preview.exceptions[0] |= broken

    with pytest.raises(DataError, match=said):
        preview.judged()


def test_two_exceptions_for_the_same_stop_everything(preview: Preview) -> None:
    preview.accept(ORDERS, "delete", "2026-03-08")
    preview.accept(ORDERS, "delete")

    with pytest.raises(DataError, match=r"exceptions\.1: accepts the same as another one"):
        preview.judged()


def test_an_exception_may_be_as_long_and_as_short_as_its_limits(preview: Preview) -> None:
    preview.planned(ORDERS, "delete")
    preview.accept(ORDERS, "delete", "2026-03-16", reason="replaced by billing1", owner="db")

    assert preview.judged().passed


def test_another_programs_exceptions_are_none_of_ours(preview: Preview) -> None:
    preview.accept(urn(INSTANCE, "orders", "identity"), "delete")

    assert preview.judged().passed


def test_an_exception_that_nothing_needs_on_its_last_day_has_not_expired(preview: Preview) -> None:
    preview.accept(ORDERS, "delete", "2026-03-02")

    [refusal] = preview.judged().refusals
    assert "is not needed by this plan" in refusal.message


def test_an_exception_that_has_expired_says_since_when(preview: Preview) -> None:
    preview.accept(ORDERS, "delete", "2026-03-01")

    [refusal] = preview.judged().refusals
    assert "expired on 2026-03-01" in refusal.message


def test_no_exception_lifts_what_cannot_be_judged(preview: Preview) -> None:
    preview.planned(ORDERS, "delete")
    preview.accept(ORDERS, "delete")
    preview.failed = True

    assert ("plan-judgeable", "") in refused(preview.judged())


_REPLACED = ("create-replacement", "replace", "delete-replaced")


def _access_left(preview: Preview) -> str:
    inputs = {"role": "roles/viewer", "member": "group:ops@example.com", "project": "acme-dev"}
    return preview.planned(preview.held(MEMBER, "kept", inputs=inputs, retainOnDelete=True), "delete")


def _provider(preview: Preview, *steps: str) -> str:
    provider = preview.held("pulumi:providers:gcp", "old")
    rule = preview.held(FIREWALL, "rule", provider=f"{provider}::an-id")
    preview.planned(rule, *_REPLACED)
    return preview.planned(provider, *steps)


_ACCEPTABLE: dict[str, tuple[Callable[[Preview], str], str]] = {
    "a replacement": (lambda preview: preview.planned(ORDERS, *_REPLACED, protect=True), "replace"),
    "the order of a replacement": (
        lambda preview: preview.planned(ORDERS, "update", protect=True, deleteBeforeReplace=True),
        "delete-before-replace",
    ),
    "data to be left": (lambda preview: preview.planned(ORDERS, "update", protect=True, retain=True), "abandon"),
    "access that is left": (_access_left, "abandon"),
    "a provider's replacement": (lambda preview: _provider(preview, *_REPLACED), "replace"),
    "a provider's deletion": (lambda preview: _provider(preview, "delete"), "delete"),
}


@pytest.mark.parametrize(("change", "operation"), _ACCEPTABLE.values(), ids=_ACCEPTABLE)
def test_each_operation_is_accepted_by_its_name(
    preview: Preview, change: Callable[[Preview], str], operation: str
) -> None:
    named = change(preview)
    assert [(one.urn, one.operation) for one in preview.judged().refusals] == [(named, operation)]

    preview.accept(named, operation)
    assert preview.judged().passed
