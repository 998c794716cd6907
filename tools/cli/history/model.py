"""Model of the history: updates of stacks, and entries of audit logs.

It is the document that `FORMAT=json` writes; its schema is `history.schema.json`. It has no value that a state keeps
secret, and about people only data from git and the audit log, without addresses of computers.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

VERSION = 1

Operation = Literal["create", "update", "replace", "delete"]
# update: a call of a stack's update; person: an out-of-band call of a person; account: a call of a service account
# outside of updates; preview: a dry run of a preview that the cluster rightly refused; system: a call of Google or of
# the cluster.
Origin = Literal["update", "person", "account", "preview", "system"]
Outcome = Literal["done", "refused", "failed"]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Person(_Document):
    """A person as recorded by git."""

    name: str
    email: str


class PropertyChange(_Document):
    """One value of a resource before and after an update, as JSON; None for no value."""

    path: str
    before: str | None
    after: str | None


class Change(_Document):
    """Change of one resource by an update.

    Attributes:
        urn: its URN in the state.
        name: its kind and name, for people: `DatabaseInstance orders`.
        id: its ID in the cloud.
        operation: the operation of the engine.
        properties: its changed values.
    """

    urn: str
    name: str
    id: str
    operation: Operation
    properties: tuple[PropertyChange, ...] = ()


class Update(_Document):
    """An update of one stack.

    Attributes:
        key: `platform/12`, `platform/storage/3` or `apps/storefront/12`: the twelfth update in that stack's history.
        stack: name of the stack in Pulumi.
        layer: the layer.
        app: the app; None outside of the apps layer.
        number: its number in the stack's history.
        kind: `update`, `refresh`, `destroy`, …
        result: `succeeded` or `failed`.
        started: time of its start.
        ended: time of its end.
        message: the first line of the commit's message, or the message that the person passed instead.
        commit: the commit that was deployed.
        dirty: whether files differed from that commit.
        author: author of the commit.
        committer: committer of the commit; GitHub for a pull request that was merged there.
        pull_request: number of the pull request.
        run: address of the CI run.
        started_by: GitHub user who started the CI run.
        approved_by: GitHub users who approved its deployment to a protected environment.
        identity: the Google identity that it ran as.
        identity_recorded: whether the update recorded the identity; otherwise it is the stack's own deploy identity.
        resources: number of resources by operation.
        changes: changes by resource; None where the question did not request them.
        entries: IDs of the audit log's entries that belong to it.
    """

    key: str
    stack: str
    layer: str
    app: str | None
    number: int
    kind: str
    result: str
    started: datetime
    ended: datetime
    message: str = ""
    commit: str = ""
    dirty: bool = False
    author: Person | None = None
    committer: Person | None = None
    pull_request: int | None = None
    run: str = ""
    started_by: str = ""
    approved_by: tuple[str, ...] = ()
    identity: str = ""
    identity_recorded: bool = False
    resources: dict[str, int] = Field(default_factory=dict[str, int])
    changes: tuple[Change, ...] | None = None
    entries: tuple[str, ...] = ()

    @property
    def is_attested(self) -> bool:
        """Return whether the audit log has calls of the update, or needs none: it changed nothing."""
        return bool(self.entries) or set(self.resources) <= {"same"}


class GitHubJob(_Document):
    """The workflow job behind a federated principal."""

    repository: str
    environment: str | None = None


class Entry(_Document):
    """An entry of an audit log that changed something or was refused, or on request one that only read.

    Attributes:
        id: its ID, unique within the log.
        time: time of the call.
        principal: e-mail address or subject of the caller.
        via: principals that impersonated the caller, the first one first.
        job: the workflow job behind the call.
        service: the API.
        method: the method.
        resource: the resource of the call.
        permissions: permissions that IAM checked.
        outcome: done, refused by IAM, or failed otherwise.
        changes: whether it is more than a read.
        message: reason for a refusal or failure.
        caller: user agent of the calling program.
        origin: kind of the caller.
        updates: the updates that it belongs to; several where one identity ran them at once.
    """

    id: str
    time: datetime
    principal: str
    via: tuple[str, ...] = ()
    job: GitHubJob | None = None
    service: str
    method: str
    resource: str
    permissions: tuple[str, ...] = ()
    outcome: Outcome = "done"
    changes: bool = True
    message: str = ""
    caller: str = ""
    origin: Origin = "account"
    updates: tuple[str, ...] = ()


class History(_Document):
    """Answer to a question about the history, newest first.

    Attributes:
        version: version of this document's format.
        environment: the environment.
        since: start of the period; None for the whole history.
        until: end of the period.
        updates: updates that match the question.
        entries: entries of the audit log, of the updates and of no update.
        notes: sentences about missing data.
    """

    version: Literal[1] = VERSION
    environment: str
    since: datetime | None
    until: datetime
    updates: tuple[Update, ...]
    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()
