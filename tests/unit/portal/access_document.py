"""A small document of `make access`, in which every part of a decision occurs."""

from typing import Any

from iam.document import Document

Json = dict[str, Any]

PROJECT = "//cloudresourcemanager.googleapis.com/projects/p"
ORDERS = "//sqladmin.googleapis.com/projects/p/instances/orders"
CLUSTER = "//container.googleapis.com/projects/p/locations/r/clusters/main"


def access(hostile: str, declared: str) -> Document:
    """A document with each thing that a decision can turn on; with a hostile name, and where a grant is declared."""
    made: Json = {
        "version": 1,
        "environment": "sandbox",
        "at": "2026-11-21T12:00:00Z",
        "project": {"id": "p"},
        "gaps": ["Who is in group:far@example.com could not be told."],
        "principals": [
            {"id": "user:ada@example.com", "kind": "user", "name": "person ada", "isIn": ["group:shop@example.com"]},
            {"id": "user:bob@example.com", "kind": "user", "name": "person bob", "isIn": ["group:db@example.com"]},
            {"id": "group:shop@example.com", "kind": "group", "name": "group shop"},
            {"id": "group:db@example.com", "kind": "group", "name": "group db", "members": ["user:bob@example.com"]},
            {
                "id": "user:eve@example.com",
                "kind": "user",
                "name": "person eve",
                "isIn": ["group:db@example.com", "group:shop@example.com"],
            },
            {"id": "serviceAccount:d@p", "kind": "account", "name": "account d"},
            {"id": "user:out@example.com", "kind": "user", "name": f"person {hostile}"},
        ],
        "roles": {
            "roles/admin": {"title": "Admin", "permissions": ["cloudsql.instances.delete", "cloudsql.instances.get"]},
            "roles/viewer": {"title": "Viewer", "permissions": ["cloudsql.instances.get", "container.pods.list"]},
            "roles/unknown": {"title": "Unknown", "permissions": None},
            "roles/token": {"title": "Token", "permissions": ["iam.serviceAccounts.getAccessToken"]},
        },
        "resources": [
            {"id": PROJECT, "name": "project"},
            {"id": ORDERS, "name": "instance orders", "parent": PROJECT},
            {"id": CLUSTER, "name": "cluster main", "parent": PROJECT},
            {"id": f"{CLUSTER}/k8s/namespaces/shop", "name": "namespace shop", "parent": CLUSTER},
        ],
        "grants": [
            {"principal": "serviceAccount:d@p", "role": "roles/admin", "resource": PROJECT},
            {"principal": "group:db@example.com", "role": "roles/admin", "resource": ORDERS, "declared": declared},
            {
                "principal": "group:shop@example.com",
                "role": "roles/viewer",
                "resource": PROJECT,
                "condition": {"title": "some", "expression": "x", "verdict": "maybe", "elsewhere": {ORDERS: "part"}},
            },
            {"principal": "user:out@example.com", "role": "roles/unknown", "resource": ORDERS},
        ],
        "denials": [
            {
                "policy": "guard",
                "rule": "No deletes.",
                "resource": PROJECT,
                "permissions": ["cloudsql.instances.delete"],
                "principals": ["group:db@example.com"],
                "exceptions": ["group:shop@example.com"],
            },
            {
                "policy": "guard",
                "rule": "Perhaps no reading.",
                "resource": CLUSTER,
                "permissions": ["cloudsql.instances.get"],
                "principals": ["domain:example.org"],
            },
        ],
        "becoming": [
            {
                "source": "group:shop@example.com",
                "target": "serviceAccount:d@p",
                "verdict": "yes",
                "how": "may act as it",
                "by": "roles/token",
            },
        ],
        "cluster": {
            "id": CLUSTER,
            "roles": {
                "Role shop/dev": [
                    {"groups": [""], "resources": ["pods", "*/scale"], "verbs": ["delete", "get"]},
                    {"groups": [""], "resources": ["secrets"], "verbs": ["get"], "names": ["one"]},
                ],
                "ClusterRole far": None,
            },
            "bindings": [
                {"principal": "group:shop@example.com", "role": "Role shop/dev", "namespace": "shop", "name": "dev"},
                {"principal": "user:out@example.com", "role": "ClusterRole far", "name": "far"},
            ],
            "verbs": {"get": "get", "list": "list", "delete": "delete"},
            "subresources": {"create pods/exec": "container.pods.exec"},
        },
    }
    return Document.model_validate(made)
