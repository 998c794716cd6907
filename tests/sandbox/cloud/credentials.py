"""Who a process is towards the simulated cloud: default credentials and impersonation, as Google's clients have them.

A credentials file of the sandbox states an account and proves nothing: whoever can read the sandbox's folder may be
anyone in it.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller

CREDENTIALS_VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"
IMPERSONATE_VARIABLE = "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT"
DIRECTORY_VARIABLE = "SANDBOX_DIR"


def sandbox_directory(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder of the sandbox that this process belongs to.

    Raises:
        ApiError: SANDBOX_DIR is not set or names no sandbox.
    """
    directory = Path(environment.get(DIRECTORY_VARIABLE, ""))
    if not environment.get(DIRECTORY_VARIABLE) or not (directory / "cloud.db").is_file():
        message = (
            f"There is no simulated cloud in {DIRECTORY_VARIABLE}={environment.get(DIRECTORY_VARIABLE, '')!r}."
            " Start one with `make up`, or work in `make shell`."
        )
        raise ApiError("FAILED_PRECONDITION", message, "noSandbox")
    return directory


def current_caller(cloud: Cloud, environment: Mapping[str, str] = os.environ) -> Caller:
    """The caller that the environment describes.

    Raises:
        ApiError: UNAUTHENTICATED without usable credentials; PERMISSION_DENIED when the impersonation is not allowed.
    """
    caller = Caller(_account(environment.get(CREDENTIALS_VARIABLE, "")))
    target = environment.get(IMPERSONATE_VARIABLE)
    return cloud.impersonate(caller, target) if target else caller


def _account(path: str) -> str:
    try:
        content = json.loads(Path(path).read_text())
        return f"{'user' if content['type'] == 'authorized_user' else 'serviceAccount'}:{content['account']}"
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"Could not find default credentials: {CREDENTIALS_VARIABLE}={path!r} is not a credentials file."
        raise ApiError("UNAUTHENTICATED", message, "unauthenticated") from error
