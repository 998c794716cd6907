"""`make checkov`: judge what the sandbox deployed, and print the verdicts; 1 when something fails without a reason."""

import sys

from cli.embedded.directory import SandboxDirectory
from judge import document, verdicts
from toolchain.errors import ToolError
from toolchain.progress import say, step


def main() -> int:
    """Judge; return the exit code."""
    with step("asking checkov about what the sandbox deployed"):
        found = verdicts.judge(SandboxDirectory.default().required())
    exempt = verdicts.exceptions()
    failed, unused = verdicts.unexplained(found, exempt), verdicts.unused(found, exempt)
    # An exception from a check that nothing fails is about resources that are not deployed here.
    print(document.tables(found, [each for each in exempt if each not in unused]))
    for verdict in failed:
        say(f"{verdict.check} {verdict.resource}: {verdict.title}")
    say(f"{sum(verdict.passed for verdict in found)} checks passed, {len(failed)} failed without a written reason")
    if failed:
        say(f"Correct it, or write down in tests/judge/{verdicts.EXCEPTIONS.name} why it does not apply.")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        code = main()
    except ToolError as error:
        say(f"error: {error}")
        code = error.exit_code
    sys.exit(code)
