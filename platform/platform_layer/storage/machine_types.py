"""Machine types of Cloud SQL for PostgreSQL, and what follows from one: the edition, and how far back logs reach.

This layer's one statement of what Google offers. The policies have their own, and a test compares the two.
Sources: https://cloud.google.com/sql/docs/postgres/create-instance#machine-types,
https://cloud.google.com/sql/docs/postgres/machine-series-overview,
https://cloud.google.com/sql/docs/postgres/db-versions.
"""

import re
from typing import Annotated

from pydantic import AfterValidator

from platform_layer.kit.scalars import matching

ENTERPRISE, ENTERPRISE_PLUS = "ENTERPRISE", "ENTERPRISE_PLUS"
# https://cloud.google.com/sql/docs/postgres/backup-recovery/pitr: by edition.
MOST_LOG_DAYS = {ENTERPRISE: 7, ENTERPRISE_PLUS: 35}
# Outside of Google's service level agreement.
SHARED_CORE = ("db-f1-micro", "db-g1-small")

MOST_CPUS = 96
LEAST_MEMORY = 3840  # MiB; memory comes in steps of 256 MiB, 0.9 to 6.5 GiB for each CPU
STEP = 256
_PLUS = "db-perf-optimized-N-"
_PLUS_CPUS = (2, 4, 8, 16, 32, 48, 64, 80, 96, 128)
_CUSTOM = re.compile(r"db-custom-([1-9][0-9]{0,3})-([1-9][0-9]{0,7})")


def edition(tier: str) -> str:
    """The edition that a machine type belongs to."""
    return ENTERPRISE_PLUS if tier.startswith(_PLUS) else ENTERPRISE


def _offered(tier: str) -> str:
    custom = _CUSTOM.fullmatch(tier)
    if custom and (nearest := _nearest(int(custom[1]), int(custom[2]))) != tier:
        raise ValueError(
            f"{tier!r} is not a machine type of Cloud SQL, so the update would fail: it has 1 CPU or an even number up "
            f"to {MOST_CPUS}, and 0.9 to 6.5 GiB of memory for each, in steps of {STEP} MiB and at least "
            f"{LEAST_MEMORY} MiB. The nearest is {nearest}."
        )
    if custom or tier in SHARED_CORE or tier in [f"{_PLUS}{cpus}" for cpus in _PLUS_CPUS]:
        return tier
    raise ValueError(
        f"{tier!r} is not a machine type of Cloud SQL for PostgreSQL, so the update would fail; write "
        f"db-custom-<CPUs>-<MiB>, such as db-custom-2-7680, or {_PLUS}<{'|'.join(map(str, _PLUS_CPUS))}>, or for a "
        f"shared core {' or '.join(SHARED_CORE)}."
    )


def _nearest(cpus: int, memory: int) -> str:
    """The machine type with these numbers, each moved into its limits, upwards where both ways are open."""
    cpus = min(cpus + cpus % 2 if cpus > 1 else cpus, MOST_CPUS)
    least, most = max(cpus * 1024 * 9 / 10, LEAST_MEMORY), cpus * 1024 * 13 // 2
    return f"db-custom-{cpus}-{min(_steps(max(memory, least)), most)}"


def _steps(memory: float) -> int:
    return int(-(-memory // STEP) * STEP)


Tier = Annotated[str, AfterValidator(_offered)]
PostgresVersion = Annotated[
    str,
    *matching(
        r"POSTGRES_1[4-8]",
        "a PostgreSQL version that Cloud SQL offers and that still gets fixes (POSTGRES_14 to POSTGRES_18)",
    ),
]
