"""The pods of each kind of app: hardened, bounded, with health probes, a graceful end and their settings."""

from typing import Any

import pytest

from apps_layer.values import amount
from unit.apps.deployment import CRON, JOB, NOVEMBER, VERSION, WEB, WORKER, deploy, open_platform, pod, refused, spec
from unit.pulumi_mocks import Document, Engine

KINDS = {
    "web service": WEB + "database: orders",
    "worker": WORKER + "database: orders",
    "scheduled job": CRON + "database: orders",
    "job": JOB + "database: orders",
}
RUNNING = {"web service": WEB, "worker": WORKER}


def containers(fields: Document) -> list[Document]:
    return [*fields["containers"], *fields.get("initContainers", [])]


@pytest.fixture(params=KINDS)
def any_pod(request: pytest.FixtureRequest) -> Document:
    return pod(deploy(KINDS[request.param]))


def test_every_container_satisfies_the_restricted_standard(any_pod: Document) -> None:
    context = any_pod["securityContext"]
    assert (context["runAsNonRoot"], context["seccompProfile"]) == (True, {"type": "RuntimeDefault"})
    assert context["runAsUser"] == context["runAsGroup"] == context["fsGroup"] == 65532
    assert len(containers(any_pod)) == 2
    for container in containers(any_pod):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        assert "@sha256:" in container["image"]
        assert container["imagePullPolicy"] == "IfNotPresent"


def test_no_pod_is_told_of_other_services_or_gets_a_token(any_pod: Document) -> None:
    assert any_pod["enableServiceLinks"] is False
    assert any_pod["automountServiceAccountToken"] is False


def test_every_container_reserves_what_it_needs_and_takes_no_memory_or_disk_of_others(any_pod: Document) -> None:
    for container in containers(any_pod):
        requests, limits = container["resources"]["requests"], container["resources"]["limits"]
        assert set(requests) == {"cpu", "memory", "ephemeral-storage"}
        assert limits == {key: requests[key] for key in ("memory", "ephemeral-storage")}


def test_the_writable_folder_fits_into_the_disk_that_is_reserved(any_pod: Document) -> None:
    [volume] = any_pod["volumes"]
    reserved = any_pod["containers"][0]["resources"]["requests"]["ephemeral-storage"]
    assert amount(volume["emptyDir"]["sizeLimit"]) < amount(reserved)


def test_the_database_is_reached_through_the_proxy_by_iam_login(any_pod: Document) -> None:
    [proxy] = any_pod["initContainers"]
    assert proxy["restartPolicy"] == "Always"
    assert {"--private-ip", "--auto-iam-authn", "prodfirst-sandbox:europe-west4:orders"} <= set(proxy["args"])
    variables = {item["name"]: item["value"] for item in any_pod["containers"][0]["env"]}
    assert variables["DATABASE_HOST"] == "127.0.0.1"
    assert variables["DATABASE_USER"] == "app-storefront@prodfirst-sandbox.iam"
    assert not [name for name in variables if "PASSWORD" in name or "GRANTEES" in name]


@pytest.mark.parametrize("kind", KINDS)
def test_an_app_that_names_a_version_reads_the_data_of_that_time_as_itself(kind: str) -> None:
    engine = deploy(f"{KINDS[kind]}\ndatabaseVersion: {VERSION}", open_platform())
    [proxy], [app] = (pod(engine)[key] for key in ("initContainers", "containers"))
    variables = {item["name"]: item["value"] for item in app["env"]}

    assert proxy["args"][-1] == NOVEMBER["connectionName"]
    assert variables["DATABASE_USER"] == "app-storefront@prodfirst-sandbox.iam"
    assert variables["DATABASE_VERSION"] == NOVEMBER["pointInTime"]


def test_without_a_version_an_app_reads_the_present_data() -> None:
    engine = deploy(KINDS["worker"], open_platform())
    [proxy], [app] = (pod(engine)[key] for key in ("initContainers", "containers"))
    assert proxy["args"][-1] == "prodfirst-sandbox:europe-west4:orders"
    assert "DATABASE_VERSION" not in {item["name"] for item in app["env"]}


def test_an_app_that_makes_the_schemas_of_others_is_told_whom_to_give_rows() -> None:
    platform = open_platform()
    users = [f"app-{app}@prodfirst-sandbox.iam" for app in ("billing", "shop")]
    platform["apps"]["storefront"]["databases"]["orders"]["migratesFor"] = users
    [container] = pod(deploy(KINDS["job"], platform))["containers"]
    variables = {item["name"]: item["value"] for item in container["env"]}
    assert variables["DATABASE_GRANTEES"] == '"app-billing@prodfirst-sandbox.iam", "app-shop@prodfirst-sandbox.iam"'


