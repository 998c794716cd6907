"""Out-of-band changes that the refresh before a plan found: shown when undone, and judged as the plan's own."""

from dataclasses import dataclass

import pytest

from plan_gate import summary
from plan_gate.settings import settings
from plan_gate.verdict import Verdict
from unit.policies.plans import FIREWALL, INSTANCE, MEMBER, Json, Preview, refused, urn

DEPLOYMENT, JOB = "kubernetes:apps/v1:Deployment", "kubernetes:batch/v1:CronJob"
ROLE, MAP = "gcp:projects/iAMCustomRole:IAMCustomRole", "kubernetes:core/v1:ConfigMap"
SCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
PLACE = {"name": "storefront", "namespace": "storefront"}
UNDONE, STOPPED = "changed out of band, and undone", "stopped by a person, and left so"


def section(verdict: Verdict, title: str) -> list[str]:
    """The lines of a section of the verdict."""
    return [line for found in summary.sections(verdict) if found.title == title for line in found.lines]


def put_back(before: Json, found: Json, after: Json) -> Json:
    """The goal of an update from what a refresh found to what is declared; `before` is what the state has."""
    assert before != found
    return {"inputDiff": {"updates": {key: after[key] for key in after if after[key] != found.get(key)}}}


def test_what_an_update_undoes_is_shown_and_the_digest_begins_from_the_cloud(preview: Preview) -> None:
    declared, cloud = {"settings": {"tier": "small", "flag": "on"}}, {"settings": {"tier": "small", "flag": "off"}}
    named = preview.held(INSTANCE, "books", protect=True, inputs=declared)
    preview.refreshed(named, "settings", inputs=cloud)
    preview.planned(named, "update", protect=True, **put_back(declared, cloud, declared))

    verdict = preview.judged()
    assert section(verdict, UNDONE) == ["DatabaseInstance books: settings.flag: on => off"]
    assert section(verdict, "changes") == ["~ DatabaseInstance books: settings.flag: off => on"]
    assert verdict.passed


def test_to_undo_what_a_person_made_safer_is_to_weaken(preview: Preview) -> None:
    key = "deletionProtection"
    named = preview.held(INSTANCE, "books", protect=True, inputs={key: False})
    preview.refreshed(named, key, inputs={key: True})
    preview.planned(named, "update", protect=True, inputDiff={"updates": {key: False}})

    assert refused(preview.judged()) == {("plan-not-weakened", named)}


HELD = ["cloudsql.instances.get", "resourcemanager.projects.get"]


@pytest.mark.parametrize(
    ("added", "engines"),
    [
        # The vendor's provider leaves the inputs of a refresh as long as they were.
        ("cloudsql.instances.delete", ["cloudsql.instances.delete", "cloudsql.instances.get"]),
        ("storage.buckets.delete", HELD),
    ],
)
def test_a_permission_that_was_added_is_found_wherever_the_vendor_puts_it(
    preview: Preview, added: str, engines: list[str]
) -> None:
    role = {"roleId": "reader", "project": "acme-dev"}
    cloud = sorted([*HELD, added])
    named = preview.held(ROLE, "reader", inputs={**role, "permissions": HELD})
    path = f"permissions[{cloud.index(added)}]"
    inputs, outputs = {**role, "permissions": engines}, {**role, "permissions": cloud, "stage": "GA"}
    preview.refreshed(named, "permissions", detailed=[path], inputs=inputs, outputs=outputs)
    updates: Json = {"permissions": HELD} if engines != HELD else {}
    preview.planned(named, "update", inputDiff={"updates": updates})

    verdict = preview.judged()
    assert section(verdict, UNDONE) == [f"IAMCustomRole reader: + permissions: {added}"]
    assert section(verdict, "who may do what") == [f"- role reader: {added}"]


def test_a_property_that_was_added_is_found_in_the_outputs_alone(preview: Preview) -> None:
    named = preview.held(FIREWALL, "deny", inputs={"name": "deny"})
    outputs = {"name": "deny", "disabled": True, "selfLink": "x"}
    preview.refreshed(named, "disabled", detailed=["disabled"], inputs={"name": "deny"}, outputs=outputs)
    preview.planned(named, "update")

    assert section(preview.judged(), UNDONE) == ["Firewall deny: + disabled: true"]


