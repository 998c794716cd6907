"""The stacks of this layer: `<environment>`, `foundation-<environment>`, and one for each team."""

from typing import TypeVar

from identity_layer.environment import Environment
from identity_layer.foundation.foundation_settings import FoundationSettings
from identity_layer.kit import parts
from identity_layer.kit.parts import Part
from identity_layer.settings import Settings
from identity_layer.team.team_settings import TeamSettings

FOUNDATION, TEAM = Part("foundation"), Part("team")
FILES: dict[str, type[Environment]] = {
    "Pulumi.foundation-<environment>.yaml": FoundationSettings,
    "Pulumi.<environment>.yaml": Settings,
    "Pulumi.team-<team>-<environment>.yaml": TeamSettings,
}

Model = TypeVar("Model", bound=Environment)


def load(model: type[Model]) -> Model:
    """The running stack's settings, of which `model` is the model.

    Raises:
        kit.configuration.ConfigurationError: the configuration cannot be used; the message lists every problem.
    """
    return parts.load(model, "identity", {file: other for file, other in FILES.items() if other is not model})
