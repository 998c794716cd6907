"""Plans that the plan gate refuses, and plans that it permits."""

import pytest

from plan_gate import digest
from unit.policies.plans import FIREWALL, INSTANCE, STACK, UNKNOWN, Json, Preview, refused, urn

ORDERS = urn(INSTANCE, "orders")
KUBERNETES = "pulumi:providers:kubernetes"


def test_a_plan_that_changes_nothing_passes(preview: Preview) -> None:
    verdict = preview.judged()

    assert verdict.passed
    assert not verdict.accepted


def test_new_resources_harm_nothing_that_is_there(preview: Preview) -> None:
    for number in range(300):
        preview.planned(urn(FIREWALL, f"rule-{number}"), "create")

    assert preview.judged().passed


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (["delete"], "would be deleted, and with it its databases"),
        (["create-replacement", "replace", "delete-replaced"], "would be replaced"),
        (["delete-replaced", "replace", "create-replacement"], "would be replaced"),
    ],
)
def test_a_datastore_is_neither_deleted_nor_replaced(preview: Preview, steps: list[str], said: str) -> None:
    preview.planned(ORDERS, *steps, protect=True)

    verdict = preview.judged()

    assert refused(verdict) == {("plan-datastore-kept", ORDERS)}
    assert said in verdict.refusals[0].message


def test_a_datastore_that_nobody_protected_is_kept_all_the_same(preview: Preview) -> None:
    bare = preview.held("gcp:storage/bucket:Bucket", "uploads")
    preview.planned(bare, "delete")

    assert refused(preview.judged()) == {("plan-datastore-kept", bare)}


def test_whatever_is_protected_in_the_state_is_kept(preview: Preview) -> None:
    rule = preview.held(FIREWALL, "deny-all", protect=True)
    preview.planned(rule, "delete")

    assert refused(preview.judged()) == {("plan-datastore-kept", rule)}


def test_what_holds_nothing_may_go(preview: Preview) -> None:
    preview.planned(preview.held(FIREWALL, "old"), "delete")
    preview.planned(preview.held(FIREWALL, "other"), "create-replacement", "replace", "delete-replaced")

    assert preview.judged().passed


@pytest.mark.parametrize("step", ["same", "update"])
def test_protection_is_not_taken_off(preview: Preview, step: str) -> None:
    preview.planned(ORDERS, step, protect=False)

    assert refused(preview.judged()) == {("plan-protection-kept", ORDERS)}


def test_a_rename_by_alias_does_not_hide_that_protection_is_taken_off(preview: Preview) -> None:
    del preview.plans[ORDERS]
    preview.events = [each for each in preview.events if "orders" not in str(each)]
    renamed = preview.planned(urn(INSTANCE, "payments"), "same", renamed_from=ORDERS, protect=False)

    assert refused(preview.judged()) == {("plan-protection-kept", renamed)}


def test_delete_before_replace_is_refused_before_anything_is_replaced(preview: Preview) -> None:
    preview.planned(ORDERS, "update", protect=True, deleteBeforeReplace=True)

    assert refused(preview.judged()) == {("plan-no-delete-before-replace", ORDERS)}


def test_what_holds_data_is_not_let_go_of(preview: Preview) -> None:
    preview.planned(ORDERS, "update", protect=True, retain=True)

    assert refused(preview.judged()) == {("plan-not-abandoned", ORDERS)}


def test_what_is_left_behind_when_it_goes_is_said_to_be(preview: Preview) -> None:
    preview.resources[-1]["retainOnDelete"] = True
    preview.planned(ORDERS, "delete")

    assert "left behind unmanaged" in preview.judged().refusals[0].message


@pytest.mark.parametrize("shown", [["same"], ["create-replacement", "replace", "delete-replaced"]])
def test_a_provider_is_not_replaced_under_what_stands_on_it(preview: Preview, shown: list[str]) -> None:
    provider = preview.held(KUBERNETES, "main")
    role = preview.held("kubernetes:rbac.authorization.k8s.io/v1:Role", "reader", provider=f"{provider}::an-id")
    preview.planned(provider, "create-replacement", "replace", "delete-replaced")
    preview.planned(role, *shown)

    verdict = preview.judged()

    assert refused(verdict) == {("plan-provider-kept", provider)}
    assert "1 resources stand on it" in verdict.refusals[0].message


