"""The simulated APIs, one module per Google service."""

from sandbox.cloud.resources import Collection
from sandbox.cloud.services import (
    compute,
    container,
    iam,
    iamcredentials,
    resourcemanager,
    secretmanager,
    servicenetworking,
    serviceusage,
    sqladmin,
)

COLLECTIONS: tuple[type[Collection], ...] = (
    resourcemanager.Projects,
    serviceusage.Services,
    iam.ServiceAccounts,
    iam.ServiceAccountKeys,
    iam.Roles,
    iamcredentials.Tokens,
    secretmanager.Secrets,
    secretmanager.SecretVersions,
    compute.Networks,
    compute.Subnetworks,
    compute.GlobalAddresses,
    servicenetworking.Connections,
    container.Clusters,
    sqladmin.Instances,
    sqladmin.Databases,
    sqladmin.Users,
)
