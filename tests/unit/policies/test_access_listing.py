"""Rows of effective access: looking them up gives the answers that are decided, and they stay small for many apps."""

import itertools
import json
from typing import Any

import pytest

from access.answers import ACT_AS
from access.listing import Listing
from iam.decide import Access
from iam.document import Verdict
from iam.rbac import Request
from unit.policies.many_apps import Made
from unit.portal.access_document import access as small

Json = dict[str, Any]
_RANKS = list(Verdict)


def looked_up(listing: Json, rows: list[list[Any]], can: str, on: str) -> Verdict:
    """The surest of what rows say about a permission on a resource, as the portal's page looks it up."""
    action = listing["can"].index(can) if can in listing["can"] else -1
    [line] = [above for _, name, above in listing["resources"] if name == on]
    place = [name for _, name, _ in listing["resources"]].index(on)
    best = 0
    for row in rows:
        absent: list[Any] = [0, [], [], []]
        full: list[Any] = [*row, *absent[len(row) - 5 :]]
        _, role, where, verdict, _, _, refused, apart, nearer = full
        contents = listing["roles"][role][2]
        if (
            where in line
            and place not in apart
            and not set(nearer) & set(line)
            and (contents is None or action in contents)
        ):
            left = next((rank for each, rank, _ in refused if each == action), verdict)
            best = max(best, min(verdict, left))
    return _RANKS[best]


def rows_of(listing: Json, access: Access, who: str) -> list[list[Any]]:
    """Rows that hold for a principal itself: its own, and its groups' but for those that it has of its own."""
    names = [known.partition("\n")[0] for _, known in listing["principals"]]
    direct = [row for row in listing["rows"] if not _is_indirect(listing, row)]
    own = [row for row in direct if names[row[0]] == who]
    mine = {(row[1], row[2], row[4][-1]) for row in own}
    others = [row for row in direct if names[row[0]] in access.identities(who)[1:]]
    return [*own, *(row for row in others if (row[1], row[2], row[4][-1]) not in mine)]


def _is_indirect(listing: Json, row: list[Any]) -> bool:
    """Return whether a row's path leads over another principal that is impersonated by a permission or a Role."""
    return listing["roles"][row[1]][0].startswith(ACT_AS) or any("(" in listing["texts"][step] for step in row[4][:-1])


def test_what_rows_say_is_what_is_decided() -> None:
    access = Access(small("somebody", "urn"))
    listing = Listing(access).as_json()
    requests = [
        Request(verb, kind, None, space)
        for verb, kind in itertools.product(("get", "delete", "list"), ("pods", "secrets", "deployments/scale"))
        for space in ("", "shop")
    ]
    cluster = access.document.cluster
    assert cluster
    wrong: list[str] = []
    verdicts: set[Verdict] = set()
    for who in access.principals:
        rows = rows_of(listing, access, who)
        for permission, on in itertools.product(sorted(access.permissions), access.resources):
            decided = access.decide(who, permission, on).verdict
            verdicts.add(decided)
            if (told := looked_up(listing, rows, permission, on)) is not decided:
                wrong.append(f"{who} {permission} on {on}: {told}, decided {decided}")
        for request in requests:
            on = f"{cluster.id}/k8s/namespaces/{request.namespace}" if request.namespace else cluster.id
            decided = access.decide_in_cluster(who, request).verdict
            if (told := looked_up(listing, rows, f"{request.verb} {request.resource}", on)) is not decided:
                wrong.append(f"{who} {request}: {told}, decided {decided}")
    assert wrong == []
    assert verdicts == set(Verdict)


def test_acting_as_another_is_a_row_and_so_is_what_the_other_one_holds() -> None:
    listing = Listing(Access(small("somebody", "urn"))).as_json()
    rows = [
        (listing["principals"][row[0]][0], listing["roles"][row[1]][0], [listing["texts"][step] for step in row[4]])
        for row in listing["rows"]
    ]
    assert ("group shop", "act as account d", ["account d (roles/token)"]) in rows
    assert (
        "group shop",
        "roles/admin",
        ["account d (roles/token)", "roles/admin on project, which no state declares"],
    ) in rows


@pytest.fixture(scope="module")
def many() -> Access:
    """Access of an environment with 500 apps."""
    return Made(500).access()


def test_five_hundred_apps_are_less_than_five_megabytes(many: Access) -> None:
    listing = Listing(many).as_json()
    assert len(listing["rows"]) > 30_000
    assert len(json.dumps(listing, separators=(",", ":"))) < 5_000_000


def test_every_principal_of_an_app_is_found_with_what_it_comes_to(many: Access) -> None:
    listing = Listing(many).as_json()
    names = [name for name, _ in listing["principals"]]
    reached = {
        (names[who], listing["roles"][role][0]) for who, role, *_ in listing["rows"] if listing["roles"][role][2] == []
    }
    assert ("workload app-007/app-007", "act as account app-app-007") in reached
    assert ("group team-001", "act as workload app-007/app-007") in reached
    assert ("account platform-deploy", "act as account app-app-499") in reached
