"""The stacks of this layer: `<environment>`, `storage-<environment>`, and one for each team."""

from typing import TypeVar

from platform_layer.environment import Environment
from platform_layer.kit import parts
from platform_layer.kit.parts import Part
from platform_layer.namespaces.team_settings import TeamSettings
from platform_layer.settings import Settings
from platform_layer.storage.storage_settings import StorageSettings

STORAGE, NAMESPACES = Part("storage"), Part("namespaces")
FILES: dict[str, type[Environment]] = {
    "Pulumi.<environment>.yaml": Settings,
    "Pulumi.storage-<environment>.yaml": StorageSettings,
    "Pulumi.namespaces-<team>-<environment>.yaml": TeamSettings,
}
Model = TypeVar("Model", bound=Environment)


def load(model: type[Model]) -> Model:
    """The running stack's settings, of which `model` is the model; a key of another stack's is refused.

    Raises:
        configuration.ConfigurationError: the configuration cannot be used; the message lists every problem.
    """
    return parts.load(model, "platform", {file: other for file, other in FILES.items() if other is not model})
