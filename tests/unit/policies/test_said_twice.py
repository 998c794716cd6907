"""Values that a layer, the policies and the commands each define, since none of them imports another, are equal."""

from cli import layout
from identity_layer import values
from plan_gate import blast_radius
from policy_pack.rules import iam_grants
from unit.identity.declared import program


def test_the_consumer_mail_domains_of_the_configuration_are_the_packs() -> None:
    assert values.CONSUMER_DOMAINS == iam_grants.CONSUMER_DOMAINS


def test_what_an_administrator_applies_is_below_the_component_that_the_identity_layer_declares() -> None:
    declared = {each.type for each in program().declared}
    assert {f"{kind}$" for kind in declared if kind.endswith(":Foundation")} == {layout.FOUNDATION}
    assert blast_radius.FOUNDATION == layout.FOUNDATION
