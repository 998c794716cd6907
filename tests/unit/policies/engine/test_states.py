"""States of the engine: which files are one, what is read of them, and what may be shown."""

import json
from typing import Any

import pytest

from engine import states
from engine.document import FormatError
from unit.policies.engine.marked import CIPHERTEXT, SECRET

URN = "urn:pulumi:dev::platform::gcp:sql/databaseInstance:DatabaseInstance::orders"
PROVIDER = "urn:pulumi:dev::platform::pulumi:providers:gcp::gcp"


def resource(**more: Any) -> dict[str, Any]:
    return {"urn": URN, "type": "gcp:sql/databaseInstance:DatabaseInstance", "custom": True, "id": "orders", **more}


def export(*resources: dict[str, Any], **more: Any) -> str:
    return json.dumps({"version": 3, "deployment": {"manifest": {}, "resources": resources, **more}})


def test_an_export_and_a_backends_file_are_one_state() -> None:
    checkpoint = {"version": 3, "checkpoint": {"stack": "dev", "latest": {"resources": [resource()]}}}

    assert states.parse(json.dumps(checkpoint), "dev.json") == states.parse(export(resource()), "export.json")


@pytest.mark.parametrize("content", ['{"version": 3, "deployment": null}', '{"version": 3, "checkpoint": {}}'])
def test_a_stack_that_nothing_was_written_to_has_an_empty_state(content: str) -> None:
    assert states.parse(content, "x").resources == ()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "at its beginning"),
        ("{", "at its beginning"),
        ("[]", "at its beginning"),
        ("{}", "required at version"),
        ('{"version": 3}', "neither a deployment nor a checkpoint"),
        ('{"version": 3, "deployment": {}, "checkpoint": {}}', "or both"),
        ('{"version": 3, "checkpoint": null}', "checkpoint is null"),
        ('{"version": 3, "deployment": 7}', "at deployment"),
        ('{"version": 3, "deployment": {"resources": 7}}', "at resources"),
        ('{"version": 3, "deployment": {"resources": [{"urn": "x"}]}}', r"required at resources\.0\.type"),
        ('{"version": 2, "deployment": {}}', "not known here: 2"),
        ('{"version": 5, "deployment": {}}', "not known here: 5"),
        ('{"version": 4, "features": ["views", "tomorrow"], "deployment": {}}', "not known here: 4 views tomorrow"),
    ],
)
def test_another_form_or_version_is_refused_with_one_message(content: str, why: str) -> None:
    for read in (states.parse, states.displayable, states.resources):
        with pytest.raises(FormatError, match=rf"the state dev\.json cannot be read \(.*{why}.*nothing may run"):
            read(content, "dev.json")


def test_a_refused_state_does_not_show_its_values() -> None:
    with pytest.raises(FormatError) as refused:
        states.parse(export(resource(inputs=[SECRET])), "dev.json")

    assert CIPHERTEXT not in str(refused.value)


def test_version_4_is_read_where_its_features_only_add_fields() -> None:
    content = {"version": 4, "features": ["hooks", "taint"], "deployment": {"resources": [resource(taint=True)]}}

    assert states.parse(json.dumps(content), "x").resources[0].id == "orders"


def test_all_that_commands_read_of_a_resource_is_there() -> None:
    content = resource(
        protect=True,
        retainOnDelete=True,
        parent="p",
        provider=f"{PROVIDER}::1234",
        dependencies=["a", URN],
        propertyDependencies={"network": ["b"], "name": None},
        inputs={"a": SECRET},
        outputs={"b": 1},
        created="2026-01-01T00:00:00Z",
        modified="2026-01-02T00:00:00Z",
        sourcePosition="project:///x.py#1",
    )
    found = states.parse(export(content), "x").resources[0]

    assert (found.name, found.protect, found.retain_on_delete, found.parent) == ("orders", True, True, "p")
    assert found.uses == {"a", "b"}
    assert (found.inputs, found.outputs) == ({"a": SECRET}, {"b": 1})
    assert (found.created, found.modified) == ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
    assert found.source_position == "project:///x.py#1"


def test_pending_operations_and_the_configuration_of_a_provider_are_read() -> None:
    inputs: dict[str, Any] = {"project": "demo", "__internal": {}}
    provider = {"urn": PROVIDER, "type": "pulumi:providers:gcp", "inputs": inputs}
    waiting = {"type": "creating", "resource": resource(provider=f"{PROVIDER}::1234")}
    state = states.parse(export(provider, pending_operations=[waiting]), "x")

    assert state.pending[0].operation == "creating"
    assert state.provider_inputs(state.pending[0].resource) == {"project": "demo"}
    assert state.by_provider == {"": [PROVIDER]}


def test_the_rest_of_a_replacement_gives_way_to_its_successor() -> None:
    state = states.parse(export(resource(id="new"), resource(id="old", delete=True)), "x")

    assert state.by_urn[URN].id == "new"


def test_displayable_resources_keep_every_field_and_no_secret() -> None:
    content = resource(inputs={"deep": [{"x": SECRET}]}, outputs={"json": json.dumps([SECRET])}, unheardOf=[SECRET])
    key = {"urn": "u", "type": "kubernetes:core/v1:Secret", "inputs": {"data": {"a": CIPHERTEXT}, "kind": "Secret"}}
    shown = states.displayable(export(content, key), "x")

    assert CIPHERTEXT not in json.dumps(shown)
    assert shown[0] == {
        **content,
        "inputs": {"deep": [{"x": "[secret]"}]},
        "outputs": {"json": '["[secret]"]'},
        "unheardOf": ["[secret]"],
    }
    assert shown[1]["inputs"] == {"data": "[secret]", "kind": "Secret"}


def test_a_deployment_that_is_handed_back_is_as_the_engine_wrote_it() -> None:
    content = export(resource(inputs={"a": SECRET}, unheardOf=1))

    assert json.loads(states.exported(states.deployment(content, "x"))) == json.loads(content)
    assert states.resources(content, "x") == [resource(inputs={"a": SECRET}, unheardOf=1)]
