"""The audit log: every API call as an entry of Cloud Audit Logs, with IAM's decisions for it.

https://cloud.google.com/logging/docs/audit/understanding-audit-logs. `python -m sandbox.cloud.audit` prints the log as
JSON lines. Beyond Google's fields, `authorizationInfo` names the binding or deny rule that decided.
"""

import argparse
import json
import re
import sys
from datetime import UTC, datetime

from sandbox.cloud import names
from sandbox.cloud.credentials import open_cloud
from sandbox.cloud.errors import CODES, ApiError
from sandbox.cloud.store import CallEntry, Json

_READS = ("get", "list", "access", "getIamPolicy", "search", "test")
# Operations on data and tokens are data access too, even if they write.
_DATA = re.compile(r"^(storage\.objects|iamcredentials|sts)\.|\.(encrypt|decrypt)$")


def entry(call: CallEntry) -> Json:
    """Returns a call as a LogEntry."""
    service, relative = names.split(call.resource)
    reads = call.method.rpartition(".")[2].startswith(_READS) or _DATA.search(call.method)
    kind = "data_access" if reads else "activity"
    project = names.project_of(call.resource) or "-"
    status = {} if call.status == "OK" else {"code": CODES.get(call.status, 2), "message": call.message}
    return {
        "insertId": str(call.number),
        "logName": f"projects/{project}/logs/cloudaudit.googleapis.com%2F{kind}",
        "timestamp": datetime.fromtimestamp(call.time, UTC).isoformat().replace("+00:00", "Z"),
        "severity": "ERROR" if status else "NOTICE" if kind == "activity" else "INFO",
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "serviceName": service,
            "methodName": call.method,
            "resourceName": relative,
            "authenticationInfo": _authentication(call),
            "authorizationInfo": call.decisions,
            "status": status,
        },
    }


def _authentication(call: CallEntry) -> Json:
    kind, _, email = call.principal.partition(":")
    principal = (
        {"principalEmail": email} if kind in ("user", "serviceAccount") else {"principalSubject": call.principal}
    )
    if not call.delegation:
        return principal
    chain = [
        {"firstPartyPrincipal": {"principalEmail": member.partition(":")[2]}}
        if member.partition(":")[0] in ("user", "serviceAccount")
        else {"principalSubject": member}
        for member in call.delegation
    ]
    return {**principal, "serviceAccountDelegationInfo": chain}


def main() -> int:
    """Prints the log."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.cloud.audit", description="Prints the audit log.")
    parser.add_argument("--after", type=int, default=0, metavar="NUMBER", help="only entries after this number")
    arguments = parser.parse_args()
    try:
        cloud = open_cloud()
    except ApiError as error:
        print(error.message, file=sys.stderr)
        return 1
    for call in cloud.store.calls(arguments.after):
        print(json.dumps(entry(call)))
    cloud.store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