@pytest.mark.parametrize("kind", RUNNING)
def test_the_three_probes_differ_and_liveness_asks_nobody_else(kind: str) -> None:
    [app] = pod(deploy(RUNNING[kind]))["containers"]
    assert app["startupProbe"]["httpGet"] == app["readinessProbe"]["httpGet"] == {"path": "/healthz", "port": 8080}
    assert app["livenessProbe"]["tcpSocket"] == {"port": 8080}
    assert "httpGet" not in app["livenessProbe"]


def test_an_app_may_say_itself_whether_it_is_alive() -> None:
    [app] = pod(deploy(WEB + "livePath: /livez"))["containers"]
    assert app["livenessProbe"]["httpGet"]["path"] == "/livez"


def test_a_pod_that_ends_serves_on_until_nobody_calls_it_and_then_has_its_time() -> None:
    fields = pod(deploy(WEB + "shutdownSeconds: 60"))
    assert fields["containers"][0]["lifecycle"] == {"preStop": {"sleep": {"seconds": 15}}}
    assert fields["terminationGracePeriodSeconds"] == 75


@pytest.mark.parametrize("entry", [WORKER, CRON])
def test_what_nobody_calls_ends_at_once(entry: str) -> None:
    fields = pod(deploy(entry))
    assert "lifecycle" not in fields["containers"][0]
    assert fields["terminationGracePeriodSeconds"] == 30


@pytest.mark.parametrize("kind", RUNNING)
def test_pods_are_spread_over_zones_and_nodes_version_by_version(kind: str) -> None:
    constraints = pod(deploy(RUNNING[kind]))["topologySpreadConstraints"]
    assert [constraint["topologyKey"] for constraint in constraints] == [
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    ]
    assert all(constraint["matchLabelKeys"] == ["pod-template-hash"] for constraint in constraints)
    assert {constraint["whenUnsatisfiable"] for constraint in constraints} == {"ScheduleAnyway"}