def test_an_image_that_was_changed_is_found_though_the_vendor_names_the_path_alone(preview: Preview) -> None:
    def spec(image: str, **filled_in: str) -> Json:
        labels = {"app.kubernetes.io/name": "storefront"}
        container = {"name": "storefront", "image": image, **filled_in}
        return {"metadata": {"labels": labels}, "spec": {"template": {"spec": {"containers": [container]}}}}

    named = preview.held(DEPLOYMENT, "storefront", inputs=spec("ours"))
    outputs = spec("theirs", imagePullPolicy="IfNotPresent")
    paths = ["spec.template.spec.containers[0].image"]
    preview.refreshed(named, detailed=paths, inputs=spec("theirs"), outputs=outputs)
    preview.planned(named, "update", inputDiff={"updates": {"spec": spec("ours")["spec"]}})

    verdict = preview.judged()
    place = "spec.template.spec.containers[storefront].image"
    assert section(verdict, UNDONE) == [f"Deployment storefront: {place}: ours => theirs"]
    assert section(verdict, "changes") == [f"~ Deployment storefront: {place}: theirs => ours"]


def test_a_secret_in_the_outputs_takes_no_ones_place(preview: Preview) -> None:
    inputs = {"data": {"a": "old", "b": "[secret]"}}
    named = preview.held(MAP, "settings", inputs={"data": {"a": "new", "b": "[secret]"}})
    preview.refreshed(named, detailed=['data["a"]', "data.b"], inputs=inputs, outputs=inputs)
    preview.planned(named, "update", inputDiff={"updates": {"data": {"a": "new", "b": "[secret]"}}})

    assert section(preview.judged(), UNDONE) == ["ConfigMap settings: data.a: new => old"]


FLAGS = {"log_statement": "ddl", "log_min_messages": "warning"}


@pytest.mark.parametrize("found", [{"log_statement": "none"}, {}])
def test_to_put_flags_back_is_not_to_weaken_although_their_values_are_listed(preview: Preview, found: Json) -> None:
    def settings(flags: Json) -> Json:
        return {"settings": {"databaseFlags": [{"name": name, "value": value} for name, value in flags.items()]}}

    named = preview.held(INSTANCE, "books", protect=True, inputs=settings(FLAGS))
    preview.refreshed(named, "settings", inputs=settings(found))
    preview.planned(named, "update", protect=True, inputDiff={"updates": settings(FLAGS)})

    assert preview.judged().passed


def test_to_put_protection_back_needs_no_exception(preview: Preview) -> None:
    key = "deletionProtection"
    named = preview.held(INSTANCE, "books", protect=True, inputs={key: True})
    preview.refreshed(named, key, inputs={key: False})
    preview.planned(named, "update", protect=True, inputDiff={"updates": {key: True}})

    assert preview.judged().passed


def test_a_secret_that_did_not_change_stays_as_the_state_has_it(preview: Preview) -> None:
    named = preview.held(INSTANCE, "books", inputs={"rootPassword": {"secret": 1}, "tier": "small"})
    preview.refreshed(named, "tier", inputs={"rootPassword": "[secret]", "tier": "large"})
    preview.planned(named, "update", inputDiff={"updates": {"tier": "small"}})

    assert section(preview.judged(), UNDONE) == ["DatabaseInstance books: tier: small => large"]


def test_what_is_found_and_declared_by_now_is_no_news(preview: Preview) -> None:
    named = preview.held(INSTANCE, "books", inputs={"tier": "small"})
    preview.refreshed(named, "tier", inputs={"tier": "large"})
    preview.planned(named, "same")

    verdict = preview.judged()
    assert (section(verdict, UNDONE), verdict.passed) == ([], True)


def test_what_is_gone_and_holds_no_data_is_made_anew(preview: Preview) -> None:
    named = preview.held(MEMBER, "viewer", inputs={"role": "roles/viewer"})
    preview.refreshed(named, gone=True)
    preview.planned(named, "create")

    verdict = preview.judged()
    assert verdict.passed
    assert section(verdict, UNDONE) == ["IAMMember viewer: it is gone, and is made anew"]


def test_what_is_gone_and_no_longer_declared_is_no_problem(preview: Preview) -> None:
    named = preview.held(MEMBER, "viewer")
    preview.refreshed(named, gone=True)
    del preview.plans[named]
    preview.events = [event for event in preview.events if event["resourcePreEvent"]["metadata"]["urn"] != named]

    assert preview.judged().passed


@pytest.mark.parametrize("kind", sorted(settings().restorable))
def test_a_datastore_that_is_gone_is_restored_and_not_made_anew(preview: Preview, kind: str) -> None:
    named = preview.held(kind, "books", protect=True)
    preview.refreshed(named, gone=True)
    preview.planned(named, "create", protect=True)

    verdict = preview.judged()
    assert refused(verdict) == {("plan-datastore-kept", named)}
    assert "would be made anew, empty. Restore it first: " in verdict.refusals[0].message
    preview.accept(named, "recreate")
    assert preview.judged().passed