def test_a_provider_that_goes_takes_nothing_along(preview: Preview) -> None:
    old = preview.held("pulumi:providers:gcp", "old")
    rule = preview.held(FIREWALL, "rule", provider=f"{old}::an-id")
    preview.planned(old, "delete")
    preview.planned(rule, "create-replacement", "replace", "delete-replaced")

    assert refused(preview.judged()) == {("plan-provider-kept", old)}


def test_a_provider_may_go_with_what_stood_on_it(preview: Preview) -> None:
    old = preview.held("pulumi:providers:gcp", "old")
    preview.planned(preview.held(FIREWALL, "rule", provider=f"{old}::an-id"), "delete")
    preview.planned(old, "delete")

    assert preview.judged().passed


def test_a_default_provider_gives_way_to_a_newer_version(preview: Preview) -> None:
    old = preview.held("pulumi:providers:gcp", "default_10_2_0")
    preview.held(FIREWALL, "rule", provider=f"{old}::an-id")
    preview.planned(old, "delete")
    preview.planned(urn("pulumi:providers:gcp", "default_10_3_0"), "create")

    assert preview.judged().passed


GOOGLE = "pulumi:providers:gcp"
AT_HOME = {"project": "shop-dev", "region": "europe-west4"}
IN_CLUSTER = {"kubeconfig": "{}", "clusterIdentifier": "one", "enableServerSideApply": "true"}
ELSEWHERE = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x:y"}


@pytest.mark.parametrize("steps", [["same"], ["update"], ["create-replacement", "replace", "delete-replaced"]])
@pytest.mark.parametrize(
    ("kind", "inputs", "change"),
    [
        (GOOGLE, AT_HOME, {"updates": {"region": "us-east1"}}),
        (GOOGLE, AT_HOME, {"updates": {"project": UNKNOWN}}),
        (GOOGLE, AT_HOME, {"deletes": ["region"]}),
        (GOOGLE, {}, {"adds": {"region": "europe-west4"}}),
        (KUBERNETES, IN_CLUSTER, {"updates": {"kubeconfig": '{"clusters": []}'}}),
        (KUBERNETES, IN_CLUSTER, {"updates": {"kubeconfig": ELSEWHERE}}),
        (KUBERNETES, IN_CLUSTER, {"updates": {"clusterIdentifier": "two"}}),
    ],
    ids=[
        "another region",
        "a project that nobody knows yet",
        "no region",
        "a region",
        "another kubeconfig",
        "a secret kubeconfig",
        "another cluster",
    ],
)
def test_a_provider_keeps_its_inputs(preview: Preview, steps: list[str], kind: str, inputs: Json, change: Json) -> None:
    provider = preview.held(kind, "main", inputs=inputs)
    preview.planned(provider, *steps, inputDiff=change)

    verdict = preview.judged()

    assert refused(verdict) == {("plan-provider-inputs-kept", provider)}
    preview.accept(provider, "change-provider")
    assert preview.judged().passed


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        (GOOGLE, {**AT_HOME, "secretManagerCustomEndpoint": "https://evil.example/v1/"}),
        (GOOGLE, {**AT_HOME, "impersonateServiceAccount": "identity-deploy@shop-dev.iam.gserviceaccount.com"}),
        (GOOGLE, {**AT_HOME, "credentials": ELSEWHERE}),
        (GOOGLE, {**AT_HOME, "version": "10.1.0"}),
        (GOOGLE, {**AT_HOME, "__internal": {"pluginDownloadURL": "https://evil.example"}}),
        (KUBERNETES, {**IN_CLUSTER, "enableServerSideApply": UNKNOWN}),
        (KUBERNETES, {**IN_CLUSTER, "renderYamlToDirectory": "out"}),
        ("pulumi:providers:command", {}),
    ],
    ids=["endpoint", "account", "credentials", "version", "plugin", "unknown value", "option", "another provider"],
)
@pytest.mark.parametrize("is_new", [False, True], ids=["there", "new"])
def test_a_provider_has_listed_inputs_alone(preview: Preview, kind: str, inputs: Json, *, is_new: bool) -> None:
    if is_new:
        provider = preview.planned(urn(kind, "main"), "create", inputDiff={"adds": inputs})
    else:
        provider = preview.held(kind, "main", inputs=inputs)

    verdict = preview.judged()

    assert refused(verdict) == {("plan-provider-inputs-kept", provider)}
    assert {refusal.operation for refusal in verdict.refusals} == {None}


