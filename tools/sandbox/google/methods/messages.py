"""Pub/Sub: topics and subscriptions, whose patch has the resource and the mask in its body."""

from sandbox.cloud.store import Json
from sandbox.google import answers, requests
from sandbox.google.exchange import Exchange


def _patch(asked: Exchange) -> Json:
    """Changes the fields of the mask (https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/patch)."""
    resource = "topic" if asked.kind.endswith("topics") else "subscription"
    change = requests.updated(asked, asked.body.get(resource) or {}, asked.body.get("updateMask") or "")
    return answers.shaped(asked, asked.stem, asked.call(asked.definition.id, asked.stem, change=change))


HANDLERS = {f"pubsub.projects.{kind}.patch": _patch for kind in ("topics", "subscriptions")}