def test_a_new_datastore_is_no_datastore_that_is_gone(preview: Preview) -> None:
    preview.planned(urn(INSTANCE, "books"), "create", protect=True)
    assert preview.judged().passed


@dataclass(frozen=True)
class App:
    """An app as it is declared, and as it lives."""

    kind: str
    declared: Json
    live: Json
    ignored: tuple[str, ...] = ()

    def lines(self, preview: Preview, *, with_refresh: bool) -> list[str]:
        """Lines about it in the verdict on a plan that changes nothing; without a refresh, the state knows."""
        scaling: Json = {"minReplicas": 3, "scaleTargetRef": {"name": "storefront"}}
        preview.held(SCALER, "storefront", inputs={"metadata": PLACE, "spec": scaling})
        inputs, outputs = ({"metadata": PLACE, "spec": spec} for spec in (self.declared, self.live))
        named = preview.held(self.kind, "storefront", inputs=inputs, outputs={} if with_refresh else outputs)
        preview.planned(named, "same", ignoreChanges=self.ignored)
        if with_refresh:
            preview.refreshed(named, inputs=inputs, outputs=outputs)
        return section(preview.judged(), STOPPED)


@pytest.mark.parametrize(
    ("app", "said"),
    [
        (App(DEPLOYMENT, {"replicas": 0}, {"replicas": 0}, ("spec.replicas",)), "no pod of it runs"),
        (App(DEPLOYMENT, {"replicas": 2}, {"replicas": 0}, ("spec.replicas",)), "no pod of it runs"),
        (App(DEPLOYMENT, {"replicas": 2}, {"replicas": 0}), ""),
        (App(DEPLOYMENT, {"replicas": 2}, {"replicas": 1}, ("spec.replicas",)), ""),
        (App(DEPLOYMENT, {"replicas": 2}, {"replicas": 2, "paused": True}), "no new version of it is rolled out"),
        (App(JOB, {"schedule": "0 3 * * *"}, {"suspend": True}), "it does not start"),
        (App(JOB, {"schedule": "0 3 * * *"}, {"suspend": False}), ""),
    ],
)
@pytest.mark.parametrize("with_refresh", [True, False])
def test_an_app_that_a_person_stopped_is_named_with_the_way_to_start_it(
    preview: Preview, app: App, said: str, *, with_refresh: bool
) -> None:
    lines = app.lines(preview, with_refresh=with_refresh)
    assert len(lines) == bool(said)
    for line in lines:
        assert said in line
        assert """--namespace storefront --patch '{"spec": {""" in line
        assert ('"replicas": 3}' in line) == ("replicas" in line.partition("kubectl")[0])


_SCALING: Json = {"scaleTargetRef": {"name": "storefront"}}


@pytest.mark.parametrize(
    ("scaler", "least"),
    [
        ({"spec": {**_SCALING, "minReplicas": 3}}, 3),
        ({"spec": _SCALING}, 1),
        ({"spec": {"scaleTargetRef": {"name": "other"}, "minReplicas": 3}}, 1),
        ({"spec": {**_SCALING, "minReplicas": 3}, "metadata": {"name": "storefront", "namespace": "other"}}, 1),
    ],
)
def test_the_command_starts_as_many_pods_as_the_autoscaler_wants(preview: Preview, scaler: Json, least: int) -> None:
    named = preview.held(SCALER, "storefront", inputs={"metadata": PLACE, **scaler})
    preview.held("kubernetes:core/v1:Service", "storefront", inputs={"metadata": PLACE, **scaler})
    stopped = {"metadata": PLACE, "spec": {"replicas": 0}}
    preview.held(DEPLOYMENT, "storefront", inputs=stopped, outputs=stopped)

    [line] = section(preview.judged(), STOPPED)
    assert named
    assert line == (
        "Deployment storefront: spec.replicas is 0, so no pod of it runs. To start it again: kubectl patch deployment "
        f"""storefront --namespace storefront --patch '{{"spec": {{"replicas": {least}}}}}'"""
    )


@pytest.mark.parametrize(
    ("kind", "field", "command"), [(DEPLOYMENT, "paused", "patch deployment"), (JOB, "suspend", "patch cronjob")]
)
def test_the_command_takes_back_what_was_set(preview: Preview, kind: str, field: str, command: str) -> None:
    stopped = {"metadata": PLACE, "spec": {field: True}}
    preview.held(kind, "storefront", inputs=stopped, outputs=stopped)

    [line] = section(preview.judged(), STOPPED)
    assert f"kubectl {command} storefront " in line
    assert line.endswith(f"""--patch '{{"spec": {{"{field}": false}}}}'""")
