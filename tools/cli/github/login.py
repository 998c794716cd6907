"""Sign-in to Google Cloud as the job of a workflow, without a key: Workload Identity Federation.

The credentials file has the addresses at which GitHub issues the job's token and Google exchanges it; its only secret
is the job's own request token, which ends with the job. Google's libraries fetch a new token when one
ends, so that a long deployment outlives the ten minutes of a federated token.
https://google.aip.dev/auth/4117, https://docs.github.com/en/actions/reference/security/oidc
"""

import json
import os
import secrets
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

from cli.github.job import Job
from cli.layout import ALL, Choice, Stack, federation, stacks
from toolchain.errors import ToolError
from toolchain.files import write_whole

_REQUEST = ("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
_CREDENTIALS = "GOOGLE_APPLICATION_CREDENTIALS"


def is_job(job: Job) -> bool:
    """Return whether this process is a job that may request a token of its own from GitHub."""
    return all(job.environment.get(name) for name in _REQUEST)


def sign_in(stack: Stack, account: str | None = None) -> None:
    """Sign in this process and its children to Google Cloud as the job, or as an account that the job may use.

    Outside of a job of GitHub, and after an earlier sign-in, nothing happens: people have logins.

    Args:
        stack: a stack of the environment to sign in to.
        account: e-mail address of the service account; without one the process acts as the job itself, which can then
            impersonate each of its accounts, for an hour at a time.
    """
    job = Job()
    if is_job(job) and _CREDENTIALS not in job.environment:
        os.environ[_CREDENTIALS] = str(credentials(job, stack, account))


@contextmanager
def signed_in(stack: Stack) -> Generator[None]:
    """Sign in a job as itself to the environment of a stack for a while: a command that reads several environments."""
    job = Job()
    if not is_job(job) or _CREDENTIALS in job.environment:
        yield
        return
    os.environ[_CREDENTIALS] = str(credentials(job, stack))
    try:
        yield
    finally:
        del os.environ[_CREDENTIALS]


def sign_in_to_look(environment: str, choice: Choice = ALL) -> None:
    """Sign in a job for a command that reads stacks of an environment, narrowed to a choice.

    Stacks of one owner are read entirely as that owner's account, including the cluster's API. For stacks of several
    owners, each read as its own account, the job signs in as itself.
    """
    if not is_job(Job()):
        return
    chosen = stacks(environment, choice)
    alone = len({stack.owner() for stack in chosen}) == 1
    sign_in(chosen[0], chosen[0].account("preview") if alone else None)


def credentials(job: Job, stack: Stack, account: str | None = None) -> Path:
    """Write the file with which Google's libraries sign in, and return its path."""
    provider = f"//iam.googleapis.com/{federation(stack.environment)}"
    address, token = (job.get(name) for name in _REQUEST)
    if urlsplit(address).scheme not in ("https", "http"):
        raise ToolError(f"{_REQUEST[0]} is no address, so this job cannot sign in. Nothing was started.")
    joint = "&" if urlsplit(address).query else "?"
    content: dict[str, object] = {
        "type": "external_account",
        "audience": provider,
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": {
            "url": f"{address}{joint}audience={quote(f'https:{provider}', safe='')}",
            "headers": {"Authorization": f"bearer {token}"},
            "format": {"type": "json", "subject_token_field_name": "value"},
        },
    }
    if account:
        url = f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account}:generateAccessToken"
        content["service_account_impersonation_url"] = url
    file = job.temp / f"google-{secrets.token_hex(8)}.json"
    write_whole(file, json.dumps(content) + "\n")
    return file
