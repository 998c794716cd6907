"""Fixtures of all unit tests."""

import os

import pytest

AMBIENT = ("PULUMI_", "GOOGLE_", "GCP_", "CLOUDSDK_", "KUBE")


@pytest.fixture(autouse=True)
def no_ambient_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test sees no set-up of the person who runs it."""
    for name in list(os.environ):
        if name.startswith(AMBIENT):
            monkeypatch.delenv(name)
