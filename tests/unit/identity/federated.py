"""Declared workload identity providers and accounts, put into the simulated cloud, and tried with tokens."""

import time

from example_tenant import PROJECT as PROJECT_ID
from sandbox.cloud.api import Cloud
from unit.identity.jobs import AUDIENCE, Claims
from unit.pulumi_mocks import Engine
from unit.sandbox.cloud.cases import ADMIN, PROJECT, allows

PROVIDERS = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
_POOLS = "iam.projects.locations.workloadIdentityPools"


def fill(cloud: Cloud, declared: Engine) -> None:
    """Makes the pools, the providers, the accounts and their policies as declared."""
    for service in ("iam", "iamcredentials", "sts"):
        cloud.call("serviceusage.services.enable", f"{PROJECT}/services/{service}.googleapis.com", ADMIN)
    _add_federations(cloud, declared)
    names = [_name(item.inputs["accountId"]) for item in declared.of("gcp:serviceaccount/account:Account").values()]
    for name in names:
        cloud.call("iam.projects.serviceAccounts.create", name, ADMIN, {})
    for name in names:
        users = declared.of("gcp:serviceaccount/iAMMember:IAMMember").values()
        mine = [user.inputs for user in users if user.inputs["serviceAccountId"] == name]
        policy = {"version": 3, "bindings": [{"role": user["role"], "members": [user["member"]]} for user in mine]}
        cloud.call("iam.projects.serviceAccounts.setIamPolicy", name, ADMIN, {"policy": policy})


def _add_federations(cloud: Cloud, declared: Engine) -> None:
    role = {"role": "roles/iam.workloadIdentityPoolAdmin", "members": [ADMIN.member]}
    current = cloud.call("cloudresourcemanager.projects.getIamPolicy", PROJECT, ADMIN)
    wider = {"policy": {**current, "bindings": [*current["bindings"], role]}}
    cloud.call("cloudresourcemanager.projects.setIamPolicy", PROJECT, ADMIN, wider)
    for provider in declared.of(PROVIDERS).values():
        inputs = provider.inputs
        body = {key: inputs[key] for key in ("oidc", "attributeMapping", "attributeCondition")}
        pool = f"{PROJECT}/locations/global/workloadIdentityPools/{inputs['workloadIdentityPoolId']}"
        cloud.call(f"{_POOLS}.create", pool, ADMIN, {})
        name = f"{pool}/providers/{inputs['workloadIdentityPoolProviderId']}"
        cloud.call(f"{_POOLS}.providers.create", name, ADMIN, body)


def _name(account: str) -> str:
    return f"{PROJECT}/serviceAccounts/{account}@{PROJECT_ID}.iam.gserviceaccount.com"


def reached(cloud: Cloud, claims: Claims, audience: str = AUDIENCE) -> set[str]:
    """The accounts whose tokens a job obtains by a provider: that of deployments, where no other is asked.

    Raises:
        ApiError: the provider keeps it out.
    """
    now = time.time()
    dated = {"iat": now - 10, "nbf": now - 10, "exp": now + 290, **claims}
    claims_sent = {key: value for key, value in dated.items() if value is not None}
    caller = cloud.federate(audience, claims_sent)
    accounts: set[str] = set()
    for account in cloud.store.find("iam.projects.serviceAccounts", ""):
        if allows(cloud, caller, "iam.serviceAccounts.getAccessToken", account.name):
            email = account.name.rpartition("/")[2]
            assert cloud.impersonate(caller, email).email == email
            accounts.add(email.partition("@")[0])
    return accounts
