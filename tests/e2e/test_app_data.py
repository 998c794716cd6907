"""An app and its data: migrations with a login of their own, and a version of the data that is named in the entry."""

import re
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from e2e.harness import ADMIN, NAMESPACES, PROJECT, STORAGE, TEAM, Ran, ended, kill_tree, until
from e2e.lifecycle import choice, configuration, configure
from e2e.sandboxes import Draft
from waiting import LONGEST_SECONDS, eventually, sparing

APP, MIGRATIONS, VERSION = "storefront", "storefront-schemas", "orders-november"
FIRST = (
    "ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO {0}; ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO {0}; "
    "ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {0}; "
    "CREATE SCHEMA shop; CREATE TABLE shop.carts (n int); INSERT INTO shop.carts VALUES (1), (2), (3)"
)
ENTRY = """\
# yaml-language-server: $schema=../entry.schema.json
# Makes the schemas of the storefront.
kind: job
team: shop
database: orders
resources: {cpu: 100m, memory: 256Mi}
backoffLimit: 0
"""
FAILING = "d" * 64


@pytest.fixture(scope="module")
def migrated(draft: Draft) -> Draft:
    """A storefront that another app migrates, with the rights that are declared then."""
    draft.bring_up("identity", "platform", "apps")
    content = configuration(draft, TEAM)
    content["config"]["identity:apps"] |= {
        APP: {"databases": ["orders"], "migratedBy": MIGRATIONS},
        MIGRATIONS: {"databases": ["orders"]},
    }
    configure(draft, TEAM, content)
    apps = draft.sandbox.checkout / "apps"
    (apps / "entries" / f"{MIGRATIONS}.yaml").write_text(ENTRY)
    settings = (apps / f"Pulumi.{APP}-sandbox.yaml").read_text()
    (apps / f"Pulumi.{MIGRATIONS}-sandbox.yaml").write_text(settings.replace(f"app: {APP}", f"app: {MIGRATIONS}"))
    for stack in (TEAM, NAMESPACES):
        draft.sandbox.run("up", *choice(stack)).succeeded()
    told = draft.sandbox.run("databases")
    assert (told.code, "executes `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO" in told.out) == (1, True), (
        told.text
    )
    return draft


def psql(draft: Draft, app: str, statement: str) -> Ran:
    """Run a statement by `psql` as an app."""
    quoted = statement.replace('"', '\\"')
    command = f'psql -XAtq -v ON_ERROR_STOP=1 -c "{quoted}"'
    return draft.sandbox.run("shell", "--app", app, "--as", "app", "--cmd", command)


def grantees(draft: Draft) -> str:
    """The variable that the migrations get."""
    return job(draft, "spec.template.spec.containers[0].env[?(@.name=='DATABASE_GRANTEES')].value")


def job(draft: Draft, path: str) -> str:
    """A field of the job in the cluster."""
    arguments = ("get", "job", MIGRATIONS, f"--namespace={MIGRATIONS}", f"--output=jsonpath={{.{path}}}")
    return draft.sandbox.kubectl(*arguments).out  # empty while there is none


def test_the_migration_runs_as_its_own_account_to_its_end_and_not_again(migrated: Draft) -> None:
    migrated.sandbox.run("up", "--app", MIGRATIONS).succeeded()
    before = job(migrated, "metadata.uid")

    shell = f"kubectl wait job/{MIGRATIONS} --for=condition=complete --timeout={LONGEST_SECONDS:.0f}s"
    migrated.sandbox.run("shell", "--app", MIGRATIONS, "--cmd", shell).succeeded()
    migrated.sandbox.run("up", "--app", MIGRATIONS).succeeded()
    assert job(migrated, "metadata.uid") == before
    assert grantees(migrated) == '"app-storefront@prodfirst-sandbox.iam"'


def test_a_run_that_somebody_deleted_is_made_again_by_the_next_deployment(migrated: Draft) -> None:
    migrated.sandbox.run("shell", "--app", MIGRATIONS, "--cmd", f"kubectl delete job {MIGRATIONS}").succeeded()

    again = migrated.sandbox.run("up", "--app", MIGRATIONS).succeeded()
    assert f"Job {MIGRATIONS}: it is gone, and is made anew" in again.out
    assert job(migrated, "status.succeeded") == "1"


