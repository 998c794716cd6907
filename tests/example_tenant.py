"""The organisation that tests of the simulated cloud work in: the one of the example environment's stack files."""

from sandbox.cloud.tenant import ADMIN, Tenant

PROJECT = "prodfirst-sandbox"
PROJECT_NUMBER = "100200300400"
REGION = "europe-west4"
ORGANIZATION = "123456789012"
OPERATOR = "user:operator@example.com"

TENANT = Tenant(
    PROJECT,
    PROJECT_NUMBER,
    REGION,
    "example.com",
    ORGANIZATION,
    {
        "group:platform-operators@example.com": (OPERATOR,),
        "group:shop-team@example.com": ("user:shop-developer@example.com",),
        "group:database-team@example.com": ("user:database-administrator@example.com",),
        "group:platform-team@example.com": ("user:platform-engineer@example.com",),
        "group:security-team@example.com": ("user:security-reviewer@example.com",),
        "group:cloud-administrators@example.com": (ADMIN,),
        "group:break-glass@example.com": (),
        "group:gke-security-groups@example.com": (),
    },
)
