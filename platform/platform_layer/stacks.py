"""Settings of the running stack; a key of another kind of stack is refused, with the name of its file."""

from typing import TypeVar

from platform_layer.environment import Environment
from platform_layer.kit import parts
from platform_layer.namespaces.team_settings import TeamSettings
from platform_layer.settings import Settings
from platform_layer.storage.storage_settings import StorageSettings

MODELS: dict[str, type[Environment]] = {
    "Pulumi.<environment>.yaml": Settings,
    "Pulumi.storage-<environment>.yaml": StorageSettings,
    "Pulumi.namespaces-<team>-<environment>.yaml": TeamSettings,
}
Model = TypeVar("Model", bound=Environment)


def load(model: type[Model]) -> Model:
    """Return the running stack's settings.

    Raises:
        configuration.ConfigurationError: the configuration cannot be used; the message lists every problem.
    """
    siblings = {file: other for file, other in MODELS.items() if other is not model}
    return parts.load(model, "platform", siblings)
