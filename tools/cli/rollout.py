"""The environments on Google Cloud, in the order in which a change reaches them: `policies/environments.yaml`.

The policy pack reads the same file by itself (policy_pack/environments.py).
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel

from cli import contracts, yaml_file
from cli.projects import PROJECTS, joined, split

LAYERS = tuple(PROJECTS)
SANDBOX = "sandbox"
FILE = "policies/environments.yaml"
# The stages of .github/workflows/deploy.yml: GitHub cannot run a list of jobs that is computed one after the other.
STAGES = ("first", "second", "third", "fourth")


class Environment(BaseModel):
    """An environment.

    Attributes:
        name: as in the names of stack files.
        production: whether its databases must survive the loss of a zone; the policy pack reads it.
        reviewed: whether the owning team approves each deployment; nobody approves their own.
        wait_minutes: waiting time of a deployment after the approval.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, alias_generator=to_camel)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,18}[a-z0-9]$")]
    production: bool = False
    reviewed: bool = False
    wait_minutes: Annotated[int, Field(ge=0, le=43_200)] = 0


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    environments: Annotated[list[Environment], Field(min_length=1)]

    @field_validator("environments")
    @classmethod
    def _there_are_stages(cls, listed: list[Environment]) -> list[Environment]:
        if len(listed) > len(STAGES):
            raise ValueError(
                f"there are {len(STAGES)} stages in .github/workflows/deploy.yml. Add one there and to STAGES in "
                "tools/cli/rollout.py, or list fewer environments."
            )
        return listed

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Self:
        names = [environment.name for environment in self.environments]
        if SANDBOX in names:
            raise ValueError(f"{SANDBOX} is the embedded sandbox, which no workflow deploys to; remove the entry")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} is listed more than once; remove one entry")
        parts = {program.partition("/")[2] for project in PROJECTS.values() for program in project.programs} - {""}
        for name in names:
            if (part := name.partition("-")[0]) in parts:
                raise ValueError(
                    f"platform/Pulumi.{name}.yaml could be of the environment {name}, or of the part {part} of another "
                    "one; rename the environment"
                )
            for other in (*names, SANDBOX):
                if name.endswith(f"-{other}") or other.endswith(f"-{name}"):
                    short, long = sorted((name, other), key=len)
                    raise ValueError(
                        f"apps/Pulumi.x-{long}.yaml could be of the app x in {long} or of another one in {short}; "
                        "rename one"
                    )
        return self


def listed(root: Path) -> list[Environment]:
    """The listed environments of a checkout in order, whether or not they have stack files.

    Raises `ToolError` when the file is not of the form.
    """
    consequence = "nobody knows which environments there are, nor their order; nothing was started"
    return yaml_file.load(root / FILE, _Document.model_validate, consequence).environments


def findings(root: Path) -> list[str]:
    """Stack files that no workflow deploys, one finding for each environment.

    Raises `ToolError` when the list of environments is not of the form.
    """
    names = [environment.name for environment in listed(root)]
    files = {layer: sorted((root / layer).glob("Pulumi.*.yaml")) for layer in LAYERS}
    return [*_unlisted(files, names), *_without_contract(files, names)]


def _unlisted(files: dict[str, list[Path]], names: list[str]) -> Iterator[str]:
    known = {*names, SANDBOX}
    reported: set[str] = set()
    for layer, of_layer in files.items():
        for file in of_layer:
            stack = file.name.removeprefix("Pulumi.").removesuffix(".yaml")
            if split(layer, stack, known) is None:
                unknown = _environment(layer, stack)
                if unknown not in reported:
                    reported.add(unknown)
                    yield (
                        f"{layer}/{file.name} is of the environment {unknown}, which {FILE} does not list, so it "
                        "is compared with nothing, and nothing is deployed to it. List it there, in its place in the "
                        "order, or remove its stack files."
                    )


def _without_contract(files: dict[str, list[Path]], names: list[str]) -> Iterator[str]:
    for name in names:
        present = _programs(files, name)
        programs = sorted(present, key=lambda program: contracts.wave(program[0]))
        missing = ((present[program], first) for program in programs if (first := _missing(program, present)))
        for file, (program, team) in missing:
            project, _, part = program.partition("/")
            of_team = f"{part}-{team or '<team>'}" if contracts.each(program) else part
            yield (
                f"{file.parent.name}/{file.name} has no {project}/Pulumi.{joined(name, of_team or None)}.yaml before "
                "it, whose contract it reads, so it can be neither compared nor deployed. Write that file first, or "
                "remove this one."
            )
            break


def _missing(program: tuple[str, str], present: Collection[tuple[str, str]]) -> tuple[str, str] | None:
    """First program, with its team, that has no stack and whose contract a program reads; an app's team is open."""
    name, team = program
    for producer in sorted(contracts.producers(name), key=contracts.wave):
        of = team if contracts.each(producer) else ""
        if (producer, of) not in present and (of or producer not in {other for other, _ in present}):
            return producer, of
    return None


def _environment(project: str, stack: str) -> str:
    """Environment in the name of a stack whose environment is not listed."""
    parts = PROJECTS[project].parts
    begun = next((part for part in parts if part and stack.startswith(f"{part}-")), None)
    if begun:
        return stack.removeprefix(f"{begun}-")
    return stack.rpartition("-")[2] if PROJECTS[project].has(stack.rpartition("-")[0] or None) else stack


def _programs(files: dict[str, list[Path]], environment: str) -> dict[tuple[str, str], Path]:
    """Programs with a stack in an environment, and the team of a team's stack, each with its first stack file."""
    present: dict[tuple[str, str], Path] = {}
    for project, of_project in files.items():
        for file in of_project:
            found = split(project, file.name.removeprefix("Pulumi.").removesuffix(".yaml"), [environment])
            if found:
                program = PROJECTS[project].program(found[1])
                team = (found[1] or "").partition("-")[2] if contracts.each(program) else ""
                present.setdefault((program, team), file)
    return present
