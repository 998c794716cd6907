"""The sandbox's `gke-gcloud-auth-plugin`: prints the Kubernetes credential of the environment's identity.

It speaks client.authentication.k8s.io/v1beta1 as Google's plugin does, so that kubeconfigs written for GKE work
unchanged.
"""

import json
import sys
import time

from sandbox.cloud.credentials import current_caller, open_cloud
from sandbox.cloud.errors import ApiError


def main() -> int:
    """Prints an ExecCredential; 1 and a message when the identity may not be used."""
    try:
        cloud = open_cloud()
        token, expires = cloud.issue_token(current_caller(cloud))
    except ApiError as error:
        print(f"gke-gcloud-auth-plugin: {error}", file=sys.stderr)
        return 1
    status = {"token": token, "expirationTimestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(expires))}
    credential = {"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential", "status": status}
    print(json.dumps(credential))
    return 0


if __name__ == "__main__":
    sys.exit(main())
