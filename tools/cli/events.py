"""Summary of the number of resources that a preview or an update changes."""

from collections import Counter

_DONE = {"create": "created", "update": "updated", "delete": "deleted", "replace": "replaced", "refresh": "refreshed"}


def summary(changes: Counter[str], *, planned: bool, options: int = 0) -> str:
    """Summary such as `3 created, 1 updated, 12 unchanged`; of a plan, `3 to create`.

    `options` counts options that are changed in the state alone, such as `protect`.
    """
    parts = [
        f"{count} to {operation}" if planned else f"{count} {_DONE.get(operation, operation)}"
        for operation, count in sorted(changes.items())
        if operation not in ("same", "read")
    ]
    if options:
        parts.append(f"{options} options {'to set' if planned else 'set'}")
    if changes["same"]:
        parts.append(f"{changes['same']} unchanged")
    return ", ".join(parts) or "nothing"
