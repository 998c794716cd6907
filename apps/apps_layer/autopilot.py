"""Requests that Autopilot runs as they are written: it raises all others, and each later plan would put them back.

The limits are of general-purpose pods with bursting, for the sum of a pod's containers.
https://cloud.google.com/kubernetes-engine/docs/concepts/autopilot-resource-requests
"""

from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, Decimal

from apps_layer.entry import Resources
from apps_layer.values import amount

LEAST_CPU, MOST_CPU = Decimal("0.05"), Decimal(30)
LEAST_MEMORY, MOST_MEMORY = Decimal(52 * 2**20), Decimal(110 * 2**30)
LEAST_DISK, MOST_DISK = Decimal(10 * 2**20), Decimal(10 * 2**30)
# Memory for each CPU core.
LEAST_RATIO, MOST_RATIO = Decimal(2**30), Decimal("6.5") * 2**30
_MEBI, _MILLI = Decimal(2**20), Decimal("0.001")


def problems(app: Resources, beside: Sequence[Resources]) -> Iterator[str]:
    """Problems of an app's resources, each with its key and the value to write instead.

    Args:
        app: resources of the app's own container.
        beside: resources of the other containers of its pods.
    """
    containers = [app, *beside]
    cpu, memory, disk = (
        sum((amount(getattr(each, key)) for each in containers), Decimal())
        for key in ("cpu", "memory", "ephemeral_storage")
    )
    pod = " with the database proxy" if beside else ""
    ranges = (
        ("cpu", cpu, LEAST_CPU, MOST_CPU, _MILLI, "m", amount(app.cpu)),
        ("memory", memory, LEAST_MEMORY, MOST_MEMORY, _MEBI, "Mi", amount(app.memory)),
        ("ephemeralStorage", disk, LEAST_DISK, MOST_DISK, _MEBI, "Mi", amount(app.ephemeral_storage)),
    )
    outside = False
    for key, total, least, most, unit, suffix, own in ranges:
        for limit, word, is_beyond in ((least, "least", total < least), (most, "most", total > most)):
            if is_beyond:
                outside = True
                instead = _written(own + limit - total, unit, suffix)
                yield (
                    f"resources.{key}: a pod{pod} has {_written(total, unit, suffix)}, and Autopilot runs "
                    f"{_written(limit, unit, suffix)} at {word}. {_WRITE} {instead}."
                )
    if outside:
        return
    if memory < cpu * LEAST_RATIO:
        more = _written(amount(app.memory) + cpu * LEAST_RATIO - memory, _MEBI, "Mi")
        yield (
            f"resources.memory: a pod{pod} has less than 1 GiB for each CPU core, and Autopilot would raise it. "
            f"{_WRITE} {more} or more, or ask for less CPU."
        )
    elif memory > cpu * MOST_RATIO:
        more = _written(amount(app.cpu) + memory / MOST_RATIO - cpu, _MILLI, "m")
        yield (
            f"resources.cpu: a pod{pod} has more than 6.5 GiB of memory for each CPU core, and Autopilot would raise "
            f"it. {_WRITE} {more} or more, or ask for less memory."
        )


_WRITE = "What it runs would differ from every later plan. Write"


def _written(value: Decimal, unit: Decimal, suffix: str) -> str:
    return f"{int((value / unit).to_integral_value(ROUND_CEILING))}{suffix}"