def test_another_image_is_another_run_which_goes_on_after_its_deployment_was_killed(migrated: Draft) -> None:
    before, settings = job(migrated, "metadata.uid"), f"apps/Pulumi.{MIGRATIONS}-sandbox.yaml"
    [digest] = re.findall("sha256:([0-9a-f]{64})", (migrated.sandbox.checkout / settings).read_text())

    def begun() -> bool:
        return "b" * 64 in job(migrated, "spec.template.spec.containers[*].image")

    with migrated.changed(settings, digest, "b" * 64):
        running = migrated.sandbox.start("up", "--app", MIGRATIONS)
        until(sparing(begun), running)
        kill_tree(running.pid, spare=migrated.sandbox.server_processes())
        ended(running)
        run = job(migrated, "metadata.uid")
        migrated.sandbox.run("up", "--app", MIGRATIONS).succeeded()
    assert (job(migrated, "metadata.uid"), job(migrated, "status.succeeded")) == (run, "1")
    assert run != before


def test_the_app_changes_rows_of_what_the_migrations_made_and_makes_nothing(migrated: Draft) -> None:
    psql(migrated, MIGRATIONS, FIRST.format(grantees(migrated))).succeeded()

    psql(migrated, APP, "INSERT INTO shop.carts VALUES (4); DELETE FROM shop.carts WHERE n < 3").succeeded()
    assert psql(migrated, APP, "SELECT count(*), max(n) FROM shop.carts").succeeded().out.strip() == "2|4"
    for statement, refusal in (
        ("CREATE SCHEMA mine", "permission denied for database orders"),
        ("CREATE TABLE shop.mine (n int)", "permission denied for schema shop"),
        ("DROP TABLE shop.carts", "must be owner of table carts"),
    ):
        assert refusal in psql(migrated, APP, statement).err
    assert migrated.sandbox.run("databases", "--check", "yes").succeeded().out == "orders: as declared\n"


def serving(draft: Draft) -> set[str]:
    """The app's pods, and the image of each."""
    path = 'jsonpath={range .items[*]}{.metadata.uid} {.spec.containers[0].image}{"\\n"}{end}'
    return set(
        draft.sandbox.kubectl("get", "pods", f"--namespace={APP}", f"--output={path}").succeeded().out.split("\n")
    )


@contextmanager
def failing(draft: Draft) -> Generator[None]:
    """A node on which work with an image fails."""
    annotate = ("annotate", "node", "--all")
    draft.sandbox.kubectl(*annotate, f"sandbox.prod-first/failing-images={FAILING}").succeeded()
    yield
    draft.sandbox.kubectl(*annotate, "sandbox.prod-first/failing-images-").succeeded()


@pytest.mark.parametrize("repaired", [True, pytest.param(False, marks=pytest.mark.sweep)])
def test_a_migration_that_fails_leaves_the_app_as_it_is_until_one_succeeds(migrated: Draft, repaired: bool) -> None:
    before, run, rows = serving(migrated), job(migrated, "metadata.uid"), "SELECT count(*), max(n) FROM shop.carts"
    files = {app: f"apps/Pulumi.{app}-sandbox.yaml" for app in (APP, MIGRATIONS)}
    digests = {
        app: re.findall("sha256:([0-9a-f]{64})", (migrated.sandbox.checkout / file).read_text())[0]
        for app, file in files.items()
    }
    with migrated.changed(files[APP], digests[APP], ("e" if repaired else "1") * 64):
        with failing(migrated), migrated.changed(files[MIGRATIONS], digests[MIGRATIONS], FAILING):
            stopped = migrated.sandbox.run("up", "--layer", "apps")
        stopped.refused(
            1,
            f"apps/{MIGRATIONS}: the update was stopped.",
            "the job failed: Job has reached the specified backoff limit",
            f"`kubectl delete job {MIGRATIONS} --namespace {MIGRATIONS}` lets the next deployment run it again.",
            f"apps/{APP}: apps/{MIGRATIONS}, which makes its schemas, did not end well. It was",
            "Correct that and run `make up` again.",
        )
        assert serving(migrated) == before
        assert job(migrated, "metadata.uid") != run
        assert psql(migrated, APP, rows).succeeded().out.strip() == "2|4"

        if not repaired:
            again = f"kubectl delete job {MIGRATIONS}"
            migrated.sandbox.run("shell", "--app", MIGRATIONS, "--cmd", again).succeeded()
        with migrated.changed(files[MIGRATIONS], digests[MIGRATIONS], "f" * 64 if repaired else FAILING):
            migrated.sandbox.run("up", "--layer", "apps").succeeded()
    assert job(migrated, "status.succeeded") == "1"
    eventually(lambda: not serving(migrated) & before - {""})  # the old ones end
    assert psql(migrated, APP, rows).succeeded().out.strip() == "2|4"


