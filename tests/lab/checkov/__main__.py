"""`make checkov`: checks what the sandbox deployed; exits with 1 when a check fails without a written reason."""

import sys

from cli.embedded.directory import SandboxDirectory
from lab.checkov import document, verdicts
from toolchain.errors import ToolError
from toolchain.progress import say, step


def main() -> int:
    """Print the verdicts; return the exit code."""
    with step("checking with checkov what the sandbox deployed"):
        results = verdicts.check(SandboxDirectory.default().required())
    exempt = verdicts.exceptions()
    failed, unused = verdicts.unexplained(results, exempt), verdicts.unused(results, exempt)
    # An unused exception concerns resources that are not deployed here.
    print(document.tables(results, [exception for exception in exempt if exception not in unused]))
    for verdict in failed:
        say(f"{verdict.check} {verdict.resource}: {verdict.title}")
    say(f"{sum(verdict.passed for verdict in results)} checks passed, {len(failed)} failed without a written reason")
    if failed:
        say(f"Correct it, or write down in tests/lab/checkov/{verdicts.EXCEPTIONS.name} why it does not apply.")
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        code = main()
    except ToolError as error:
        say(f"error: {error}")
        code = error.exit_code
    sys.exit(code)
