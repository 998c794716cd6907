"""Verdicts as tables: passed checks, and exceptions with their reasons.

The document holds no counts and no versions of deployed resources, so that it changes only when a verdict does.
"""

from collections.abc import Iterable, Sequence

from lab.checkov.verdicts import Exempt, Verdict

_INTRODUCTION = """\
# Verdicts of checkov

checkov's checks for Google Cloud and Kubernetes over everything that a sandbox of the example environment deployed, in
all layers. `make checkov` checks the running sandbox and refuses a failure without a written reason. The reasons are in
`tests/lab/checkov/exceptions.yaml`. `make test ARGS='e2e/test_checkov.py --update-documents'` writes this document.

checkov reads the engine's states, converted to a plan of Terraform, and the manifests of the Kubernetes API server. A
check that applies to no resource here is not listed.

"""


def text(verdicts: Sequence[Verdict], exempt: Sequence[Exempt]) -> str:
    """The document as Markdown."""
    return _INTRODUCTION + tables(verdicts, exempt)


def tables(verdicts: Sequence[Verdict], exempt: Sequence[Exempt]) -> str:
    """Tables of the exceptions and of the passed checks."""
    return "\n".join(
        [
            "## Exceptions",
            "",
            "| check | requires | resources | why it does not apply |",
            "|---|---|---|---|",
            *(_exception(exception, verdicts) for exception in exempt),
            "",
            "## Passed",
            "",
            "| check | requires | checked resources |",
            "|---|---|---|",
            *_passed(verdicts),
            "",
        ]
    )


def _exception(exempt: Exempt, verdicts: Iterable[Verdict]) -> str:
    covered = [verdict for verdict in verdicts if not verdict.passed and exempt.covers(verdict)]
    titles = sorted({verdict.title for verdict in covered})
    resources = ", ".join(f"`{verdict.resource}`" for verdict in covered)
    return f"| {exempt.check} | {'; '.join(titles)} | {resources} | {exempt.reason} |"


def _passed(verdicts: Iterable[Verdict]) -> list[str]:
    kinds: dict[tuple[str, str], set[str]] = {}
    for verdict in verdicts:
        if verdict.passed:
            kinds.setdefault((verdict.check, verdict.title), set()).add(verdict.resource.partition(".")[0])
    return [
        f"| {check} | {title} | {', '.join(f'`{kind}`' for kind in sorted(of))} |"
        for (check, title), of in sorted(kinds.items())
    ]
