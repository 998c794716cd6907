"""Compute Engine: lists of one kind in all regions, and the rules of security policies."""

from collections.abc import Callable, Mapping

from sandbox.cloud.places import REGIONS
from sandbox.cloud.store import Json
from sandbox.google import answers, changes, schemas
from sandbox.google.exchange import Exchange

# Kinds with a list of all regions -> the collections that it comprises.
_KINDS: Mapping[str, tuple[str, ...]] = {
    "compute.addresses": ("compute.addresses", "compute.globalAddresses"),
    **{
        f"compute.{kind}": (f"compute.{kind}",)
        for kind in ("routers", "securityPolicies", "sslPolicies", "subnetworks")
    },
}


def _aggregated(asked: Exchange) -> Json:
    """Returns a page of the items by scope; every other scope has a warning instead of items.

    https://cloud.google.com/compute/docs/reference/rest/v1/addresses/aggregatedList
    """
    definition, plural = asked.definition, asked.kind.rpartition(".")[2]
    scopes = definition.api.schema(definition.response or {})["properties"]["items"]["additionalProperties"]
    items: list[Json] = []
    for kind in _KINDS[asked.kind]:
        pattern = asked.cloud.collection(kind).path.replace("{project}", asked.segments[1]).replace("{region}", "-")
        items += asked.call(f"{kind}.list", f"{pattern.rpartition('/')[0]}/-")["items"]
    chosen = answers.chosen(asked, definition.api.schema(scopes)["properties"][plural]["items"], items)
    shown, token = answers.page(asked, chosen)
    result: Json = {scope: {"warning": _nothing(scope)} for scope in ("global", *(f"regions/{one}" for one in REGIONS))}
    for item in shown:
        scope = str(item["selfLink"]).partition(f"/projects/{asked.segments[1]}/")[2].rpartition(f"/{plural}/")[0]
        result[scope] = {plural: [*result[scope].get(plural, []), item]}
    return answers.with_kind(definition, definition.response or {}, {"items": result, **token})


def _nothing(scope: str) -> Json:
    message = f"There are no results for scope '{scope}' on this page."
    return {"code": "NO_RESULTS_ON_PAGE", "message": message, "data": [{"key": "scope", "value": scope}]}


def _of_rule(asked: Exchange) -> Json:
    """Reads, adds, changes or removes a rule, whose priority is in the query unless the rule is new.

    The fields that a change clears are in its mask.
    https://cloud.google.com/compute/docs/reference/rest/v1/securityPolicies/patchRule
    """
    name = "/".join(asked.segments[:-1])
    rule: Json = changes.without_nulls(asked.body)
    for path in filter(None, asked.parameter("updateMask").split(",")):
        field = schemas.camel(path)
        if field.partition(".")[0] not in rule:
            rule[field.partition(".")[0]] = None
    priority = asked.parameter("priority")
    body = {"rule": rule, **({"priority": int(priority)} if priority else {})}
    result = asked.call(asked.definition.id, name, body)
    return answers.shaped(asked, name, result)


HANDLERS: Mapping[str, Callable[[Exchange], Json]] = {
    **{f"{kind}.aggregatedList": _aggregated for kind in _KINDS},
    **{f"compute.securityPolicies.{verb}": _of_rule for verb in ("getRule", "addRule", "patchRule", "removeRule")},
}
