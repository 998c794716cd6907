"""The job that this process is part of, as GitHub tells it in the environment.

https://docs.github.com/en/actions/reference/workflows-and-actions/variables
"""

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from toolchain.errors import ToolError, UsageError

# A step's summary holds a MiB; what is longer, GitHub leaves out as a whole.
_SUMMARY_BYTES = 1024 * 1024 - 4096
_MULTIPLIED = re.compile(r"[\r\n]")


@dataclass(frozen=True)
class Job:
    """One job of a workflow run.

    Attributes:
        environment: the process's environment.
    """

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def get(self, name: str) -> str:
        """A variable that must be set.

        Raises `UsageError` when it is not: this is not a job of GitHub's, or the workflow does not pass it on.
        """
        value = self.environment.get(name, "")
        if not value:
            raise UsageError(
                f"{name} is not set, so this is not the job of a workflow that this step is made for. Nothing was "
                "done. The steps are for .github/workflows; the commands that they call are the other Make targets."
            )
        return value

    @property
    def repository(self) -> str:
        """`owner/name`."""
        return self.get("GITHUB_REPOSITORY")

    @property
    def sha(self) -> str:
        """The commit that the workflow runs on."""
        return self.get("GITHUB_SHA")

    @property
    def run_number(self) -> int:
        """Counts the runs of the workflow; a repeated run keeps its number."""
        return int(self.get("GITHUB_RUN_NUMBER"))

    @property
    def run_url(self) -> str:
        """The page of the run."""
        return f"{self.get('GITHUB_SERVER_URL')}/{self.repository}/actions/runs/{self.get('GITHUB_RUN_ID')}"

    @property
    def repository_url(self) -> str:
        """The page of the repository."""
        return f"{self.get('GITHUB_SERVER_URL')}/{self.repository}"

    @property
    def temp(self) -> Path:
        """A folder that GitHub empties after the job."""
        return Path(self.get("RUNNER_TEMP"))

    @cached_property
    def event(self) -> dict[str, Any]:
        """What happened, as the webhook tells it."""
        try:
            return cast("dict[str, Any]", json.loads(Path(self.get("GITHUB_EVENT_PATH")).read_text("utf-8")))
        except (OSError, ValueError) as error:
            raise ToolError(f"the event of this run cannot be read ({error}), so nothing was done.") from error

    @property
    def pull_request(self) -> int:
        """The number of the pull request.

        Raises `UsageError` when the event is another one.
        """
        number = self.event.get("number")
        if "pull_request" not in self.event or not isinstance(number, int):
            raise UsageError("this run is not of a pull request, so there is nothing to comment on.")
        return number

    def output(self, name: str, value: str) -> None:
        """Set an output of the step, for other jobs."""
        if _MULTIPLIED.search(name):
            raise UsageError(f"{name!r} cannot be the name of an output")
        limit = f"end-{secrets.token_hex(16)}"  # unguessable: a value must not be able to end itself and set another
        with Path(self.get("GITHUB_OUTPUT")).open("a", encoding="utf-8") as file:
            file.write(f"{name}<<{limit}\n{value}\n{limit}\n")

    def add_path(self, folder: Path) -> None:
        """Put a folder in front of the PATH of the steps that follow."""
        with Path(self.get("GITHUB_PATH")).open("a", encoding="utf-8") as file:
            file.write(f"{folder}\n")

    def summarize(self, markdown: str) -> None:
        """Add to the summary of the run; outside of GitHub print it."""
        path = self.environment.get("GITHUB_STEP_SUMMARY", "")
        if not path:
            print(markdown, flush=True)
            return
        file = Path(path)
        room = _SUMMARY_BYTES - (file.stat().st_size if file.is_file() else 0)
        content = markdown.encode()[: max(room, 0)].decode(errors="ignore")
        with file.open("a", encoding="utf-8") as summary:
            summary.write(content + "\n")
