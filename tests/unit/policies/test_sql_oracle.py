"""Roles and permissions of Cloud SQL that security's lists name, against Google's published roles."""

import gzip
import json
import re
from functools import cache

import oracles
from audit.settings import settings
from iam.escalation import danger
from policy_pack.rules.sql import PREDEFINED_SENDERS, SENDS_SQL

# Takes rows out of an instance, or puts others in their place.
_MOVES_ROWS = re.compile(
    r"cloudsql\.\w+\.(clone|createBackupDrBackup|demoteMaster|export|import|migrate|restoreBackup)"
)


@cache
def published() -> dict[str, list[str]]:
    """The permissions of each predefined role."""
    return json.loads(gzip.decompress(oracles.ROLES.read_bytes()))


def test_every_role_that_sends_sql_over_googles_api_is_known() -> None:
    assert {role for role, permissions in published().items() if SENDS_SQL in permissions} == PREDEFINED_SENDERS


def test_every_permission_that_moves_rows_is_refused_in_a_role_and_a_duty_of_its_own() -> None:
    moving = {name for permissions in published().values() for name in permissions if _MOVES_ROWS.fullmatch(name)}
    assert len(moving) > 5
    assert [name for name in sorted(moving) if not danger(name)] == []
    assert moving <= settings().vocabulary
