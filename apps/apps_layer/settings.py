"""Configuration of a stack of this layer: the model of Pulumi.<stack>.yaml, its constraints and their reasons.

A stack is one app in one environment. The app's entry (entry.py) holds for every environment; here is only what differs
between them.
"""

from typing import Self

import pulumi
from pydantic import Field, model_validator

from apps_layer.kit import configuration
from apps_layer.kit.configuration import Section
from apps_layer.kit.scalars import AppName, PinnedImage, ProjectId

MOST_REPLICAS = 100


PROVIDER_KEYS = {"project": "gcp:project"}


class Settings(Section):
    """The stack's configuration. `make docs` writes the keys in Pulumi.yaml and README.md from the descriptions."""

    project: ProjectId = Field(
        examples=["my-project"],
        description="Google Cloud project of the environment, as in the platform layer",
    )
    app: AppName = Field(
        examples=["storefront"],
        description="App of this stack, declared in `entries/<app>.yaml`; the stack is named `<app>-<environment>`",
    )
    image: PinnedImage = Field(
        examples=["europe-west4-docker.pkg.dev/my-project/shop/storefront@sha256:…"],
        description="The app's image in this environment, by digest, from its team's repository",
    )
    public: bool = Field(
        default=False,
        examples=["true"],
        description="Whether a web service is reached from outside, by HTTPS at the host name that the platform gives "
        "it (default false)",
    )
    replicas: int = Field(
        default=2,
        ge=1,
        le=MOST_REPLICAS,
        examples=["2"],
        description="Number of pods in this environment, at least (default 2); of no effect for a job",
    )
    max_replicas: int = Field(
        default=4,
        ge=1,
        le=MOST_REPLICAS,
        examples=["4"],
        description="Number of pods in this environment, at most (default 4); as many as `apps:replicas` turns the "
        "autoscaler off",
    )

    @model_validator(mode="after")
    def _most_is_not_less(self) -> Self:
        if self.max_replicas < self.replicas:
            raise ValueError(
                f"maxReplicas is {self.max_replicas} and replicas {self.replicas}, so there could be no number of pods "
                "between them; raise maxReplicas, or make both equal to turn the autoscaler off."
            )
        return self


def load() -> Settings:
    """The running stack's settings.

    Raises:
        configuration.ConfigurationError: the configuration cannot be used; the message lists every problem.
    """
    stack = pulumi.get_stack()
    settings = configuration.load(Settings, "apps", stack, PROVIDER_KEYS)
    if not stack.startswith(f"{settings.app}-"):
        raise configuration.ConfigurationError(
            f"Stack {stack!r} is configured for the app {settings.app!r}, so it would deploy that app "
            "a second time; nothing "
            f"was planned or changed. Name the stack {settings.app}-<environment>, or correct "
            f"apps:app in Pulumi.{stack}.yaml."
        )
    return settings


def environment(app: str) -> str:
    """Environment of the running stack, which is named `<app>-<environment>`."""
    return pulumi.get_stack().removeprefix(f"{app}-")
