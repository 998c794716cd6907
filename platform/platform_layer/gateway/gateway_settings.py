"""Settings of the Gateway for requests from outside; which app is public is decided with its namespace."""

from typing import Annotated

from platform_layer.kit.configuration import Section
from platform_layer.kit.domains import Domain
from platform_layer.kit.scalars import NothingIfEmpty


class GatewaySettings(Section):
    """The Gateway for requests from outside; a public app is reached at `<app>.<domain>`."""

    domain: Domain


OptionalGateway = Annotated[GatewaySettings | None, NothingIfEmpty]
