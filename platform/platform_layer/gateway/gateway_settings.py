"""Settings of the Gateway for requests from outside; which app is public is decided with its namespace."""

from typing import Annotated

from pydantic import AfterValidator

from platform_layer.kit.configuration import Section
from platform_layer.kit.scalars import Domain, NothingIfEmpty

# https://www.iana.org/assignments/special-use-domain-names, and endings that no registry has: nobody can prove a domain
# there to a public certificate authority.
_NOT_PUBLIC = frozenset(
    ("arpa", "corp", "home", "internal", "invalid", "lan", "local", "localdomain", "localhost", "onion", "test")
)


def _public(value: str) -> str:
    if value.rpartition(".")[2] in _NOT_PUBLIC:
        raise ValueError(
            f"{value!r} is not a name of the public DNS, so Google could issue no certificate and nothing would be "
            "reached from outside; use a domain of yours."
        )
    return value


class GatewaySettings(Section):
    """The Gateway for requests from outside; a public app is reached at `<app>.<domain>`."""

    domain: Annotated[Domain, AfterValidator(_public)]


OptionalGateway = Annotated[GatewaySettings | None, NothingIfEmpty]
