"""The verdicts as tables: what was asked, what does not apply, and why.

It holds no counts and no versions of what was deployed, so that it changes when a verdict does.
"""

from collections.abc import Iterable, Sequence

from judge.verdicts import Exempt, Verdict

_INTRODUCTION = """\
# What an independent judge says

checkov's checks for Google Cloud and Kubernetes over everything that a sandbox of the example environment deployed, in
all layers. `make checkov` asks about the sandbox that is up, and refuses a failure without a reason; the reasons are in
`tests/judge/exceptions.yaml`. `make test ARGS='e2e/test_judge.py --update-documents'` writes this document.

What it judges is what the engine's states and the Kubernetes API server hold, written as a plan of Terraform and as
manifests, since that is what checkov reads. A check that no resource here has a use for is not in the list.

"""


def text(verdicts: Sequence[Verdict], exempt: Sequence[Exempt]) -> str:
    """The document as Markdown."""
    return _INTRODUCTION + tables(verdicts, exempt)


def tables(verdicts: Sequence[Verdict], exempt: Sequence[Exempt]) -> str:
    """Its tables: exceptions, and what passed."""
    return "\n".join(
        [
            "## Exceptions",
            "",
            "| check | what it asks for | resources | why it does not apply |",
            "|---|---|---|---|",
            *(_exception(each, verdicts) for each in exempt),
            "",
            "## Passed",
            "",
            "| check | what it asks for | by |",
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
