"""What a stack of this layer can be told: the model of Pulumi.<stack>.yaml, its constraints and their reasons.

A stack is one app in one environment. What the app is, everywhere, is in its entry (entry.py); here is only what
differs between environments.
"""

import re
from typing import Annotated

import pulumi
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from apps_layer import configuration


def _matching(pattern: str, meaning: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value!r} is not {meaning}; correct it.")
        return value

    return AfterValidator(check)


ProjectId = Annotated[
    str, _matching(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "a project ID (6 to 30 lower case letters, digits and hyphens)")
]
AppName = Annotated[
    str, _matching(r"[a-z][a-z0-9-]{0,24}[a-z0-9]", "an app's name (2 to 26 lower case letters, digits, hyphens)")
]
PinnedImage = Annotated[
    str,
    _matching(
        r"[a-z0-9./:_-]+@sha256:[0-9a-f]{64}",
        "pinned by digest (name@sha256:…), so what runs could change without a deployment",
    ),
]


class Settings(BaseModel):
    """The stack's configuration. Shapes and meanings: the table in README.md."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, strict=True)

    project: ProjectId = Field(examples=["my-project"])
    app: AppName = Field(examples=["storefront"])
    image: PinnedImage = Field(examples=["europe-west4-docker.pkg.dev/my-project/shop/storefront@sha256:…"])
    replicas: int = Field(default=2, ge=1, le=100, examples=["2"])


def load() -> Settings:
    """The running stack's settings.

    Raises:
        configuration.ConfigurationError: the configuration cannot be used; the message lists every problem.
    """
    stack = pulumi.get_stack()
    settings = configuration.load(Settings, "apps", stack, {"project": "gcp:project"})
    if not stack.startswith(f"{settings.app}-"):
        raise configuration.ConfigurationError(
            f"Stack {stack!r} is configured for the app {settings.app!r}, so it would deploy that app "
            "a second time; nothing "
            f"was planned or changed. Name the stack {settings.app}-<environment>, or correct "
            f"apps:app in Pulumi.{stack}.yaml."
        )
    return settings