@pytest.mark.parametrize(
    ("inputs", "is_refused"),
    [({**AT_HOME, "version": "10.2.0"}, False), ({**AT_HOME, "region": "us-east1"}, True), ({}, True)],
    ids=["alike", "elsewhere", "without inputs"],
)
def test_a_new_provider_is_like_one_that_is_there(preview: Preview, inputs: Json, *, is_refused: bool) -> None:
    preview.held(GOOGLE, "default_10_1_0", inputs=AT_HOME)
    provider = preview.planned(urn(GOOGLE, "default_10_2_0"), "create", inputDiff={"adds": inputs})

    expected = {("plan-provider-inputs-kept", provider)} if is_refused else set[tuple[str, str]]()
    assert refused(preview.judged()) == expected


@pytest.mark.parametrize(("forces", "is_refused"), [("true", False), ("false", True)])
def test_a_provider_gets_an_option_of_which_the_list_has_the_only_value(
    preview: Preview, forces: str, *, is_refused: bool
) -> None:
    provider = preview.held(KUBERNETES, "main", inputs=IN_CLUSTER)
    preview.planned(provider, "update", inputDiff={"adds": {"enablePatchForce": forces}})

    assert bool(refused(preview.judged())) == is_refused


def test_the_first_provider_of_its_kind_differs_from_none(preview: Preview) -> None:
    preview.held(GOOGLE, "default_10_2_0", inputs=AT_HOME)
    preview.planned(urn(KUBERNETES, "main"), "create", inputDiff={"adds": {**IN_CLUSTER, "kubeconfig": UNKNOWN}})

    assert preview.judged().passed


def test_an_alias_does_not_hide_that_a_provider_gets_other_inputs(preview: Preview) -> None:
    old = preview.held(GOOGLE, "main", inputs=AT_HOME)
    del preview.plans[old]
    preview.events = [event for event in preview.events if old not in str(event)]
    change: Json = {"updates": {"region": "us-east1"}}
    provider = preview.planned(urn(GOOGLE, "other"), "update", renamed_from=old, inputDiff=change)

    assert refused(preview.judged()) == {("plan-provider-inputs-kept", provider)}


def test_a_provider_gets_the_listed_version(preview: Preview) -> None:
    provider = preview.held(GOOGLE, "main", inputs={**AT_HOME, "version": "10.1.0"})
    preview.planned(provider, "update", inputDiff={"updates": {"version": "10.2.0"}})

    assert preview.judged().passed


@pytest.mark.parametrize(("step", "allowed"), [("delete", 15), ("update", 40)])
def test_a_change_is_no_larger_than_its_layers_limit(preview: Preview, step: str, allowed: int) -> None:
    for number in range(allowed):
        preview.planned(preview.held(FIREWALL, f"rule-{number}"), step)
    assert preview.judged().passed

    preview.planned(preview.held(FIREWALL, "one-more"), step)

    verdict = preview.judged()
    assert refused(verdict) == {("plan-within-limits", STACK)}
    assert f"{step} {allowed + 1} resources at once" in verdict.refusals[0].message


def test_components_do_not_count(preview: Preview) -> None:
    for number in range(30):
        preview.planned(preview.held("prodfirst:platform:Datastore", f"part-{number}", custom=False), "delete")

    assert preview.judged().passed


