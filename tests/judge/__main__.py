"""`make checkov`: judge what the sandbox deployed, and write the document; 1 when something fails without a reason."""

import sys

from cli.directory import SandboxDirectory
from judge import document, verdicts
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError
from toolchain.progress import say, step


def main() -> int:
    """Judge; return the exit code."""
    with step("asking checkov about what the sandbox deployed"):
        found = verdicts.judge(SandboxDirectory.default().required())
    exempt = verdicts.exceptions()
    failed, unused = verdicts.unexplained(found, exempt), verdicts.unused(found, exempt)
    for verdict in failed:
        say(f"{verdict.check} {verdict.resource}: {verdict.title}")
    for each in unused:
        say(f"{each.check} {each.resources}: nothing fails it any more; remove it from {verdicts.EXCEPTIONS.name}")
    document.FILE.write_text(document.text(found, exempt), encoding="utf-8")
    say(f"{sum(verdict.passed for verdict in found)} checks passed, {len(failed)} failed without a written reason")
    say(f"written: {document.FILE.relative_to(CHECKOUT)}")
    return 1 if failed or unused else 0


if __name__ == "__main__":
    try:
        code = main()
    except ToolError as error:
        say(f"error: {error}")
        code = error.exit_code
    sys.exit(code)