@pytest.mark.parametrize("kind", RUNNING)
def test_a_rollout_removes_no_pod_before_another_is_ready_and_ends_in_time(kind: str) -> None:
    deployment = spec(deploy(RUNNING[kind]), "apps/v1:Deployment")
    assert deployment["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert deployment["progressDeadlineSeconds"] < 600
    assert deployment["revisionHistoryLimit"] == 3


@pytest.mark.parametrize("kind", RUNNING)
def test_an_autoscaler_decides_the_number_of_pods_from_the_least_on_and_no_update_undoes_it(kind: str) -> None:
    engine = deploy(RUNNING[kind] + "cpuUtilization: 60", replicas=3, maxReplicas=6)
    scaler = spec(engine, "autoscaling/v2:HorizontalPodAutoscaler")
    # An update that takes the field away would leave one pod.
    assert spec(engine, "apps/v1:Deployment")["replicas"] == 3
    assert engine.of("kubernetes:apps/v1:Deployment")["storefront"].ignored == {"spec.replicas"}
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (3, 6)
    [metric] = scaler["metrics"]
    assert metric["containerResource"] == {
        "name": "cpu",
        "container": "storefront",
        "target": {"type": "Utilization", "averageUtilization": 60},
    }
    assert scaler["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 300


@pytest.mark.parametrize("kind", RUNNING)
def test_where_the_number_of_pods_is_fixed_there_is_no_autoscaler(kind: str) -> None:
    engine = deploy(RUNNING[kind], replicas=3, maxReplicas=3)
    assert spec(engine, "apps/v1:Deployment")["replicas"] == 3
    assert engine.of("kubernetes:apps/v1:Deployment")["storefront"].ignored == set()
    assert engine.of("kubernetes:autoscaling/v2:HorizontalPodAutoscaler") == {}


@pytest.mark.parametrize("kind", RUNNING)
@pytest.mark.parametrize("replicas", [1, 2])
def test_a_node_can_always_be_emptied(kind: str, replicas: int) -> None:
    budget = spec(deploy(RUNNING[kind], replicas=replicas), "policy/v1:PodDisruptionBudget")
    assert budget["maxUnavailable"] == 1
    assert "minAvailable" not in budget
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_an_app_of_another_kind_keeps_what_both_kinds_have() -> None:
    kinds = {f"prodfirst:apps:{kind}" for kind in ("WebService", "Worker", "CronJob", "Job")}
    declared = [item for kind in KINDS.values() for item in deploy(kind).declared if item.type in kinds]
    assert {item.type: item.former for item in declared} == {kind: kinds - {kind} for kind in kinds}


@pytest.mark.parametrize("kind", KINDS)
def test_a_field_that_somebody_else_changed_is_taken_back(kind: str) -> None:
    [provider] = deploy(KINDS[kind]).of("pulumi:providers:kubernetes").values()
    assert provider.inputs["enablePatchForce"] == "true"


def test_nobody_can_call_a_worker() -> None:
    assert deploy(WORKER).of("kubernetes:core/v1:Service") == {}


def test_a_job_never_overlaps_itself_never_runs_for_ever_and_does_not_pile_up() -> None:
    job = spec(deploy(CRON), "batch/v1:CronJob")
    assert (job["schedule"], job["timeZone"], job["concurrencyPolicy"]) == ("15 3 * * *", "Etc/UTC", "Forbid")
    assert job["startingDeadlineSeconds"] == 600
    assert (job["successfulJobsHistoryLimit"], job["failedJobsHistoryLimit"]) == (1, 3)
    run: Document = job["jobTemplate"]["spec"]
    assert (run["activeDeadlineSeconds"], run["backoffLimit"], run["ttlSecondsAfterFinished"]) == (3600, 2, 604800)
    assert run["template"]["spec"]["restartPolicy"] == "Never"


def test_a_job_runs_once_for_each_image_and_stays_so_that_it_does_not_run_again() -> None:
    job = spec(deploy(JOB), "batch/v1:Job")
    assert (job["activeDeadlineSeconds"], job["backoffLimit"], job["podReplacementPolicy"]) == (900, 2, "Failed")
    assert "ttlSecondsAfterFinished" not in job
    assert job["template"]["spec"]["restartPolicy"] == "Never"


# Settings and secrets


def settings(engine: Engine) -> Document:
    return engine.of("kubernetes:core/v1:ConfigMap")["storefront-settings"].inputs


def test_other_settings_are_another_config_map_and_the_same_are_the_same() -> None:
    before = deploy(WEB + "environment: {LOG_LEVEL: info, MODE: a}")
    again = deploy(WEB + "environment: {MODE: a, LOG_LEVEL: info}")
    after = deploy(WEB + "environment: {LOG_LEVEL: debug, MODE: a}")

    assert settings(before) == settings(again)
    assert settings(before)["immutable"] is True
    assert settings(before)["metadata"]["name"] != settings(after)["metadata"]["name"]
    for engine in (before, after):
        [source] = pod(engine)["containers"][0]["envFrom"]
        assert source == {"configMapRef": {"name": settings(engine)["metadata"]["name"]}}


def test_an_app_without_settings_has_no_config_map() -> None:
    engine = deploy(WEB)
    assert engine.of("kubernetes:core/v1:ConfigMap") == {}
    assert "envFrom" not in pod(engine)["containers"][0]


@pytest.mark.parametrize("entry", [WEB, WORKER, CRON])
def test_an_app_is_told_where_its_secrets_are_and_not_what_they_are(entry: str) -> None:
    platform = open_platform()
    platform["apps"]["storefront"]["secrets"] = ["app-storefront-smtp-login", "app-storefront-other"]
    engine = deploy(entry + "secrets: [smtp-login]", platform)

    secret_names = {
        item["name"]: item["value"] for item in pod(engine)["containers"][0]["env"] if "SECRET" in item["name"]
    }
    where = "projects/prodfirst-sandbox/secrets/app-storefront-smtp-login/versions/latest"
    assert secret_names == {"SECRET_SMTP_LOGIN": where}
    assert engine.of("kubernetes:core/v1:Secret") == {}


def test_arguments_are_those_of_the_images_own_entry_point() -> None:
    [app] = pod(deploy(CRON + "arguments: [nightly, --dry-run]"))["containers"]
    assert app["args"] == ["nightly", "--dry-run"]
    assert "command" not in app


# From outside


def test_a_public_app_has_a_route_for_its_own_name_alone() -> None:
    engine = deploy(WEB, open_platform(), public=True)
    route = engine.of("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute")["storefront-route"].inputs["spec"]
    assert route == {
        "parentRefs": [{"name": "public", "namespace": "platform-gateway"}],
        "hostnames": ["storefront.example.com"],
        "rules": [{"backendRefs": [{"name": "storefront", "port": 80}]}],
    }
    assert engine.outputs["url"] == "https://storefront.example.com"


def test_the_load_balancer_asks_what_the_pods_probe_asks() -> None:
    engine = deploy(WEB, open_platform(), public=True)
    check = engine.of("kubernetes:networking.gke.io/v1:HealthCheckPolicy")["storefront-health"].inputs["spec"]
    asked: dict[str, Any] = check["default"]["config"]["httpHealthCheck"]
    assert (asked["port"], asked["requestPath"]) == (8080, "/healthz")
    assert check["targetRef"] == {"group": "", "kind": "Service", "name": "storefront"}


def test_an_app_that_is_not_public_has_no_route_even_where_it_could() -> None:
    engine = deploy(WEB, open_platform())
    assert not [item for item in engine.declared if "HTTPRoute" in item.type]
    assert engine.outputs["url"] == "http://storefront.storefront.svc"


def test_a_job_has_no_address() -> None:
    assert deploy(CRON).outputs == {}
    assert "apps:public" in refused(CRON, open_platform(), public=True)