def test_neither_app_is_the_other(migrated: Draft) -> None:
    with migrated.sandbox.cloud() as cloud:
        for app in (APP, MIGRATIONS):
            account = f"{PROJECT}/serviceAccounts/app-{app}@prodfirst-sandbox.iam.gserviceaccount.com"
            policy = cloud.call("iam.projects.serviceAccounts.getIamPolicy", account, ADMIN)
            members = {member for binding in policy["bindings"] for member in binding["members"]}
            assert members == {f"serviceAccount:prodfirst-sandbox.svc.id.goog[{app}/{app}]"}


# The same data twice


def named(draft: Draft, version: str) -> Ran:
    """Deploy the app with a version in its entry, which stays."""
    entry = draft.sandbox.checkout / "apps" / "entries" / f"{APP}.yaml"
    text = re.sub(r"\ndatabaseVersion: .*", "", entry.read_text())
    entry.write_text(text.replace("\ndatabase: orders", f"\ndatabase: orders\ndatabaseVersion: {version}"))
    return draft.sandbox.run("up", "--app", APP)


def counted(draft: Draft) -> str:
    """The number of carts that the app sees."""
    return psql(draft, APP, "SELECT count(*) FROM shop.carts").succeeded().out.strip()


def test_a_version_is_restored_and_made_read_only(migrated: Draft) -> None:
    time.sleep(0.01)
    moment = datetime.now(UTC).isoformat()
    time.sleep(0.01)
    psql(migrated, APP, "DELETE FROM shop.carts").succeeded()

    content = configuration(migrated, STORAGE)
    datastores = content["config"]["platform:datastores"]
    source = {"datastore": "orders", "pointInTime": moment}
    taken = {"databases": ["orders"], "apps": [APP, MIGRATIONS], "teams": ["database"]}
    for change in ({"source": source}, {"source": source | {"adopted": taken}, "readOnly": True}):
        datastores[VERSION] = datastores["orders"] | change
        configure(migrated, STORAGE, content)
        migrated.sandbox.run("up", *choice(STORAGE)).succeeded()
    migrated.sandbox.run("up", *choice(NAMESPACES)).succeeded()
    set_ = migrated.sandbox.run("databases").succeeded().out
    assert "+ database orders: PUBLIC READ-ONLY" in set_
    assert f"{VERSION}: now as declared" in set_


@pytest.mark.parametrize("version", ["orders-october", "orders"], ids=["missing", "writable"])
def test_what_is_no_version_is_refused_before_the_plan(migrated: Draft, version: str) -> None:
    named(migrated, version).refused(1, f"databaseVersion: '{version}' is no read-only datastore with 'orders'")


def test_an_app_that_names_it_reads_the_same_rows_twice_and_changes_none(migrated: Draft) -> None:
    assert counted(migrated) == "0"
    named(migrated, VERSION).succeeded()

    assert counted(migrated) == "2"
    assert "in a read-only transaction" in psql(migrated, APP, "DELETE FROM shop.carts").err
    psql(migrated, MIGRATIONS, "INSERT INTO shop.carts VALUES (7)").succeeded()
    assert counted(migrated) == "2"
    assert migrated.sandbox.run("databases", "--check", "yes").succeeded()
