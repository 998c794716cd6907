"""Guard rails: audit and alerts, and where there is an organisation its policies and the deny policy."""

from collections.abc import Mapping

import pulumi

from identity_layer import grants
from identity_layer.foundation.alerts import Alerts, AlertsArgs
from identity_layer.foundation.audit import Audit, AuditArgs
from identity_layer.foundation.base import Base
from identity_layer.foundation.default_account import DefaultAccount, DefaultAccountArgs
from identity_layer.foundation.deny_policy import DenyPolicy, DenyPolicyArgs
from identity_layer.foundation.organization_access import OrganizationAccess, OrganizationAccessArgs
from identity_layer.service_account import ServiceAccount


def create(base: Base, accounts: Mapping[str, ServiceAccount]) -> list[pulumi.Resource]:
    """The guard rails of the stack; `accounts` are the layers' CI accounts by ID."""
    settings = base.settings
    rails: list[pulumi.Resource] = [
        Audit(
            "audit",
            AuditArgs(settings.project, settings.region, settings.audit_log),
            opts=base.in_foundation("logging", "cloudresourcemanager"),
        ),
        Alerts(
            "alert",
            AlertsArgs(settings.project, settings.alerts, base.apis.enabled("monitoring", "logging")),
            opts=base.in_foundation("monitoring", "logging"),
        ),
    ]
    if not settings.keep_default_editor:
        default = DefaultAccountArgs(settings.project, settings.project_number, base.apis.enabled("compute"))
        rails.append(DefaultAccount("default-account", default, opts=base.in_foundation("cloudresourcemanager")))
    if base.policies:
        rails.append(base.policies)
    if settings.organization:
        rails += [
            DenyPolicy(
                "guard-rails",
                DenyPolicyArgs(
                    settings.project,
                    settings.break_glass_group,
                    settings.on_call.people,
                    settings.administrators,
                    [accounts[account_id] for account_id in grants.GRANTABLE],
                ),
                opts=base.in_foundation("iam"),
            ),
            OrganizationAccess(
                "organization-access",
                OrganizationAccessArgs(settings.organization.id, settings.project, accounts["identity-preview"]),
                opts=base.in_foundation("iam", "cloudresourcemanager"),
            ),
        ]
    return rails