def test_a_layer_without_limits_changes_nothing(preview: Preview) -> None:
    other = Preview(preview.folder)
    other.stack("network")

    assert refused(other.judged()) == {("plan-within-limits", urn("pulumi:pulumi:Stack", "network-dev", "network"))}


def test_a_preview_that_failed_proves_nothing(preview: Preview) -> None:
    preview.failed = True

    assert {policy for policy, _ in refused(preview.judged())} == {"plan-judgeable"}


def test_a_failed_preview_still_tells_what_it_had_seen(preview: Preview) -> None:
    preview.planned(ORDERS, "delete")
    preview.failed = True

    assert refused(preview.judged()) == {("plan-judgeable", ""), ("plan-datastore-kept", ORDERS)}


def test_a_plan_without_a_resource_of_the_state_is_not_whole(preview: Preview) -> None:
    left_out = preview.held(FIREWALL, "rule")
    del preview.plans[left_out]
    preview.events.pop()

    assert refused(preview.judged()) == {("plan-judgeable", left_out)}


def test_a_plan_that_says_less_than_the_preview_showed_was_edited(preview: Preview) -> None:
    preview.planned(ORDERS, "delete")
    preview.plans[ORDERS] = {"steps": ["same"], "goal": {"type": INSTANCE, "protect": True}}

    assert refused(preview.judged()) == {("plan-judgeable", ORDERS)}


def test_a_preview_that_reads_everything_first_shows_more_than_the_plan_and_nothing_else(preview: Preview) -> None:
    preview.planned(preview.held(FIREWALL, "rule"), "update", shown=("refresh", "update"))

    assert preview.judged().passed


def test_what_is_imported_and_then_updated_was_not_in_the_state(preview: Preview) -> None:
    preview.planned(urn(INSTANCE, "found"), "update", shown=("import", "update"))
    preview.planned(urn(INSTANCE, "unknown"), "update")

    assert refused(preview.judged()) == {("plan-judgeable", urn(INSTANCE, "unknown"))}


def test_an_import_alone_is_an_import(preview: Preview) -> None:
    preview.planned(urn(INSTANCE, "found"), "same", shown=("import",))

    assert refused(preview.judged()) == {("plan-judgeable", urn(INSTANCE, "found"))}


def test_a_step_that_the_gate_does_not_know_is_not_let_through(preview: Preview) -> None:
    preview.planned(ORDERS, "evaporate", protect=True)

    assert refused(preview.judged()) == {("plan-judgeable", ORDERS)}


def test_a_resource_that_the_state_does_not_have_cannot_be_changed(preview: Preview) -> None:
    ghost = preview.planned(urn(FIREWALL, "ghost"), "update")

    assert refused(preview.judged()) == {("plan-judgeable", ghost)}


def test_a_preview_that_ended_without_a_plan_shows_what_it_would_have_changed(preview: Preview) -> None:
    """The engine's event log has the inputs; a secret in it is masked, and does not count as a change."""
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "c2VjcmV0"}
    before = {"settings": {"backupConfiguration": {"enabled": True}}, "rootPassword": secret, "old": 1}
    held = preview.held(INSTANCE, "orders", inputs=before, protect=True)
    preview.planned(held, "update", protect=True)
    after = {"settings": {"backupConfiguration": {"enabled": False}}, "rootPassword": "[secret]"}
    for event in preview.events:
        metadata = event["resourcePreEvent"]["metadata"]
        if metadata["urn"] == held:
            metadata["new"] |= {"type": INSTANCE, "protect": True, "inputs": after}
    preview.failed = True

    verdict = preview.judged()

    assert digest.lines(verdict.reach.digest) == [
        "~ DatabaseInstance orders",
        "    - old: 1",
        "    ~ settings.backupConfiguration.enabled: true => false",
    ]
    assert refused(verdict) == {("plan-judgeable", ""), ("plan-not-weakened", held)}
