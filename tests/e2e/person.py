"""Somebody with a set-up of their own, all of it wrong, and none of it to be used."""

import contextlib
import os
import threading
from pathlib import Path

from toolchain import cache


class Person:
    """A home folder with a set-up of one's own, whose files tell when they are opened.

    Each file is a named pipe: a reader waits until the watching thread, which notices it, has served it.
    """

    TRAPS = (
        ".pulumi/credentials.json",
        ".pulumi/config.json",
        ".kube/config",
        ".config/gcloud/application_default_credentials.json",
        ".config/gcloud/configurations/config_default",
    )

    def __init__(self, home: Path) -> None:
        self.home = home
        self.opened: set[str] = set()
        self._ended = threading.Event()
        for name in self.TRAPS:
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            os.mkfifo(home / name)
        self._contents = self.contents()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def contents(self) -> set[str]:
        """Current contents of the home folder."""
        return {str(path.relative_to(self.home)) for path in self.home.rglob("*")}

    @property
    def added(self) -> set[str]:
        """Files that were written since the beginning."""
        return self.contents() - self._contents

    def environment(self) -> dict[str, str]:
        """This process's environment with the person's own, wrong in everything that matters."""
        google = str(self.home / ".config/gcloud")
        return {
            **os.environ,
            "HOME": str(self.home),
            "XDG_CACHE_HOME": str(cache.root().parent),
            "PULUMI_HOME": str(self.home / ".pulumi"),
            "PULUMI_BACKEND_URL": "https://pulumi.invalid",
            "PULUMI_ACCESS_TOKEN": "pul-0000000000000000000000000000000000000000",
            "PULUMI_STACK": "somebody/else",
            "PULUMI_CONFIG_PASSPHRASE": "wrong",
            "KUBECONFIG": str(self.home / ".kube/config"),
            "GOOGLE_APPLICATION_CREDENTIALS": f"{google}/application_default_credentials.json",
            "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT": "stranger@elsewhere.iam.gserviceaccount.com",
            "GOOGLE_PROJECT": "elsewhere",
            "GOOGLE_REGION": "us-central1",
            "CLOUDSDK_CONFIG": google,
            "CLOUDSDK_CORE_PROJECT": "elsewhere",
            "SSL_CERT_FILE": str(self.home / "no-such.pem"),
            # A proxy that nobody answers at.
            **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), "http://127.0.0.1:9"),
        }

    def leave(self) -> None:
        """Stop watching."""
        self._ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        paths = {name: str(self.home / name) for name in self.TRAPS}
        while not self._ended.wait(0.5):  # a reader waits that long
            for name, path in paths.items():
                with contextlib.suppress(OSError):  # nobody reads it
                    os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
                    self.opened.add(name)
