"""The apps layer: one app in one environment, deployed by its team's own identity.

Only wiring: settings, the app's entry, the platform layer's contract, the component for the app's kind.
"""

import pulumi

from apps_layer import cluster, entry, entry_file, settings, upstream
from apps_layer.web_service import WebService, WebServiceArgs


def main() -> None:
    """Declares the stack."""
    stack = settings.load()
    declared = entry_file.load(stack.app)
    if not isinstance(declared, entry.WebService):
        raise entry_file.EntryError(f"entries/{stack.app}.yaml: no component runs the kind {declared.kind!r} yet.")
    platform = upstream.read(stack.project)
    service = WebService(
        stack.app,
        WebServiceArgs(
            entry=declared,
            offer=platform.offer(stack.app, declared.database),
            image=stack.image,
            replicas=stack.replicas,
            database_proxy_image=platform.database_proxy_image,
            provider=cluster.provider(platform.cluster),
        ),
    )
    pulumi.export("url", service.url)


main()
