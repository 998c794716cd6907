"""The apps layer's program, run for an entry of a test's own or for a committed one."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import pytest

from apps_layer import entry_file
from unit import contract_documents
from unit.contract_documents import TEAM
from unit.pulumi_mocks import Document, Engine, run, stack_configuration

PUBLIC_GATEWAY = {
    "name": "public",
    "namespace": "platform-gateway",
    "domain": "example.com",
    "sources": ["35.191.0.0/16", "130.211.0.0/22"],
}
VERSION = "orders-november"
NOVEMBER = {
    "connectionName": "prodfirst-sandbox:europe-west4:orders-november",
    "privateIp": "10.64.0.9",
    "pointInTime": "2026-11-20T03:00:00Z",
}
WEB = """
kind: webService
team: shop
port: 8080
healthPath: /healthz
resources: {cpu: 100m, memory: 256Mi}
"""
WORKER = WEB.replace("webService", "worker")
CRON = """
kind: cronJob
team: shop
schedule: "15 3 * * *"
resources: {cpu: 100m, memory: 256Mi}
"""
JOB = """
kind: job
team: shop
resources: {cpu: 100m, memory: 256Mi}
"""


def open_platform() -> Document:
    """A platform that lets apps be reached from outside and call a partner."""
    platform = contract_documents.namespaces()
    platform["gateway"] = PUBLIC_GATEWAY
    platform["apps"]["storefront"]["host"] = "storefront.example.com"
    platform["apps"]["storefront"]["databases"]["orders"]["versions"] = {VERSION: NOVEMBER}
    platform["destinations"] = {"mail": {"ranges": ["203.0.113.7/32", "203.0.113.8/32"], "ports": [587]}}
    return platform


def deploy(
    entry: str | None = None,
    platform: Document | None = None,
    stack: str = "storefront-sandbox",
    others: Mapping[str, str] | None = None,
    engine: Engine | None = None,
    **changes: Any,
) -> Engine:
    """Declarations of the program.

    Args:
        entry: the text of the app's entry; the committed one by default.
        platform: the contract of the team's namespaces; the sandbox's by default.
        stack: the stack's name; its settings come from the committed stack of the same app, or of storefront.
        others: the texts of further entries by app, beside an entry of a test's own.
        engine: with what the program reads; with the contract by default.
        changes: settings of the layer, by key without "apps:".
    """
    app = stack.rpartition("-")[0]
    committed = "reports-sandbox" if app == "reports" else "storefront-sandbox"
    configuration = stack_configuration("apps", committed) | {f"apps:{key}": value for key, value in changes.items()}
    engine = engine or Engine(contracts={f"contract-namespaces-{TEAM}": platform or contract_documents.namespaces()})
    if entry is None:
        return run("apps", stack, configuration, engine)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        for name, text in {**(others or {}), app: entry}.items():
            (Path(folder) / f"{name}.yaml").write_text(text)
        patch.setattr(entry_file, "FOLDER", Path(folder))
        return run("apps", stack, configuration, engine)


def refused(
    entry: str | None = None,
    platform: Document | None = None,
    stack: str = "storefront-sandbox",
    others: Mapping[str, str] | None = None,
    **changes: Any,
) -> str:
    """Message of the program's refusal."""
    with pytest.raises(pulumi.RunError) as raised:
        deploy(entry, platform, stack, others, None, **changes)
    return str(raised.value)


def spec(engine: Engine, kind: str, name: str = "storefront") -> Document:
    """The specification of an object."""
    return engine.of(f"kubernetes:{kind}")[name].inputs["spec"]


def pod(engine: Engine, name: str = "storefront") -> Document:
    """The specification of the pods."""
    if engine.of("kubernetes:batch/v1:CronJob"):
        return spec(engine, "batch/v1:CronJob", name)["jobTemplate"]["spec"]["template"]["spec"]
    if engine.of("kubernetes:batch/v1:Job"):
        return spec(engine, "batch/v1:Job", name)["template"]["spec"]
    return spec(engine, "apps/v1:Deployment", name)["template"]["spec"]
