"""The keys of a configuration are written from their model: into Pulumi.yaml as YAML, and into README.md as a table."""

import yaml
from pydantic import Field

from identity_layer.kit import configuration_document
from identity_layer.kit.configuration import Section


class Example(Section):
    project: str = Field(description="Project")
    group_name: str = Field(description="Group: `{a, b}`, as in [the guide](guide.md)")
    pods: int = Field(default=2, description="Pods")
    parts: dict[str, str] = Field(default_factory=dict[str, str], description=" ".join(["Many words"] * 30))


PROVIDER_KEYS = {"project": "gcp:project"}


def test_each_key_is_declared_with_type_description_and_default() -> None:
    declared = yaml.safe_load(configuration_document.declarations([Example], "shop", PROVIDER_KEYS))

    assert declared == {
        "shop:groupName": {"type": "string", "description": "Group: `{a, b}`, as in the guide", "default": ""},
        "shop:pods": {"type": "integer", "description": "Pods", "default": 2},
        "shop:parts": {"type": "object", "description": " ".join(["Many words"] * 30), "default": {}},
    }


def test_the_table_has_each_key_with_its_links_and_the_providers_keys_by_their_names() -> None:
    rows = configuration_document.table(Example, "shop", PROVIDER_KEYS).splitlines()[2:]

    assert rows[:2] == [
        "| `gcp:project` | Project |",
        "| `shop:groupName` | Group: `{a, b}`, as in [the guide](guide.md) |",
    ]
    assert len(rows) == 4
