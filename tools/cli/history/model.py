"""What is known of who did what: updates of stacks, and the entries of audit logs beside them.

The document that `FORMAT=json` writes; its schema is `history.schema.json`. It
holds no value that a state keeps secret, and of people no more than git and the audit log hold: no addresses of
computers.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

VERSION = 1

Operation = Literal["create", "update", "replace", "delete"]
# update: of an update of a stack; person: by hand; account: of a service account, and no update tells of it;
# preview: what a preview tried in the cluster and was rightly refused; system: Google's own or the cluster's.
Origin = Literal["update", "person", "account", "preview", "system"]
Outcome = Literal["done", "refused", "failed"]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Person(_Document):
    """Somebody as git knows them."""

    name: str
    email: str


class PropertyChange(_Document):
    """One value of a resource before and after, as JSON; None where there is none."""

    path: str
    before: str | None
    after: str | None


class Change(_Document):
    """What an update did to one resource.

    Attributes:
        urn: its name in the state.
        name: its kind and name, for people: `DatabaseInstance orders`.
        id: its name in the cloud.
        operation: what was done.
        properties: which of its values are others now.
    """

    urn: str
    name: str
    id: str
    operation: Operation
    properties: tuple[PropertyChange, ...] = ()


class Update(_Document):
    """An update of one stack.

    Attributes:
        key: `platform/12` or `apps/storefront/12`: the twelfth of that stack's history.
        stack: its name for Pulumi.
        layer: the layer.
        app: the app, of the apps layer.
        number: counts the updates in the stack's history.
        kind: `update`, `refresh`, `destroy`, …
        result: `succeeded` or `failed`.
        started: when.
        ended: when.
        message: the first line of the commit's message, or what the person gave instead.
        commit: the commit that was deployed.
        dirty: whether files differed from that commit.
        author: who wrote the commit.
        committer: who committed it; GitHub, of a pull request that was merged there.
        pull_request: its number.
        run: the page of the CI run.
        started_by: who started that run.
        approved_by: who let it into its protected environment.
        identity: the Google identity that it ran as.
        identity_recorded: whether the update recorded that; otherwise it is the stack's own deploy identity.
        resources: number of resources by operation.
        changes: what it did to which resource; None where that was not asked for.
        entries: the audit log's entries that belong to it.
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


class GitHubJob(_Document):
    """The job of a workflow that a federated principal stands for."""

    repository: str
    environment: str | None = None


class Entry(_Document):
    """An entry of an audit log that changed something, or was refused; or only read, where that was asked for.

    Attributes:
        id: unique within the log.
        time: when.
        principal: the e-mail address of who called, or its subject.
        via: through whom they became that, the first one first.
        job: the job of a workflow behind it.
        service: the API.
        method: the method.
        resource: what it was called on.
        permissions: what was asked for.
        outcome: done, refused by IAM, or failed otherwise.
        changes: whether it is more than a read.
        message: why it was not done.
        caller: the program that called, as it names itself.
        origin: whose it is.
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
    """The answer: newest first.

    Attributes:
        version: of this form.
        environment: the environment.
        since: from when on it was looked at; None for the whole of what is there.
        until: up to when.
        updates: the updates asked for.
        entries: the entries of audit logs, those of the updates and the others.
        notes: what could not be told, in sentences.
    """

    version: Literal[1] = VERSION
    environment: str
    since: datetime | None
    until: datetime
    updates: tuple[Update, ...]
    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()
