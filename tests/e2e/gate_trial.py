"""A small program of databases, topics and a grant on the real engine, whose plans the gate judges.

It runs on the simulated cloud of a sandbox, as its administrator, with a state of its own: what a plan looks like is
the engine's answer alone.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cli.embedded.environment import administrator_environment
from cli.pulumi.gate import PreviewArtifacts
from e2e.harness import PLATFORM, Ran, Sandbox, ran
from toolchain.environments import python

_PROJECT = """\
name: platform
runtime:
  name: python
  options: {toolchain: pip, virtualenv: VIRTUALENV}
"""
_PROGRAM = """\
import json
from pathlib import Path

import pulumi
import pulumi_gcp as gcp

wanted = json.loads(Path("wanted.json").read_text())
provider = gcp.Provider(
    "trial",
    project="prodfirst-sandbox",
    region=wanted["region"],
    opts=pulumi.ResourceOptions(replace_on_changes=["region"]),
)
for name, asked in wanted["instances"].items():
    gcp.sql.DatabaseInstance(
        name,
        name=asked["name"],
        project="prodfirst-sandbox",
        region="europe-west4",
        database_version="POSTGRES_17",
        deletion_protection=False,
        settings={"tier": "db-custom-2-7680", "edition": "ENTERPRISE", "deletion_protection_enabled": False},
        opts=pulumi.ResourceOptions(
            protect=asked["protect"],
            retain_on_delete=asked.get("retain", False),
            delete_before_replace=asked.get("deleteFirst"),
            aliases=[pulumi.Alias(name=asked["alias"])] if "alias" in asked else None,
        ),
    )
for number in range(wanted["topics"]):
    gcp.pubsub.Topic(f"trial-{number}", name=f"trial-{number}", opts=pulumi.ResourceOptions(provider=provider))
gcp.projects.IAMMember(
    wanted["grant"]["resource"],
    project="prodfirst-sandbox",
    role="roles/viewer",
    member="group:platform-team@example.com",
    opts=pulumi.ResourceOptions(
        provider=provider,
        aliases=[pulumi.Alias(name=wanted["grant"]["alias"])] if "alias" in wanted["grant"] else None,
    ),
)
pulumi.export("contract", wanted["contract"])
"""
Json = dict[str, Any]


def _start() -> Json:
    return {
        "region": "europe-west4",
        "instances": {"trial-db": {"name": "trial-db", "protect": True}},
        "topics": 18,
        "grant": {"resource": "viewers"},
        "contract": {"version": 1, "registry": "one"},
    }


@dataclass
class Trial:
    """The program in a folder, with what it wants at the beginning."""

    sandbox: Sandbox
    folder: Path
    wanted: Json = field(default_factory=_start)

    def prepare(self) -> None:
        """Write the program, and do what it wants."""
        (self.folder / "state").mkdir(parents=True)
        text = _PROJECT.replace("VIRTUALENV", json.dumps(str(python("tests").parents[1])))
        (self.folder / "Pulumi.yaml").write_text(text)
        (self.folder / "__main__.py").write_text(_PROGRAM)
        self.want()
        self.run("stack", "init", "dev", "--secrets-provider", "passphrase")
        self.run("up", "--yes", "--skip-preview")

    def want(self, **changes: Any) -> None:
        """Change what the program wants, from the beginning on."""
        (self.folder / "wanted.json").write_text(json.dumps({**_start(), **changes}))

    def environment(self) -> Mapping[str, str]:
        """Of the engine."""
        env = administrator_environment(self.sandbox.directory, PLATFORM)
        backend = {"PULUMI_BACKEND_URL": f"file://{self.folder / 'state'}", "PULUMI_STACK": "dev"}
        return {**env, **backend, "PULUMI_DEBUG_COMMANDS": "true", "GOOGLE_PROJECT": "prodfirst-sandbox"}

    def run(self, *arguments: str, check: bool = True) -> Ran:
        """Run the engine."""
        command = [str(self.sandbox.path / "bin" / "pulumi"), *arguments, "--non-interactive", "--color", "never"]
        done = ran(command, self.folder, self.environment())
        return done.succeeded() if check else done

    def preview(self, *options: str) -> PreviewArtifacts:
        """Preview, with what the gate needs."""
        for name in ("plan.json", "events.json"):
            (self.folder / name).unlink(missing_ok=True)
        plan, events = self.folder / "plan.json", self.folder / "events.json"
        self.run("preview", "--save-plan", str(plan), "--event-log", str(events), *options, check=False)
        return PreviewArtifacts(plan, events, self.state)

    def state(self) -> bytes:
        """The stack's state."""
        return (self.folder / "state" / ".pulumi" / "stacks" / "platform" / "dev.json").read_bytes()

    def urn(self, kind: str, name: str) -> str:
        """A resource's URN."""
        return f"urn:pulumi:dev::platform::{kind}::{name}"
