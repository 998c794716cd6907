"""Parts of a comment, the right ones; tests break one thing of them."""

from typing import Any

from cli.github.comment import CommentContent
from cli.github.preview_result import Cost, PreviewResult


def part(stack: str = "platform", environment: str = "dev", /, **more: Any) -> PreviewResult:
    """A preview that passed."""
    content: dict[str, Any] = {
        "passed": True,
        "counts": {"create": 2, "same": 57},
        "sections": {
            "changes": ["create 2 gcp:…"],
            "who may do what": ["+ group:shop-team@example.com roles/viewer on project example-dev"],
            "contract, read by apps": ["apps.reports: added"],
        },
        "plan": "+ one\n+ two",
        "cost": Cost(before=100, after=112.3),
    }
    return PreviewResult(stack=stack, environment=environment, **{**content, **more})


def preview(*parts: PreviewResult, **more: Any) -> CommentContent:
    """A run's previews."""
    content: dict[str, Any] = {
        "problems": [],
        "notes": [],
        "url": "https://github.com/example/infrastructure/actions/runs/1",
        "sha": "c0ffee" * 6,
        "succeeded": all(each.passed for each in parts),
    }
    return CommentContent(parts=parts, **{**content, **more})
