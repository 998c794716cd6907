"""The workflow job of this process, as GitHub describes it in environment variables.

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

# Bytes: a step's summary is limited to a MiB, and GitHub drops a longer one as a whole.
SUMMARY_LIMIT = 1024 * 1024 - 4096
_MULTIPLIED = re.compile(r"[\r\n]")


@dataclass(frozen=True)
class Job:
    """One job of a workflow run.

    Attributes:
        environment: the process's environment.
    """

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def get(self, name: str) -> str:
        """A required variable.

        Raises `UsageError` when it is not set: this is no job of GitHub, or the workflow does not pass it on.
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
        """Number of the run of the workflow; a repeated run keeps its number."""
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
        """The event that started the run, as a webhook payload."""
        try:
            return cast("dict[str, Any]", json.loads(Path(self.get("GITHUB_EVENT_PATH")).read_text("utf-8")))
        except (OSError, ValueError) as error:
            raise ToolError(f"the event of this run cannot be read ({error}), so nothing was done.") from error

    @property
    def pull_request(self) -> int:
        """The number of the pull request.

        Raises `UsageError` when the event is of another kind.
        """
        number = self.event.get("number")
        if "pull_request" not in self.event or not isinstance(number, int):
            raise UsageError("this run is not of a pull request, so there is nothing to comment on.")
        return number

    def output(self, name: str, value: str) -> None:
        """Set an output of the step, for other jobs."""
        if _MULTIPLIED.search(name):
            raise UsageError(f"{name!r} cannot be the name of an output")
        limit = f"end-{secrets.token_hex(16)}"  # unguessable, so that a value cannot end itself and set another output
        with Path(self.get("GITHUB_OUTPUT")).open("a", encoding="utf-8") as file:
            file.write(f"{name}<<{limit}\n{value}\n{limit}\n")

    def summarize(self, markdown: str) -> None:
        """Add Markdown to the summary of the run; print it outside of GitHub."""
        path = self.environment.get("GITHUB_STEP_SUMMARY", "")
        if not path:
            print(markdown, flush=True)
            return
        file = Path(path)
        room = SUMMARY_LIMIT - (file.stat().st_size if file.is_file() else 0)
        content = markdown.encode()[: max(room, 0)].decode(errors="ignore")
        with file.open("a", encoding="utf-8") as summary:
            summary.write(content + "\n")
