"""Services that take an audit configuration of their own.

A service that has no data access audit logs, or writes them under another service's configuration, is refused. The
list holds the services whose page in https://cloud.google.com/logging/docs/audit/services describes the configuration.
"""

SERVICES = frozenset(
    f"{service}.googleapis.com"
    for service in (
        *("artifactregistry", "bigquery", "binaryauthorization", "cloudasset", "cloudbuild", "cloudfunctions"),
        *("cloudkms", "cloudresourcemanager", "cloudsql", "compute", "container", "datastore", "dns", "gkebackup"),
        # Its configuration also covers iamcredentials.googleapis.com, which takes none:
        # https://cloud.google.com/iam/docs/audit-logging/audit-logging-iamcreds
        "iam",
        *("logging", "monitoring", "orgpolicy", "pubsub", "run", "secretmanager", "serviceusage", "spanner"),
        *("storage", "sts"),
    )
) | {"allServices"}
