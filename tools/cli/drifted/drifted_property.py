"""A drifted property, as the plan gate's verdict has it, and the three commands that repair it."""

import shlex
from typing import Any

from pydantic import BaseModel, ConfigDict

from cli.layout import SANDBOX, Stack
from engine import urns

# Heading of the gate's verdict (plan_gate/summary.py) over what is accepted until a date, and no difference any more.
ACCEPTED = "changed out of band, and accepted"


class DriftedProperty(BaseModel):
    """Property that the cloud has otherwise than the program declares.

    Attributes:
        resource: URN of the resource.
        path: the property; empty where the whole resource is gone from the cloud.
        declared: value that the program declares, secrets masked; None for none.
        live: value that the cloud has, secrets masked; None for none.
        untouchable: why it can only be put back; empty where it may be accepted.
        place: file and line of the code that declares the resource.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    resource: str
    path: str = ""
    declared: Any = None
    live: Any = None
    untouchable: str = ""
    place: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Resource and property, which tell it apart from others of its stack."""
        return self.resource, self.path

    @property
    def name(self) -> str:
        """Name of the resource in the program."""
        return urns.parse(self.resource).name

    @property
    def label(self) -> str:
        """Kind and name of the resource, and the property: `Deployment storefront: spec.replicas`."""
        return ": ".join(filter(None, (urns.label(self.resource), self.path)))

    def commands(self, stack: Stack) -> dict[str, str]:
        """Return the commands that repair it, by choice."""
        named = [*selection(stack), f"RESOURCE={shlex.quote(self.name)}"]
        named += [f"PROPERTY={shlex.quote(self.path)}"] if self.path else []
        choose = f"make drifted {' '.join(named)}"
        adopt = {"adopt": f"{choose} CHOICE=adopt"}
        accept = {} if self.untouchable else {"accept": f"{choose} CHOICE=accept UNTIL=<date> REASON='<why>'"}
        return {"put back": put_back(stack), **adopt, **accept}


def selection(stack: Stack) -> list[str]:
    """Return the variables of make that choose a stack."""
    choice = stack.choice
    variables = {"APP": choice.app, "OWNER": choice.owner, "TEAM": choice.team}
    environment = [] if stack.environment == SANDBOX else [f"STACK={stack.environment}"]
    return environment + [f"{name}={value}" for name, value in variables.items() if value]


def put_back(stack: Stack) -> str:
    """Return the command that puts the declared values of a stack back; on Google Cloud a workflow deploys."""
    if stack.environment == SANDBOX:
        return " ".join(["make up", *selection(stack)])
    if stack.by_administrators:
        return f"make bootstrap STACK={stack.environment}"
    return "gh workflow run deploy.yml"
