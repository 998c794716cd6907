"""Cases of the two grants that are only as narrow as their condition: to grant further, and to break glass."""

import json

from pack.cases import Broken, Valid, breaking
from pack.cases.grants import LIST, MEMBER, PROJECT, account, granted

LISTED = ["roles/cloudsql.client", f"projects/{PROJECT}/roles/platformReader"]
GRANTOR = f"projects/{PROJECT}/roles/identityGrantor"
GLASS = f"projects/{PROJECT}/roles/breakGlass"
BREAKERS = "group:break-glass@example.com"


def only(*roles: str) -> str:
    """The condition that lets grant these roles."""
    return f'api.getAttribute("iam.googleapis.com/modifiedGrantsByRole", []).hasOnly({json.dumps(roles)})'


def window(start: str, end: str) -> str:
    """The condition that opens a window of time."""
    return f'request.time >= timestamp("{start}") && request.time < timestamp("{end}")'


# The kind that they break is that of other grants too, and is there.
VALID: dict[str, Valid] = {}

BROKEN: list[Broken] = [
    *breaking(
        "iam-delegation-limited",
        MEMBER,
        ("", granted(GRANTOR, account("identity-deploy"), only("roles/owner")), "lets its holder grant roles/owner"),
        ("", granted(GRANTOR, account("identity-deploy"), only(*LISTED, "roles/iam.serviceAccountUser"))),
        ("", granted(GRANTOR, account("identity-deploy"), only(*LISTED) + " || true"), "may grant every role"),
        ("", granted(GRANTOR, account("identity-deploy"), "true")),
    ),
    *breaking(
        f"iam-delegation-limited {LIST}",
        MEMBER,
        ("", granted(GRANTOR, account("identity-deploy"))),
        ("", granted(GRANTOR, account("platform-deploy"), "true")),
    ),
    *breaking(
        "iam-break-glass-time-bound",
        MEMBER,
        ("", granted(GLASS, BREAKERS, window("2026-12-01T08:00:00Z", "2026-12-03T08:00:00Z")), "for 48 hours"),
        ("", granted(GLASS, BREAKERS, window("2026-12-01T08:00:00Z", "2026-12-01T08:00:00Z")), "for 0 hours"),
        ("", granted(GLASS, BREAKERS, window("2026-12-02T08:00:00Z", "2026-12-01T08:00:00Z"))),
        ("", granted(GLASS, BREAKERS, 'request.time < timestamp("2999-01-01T00:00:00Z")'), "without an end"),
    ),
    *breaking(f"iam-break-glass-time-bound {LIST}", MEMBER, ("", granted(GLASS, BREAKERS))),
    *breaking(
        f"iam-break-glass-time-bound iam-groups-only {LIST}", MEMBER, ("", granted(GLASS, "user:jane@example.com"))
    ),
]

ACCEPTED: list[Broken] = [
    *breaking(
        "",
        MEMBER,
        ("", granted(GRANTOR, account("identity-deploy"), only(*LISTED))),
        ("", granted(GRANTOR, account("identity-deploy"), only(*LISTED).replace('", []', '",[]'))),
        *(
            ("", granted(GLASS, who, window("2026-12-01T08:00:00Z", "2026-12-02T08:00:00Z")))
            for who in (BREAKERS, "user:jane@example.com")
        ),
    ),
]
