"""Values that a layer, the policies and the commands each define, since none of them imports another, are equal."""

from cli import contracts
from engine import contracts as gate
from identity_layer import values
from policy_pack.rules import iam_grants


def test_the_consumer_mail_domains_of_the_configuration_are_the_packs() -> None:
    assert values.CONSUMER_DOMAINS == iam_grants.CONSUMER_DOMAINS


def test_the_gate_and_the_commands_read_the_same_contracts_and_the_same_administrators() -> None:
    listed = gate.contracts()
    named = {name: (contract.producer, list(contract.consumers)) for name, contract in listed.contracts.items()}

    assert named == {name: (contract.producer, contract.consumers) for name, contract in contracts.listed().items()}
    programs = {program for wave in contracts.waves() for program in wave}
    assert listed.administrators == {program for program in programs if contracts.is_administrators(program)}
    assert listed.administrators == {"identity/foundation"}
