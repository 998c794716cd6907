"""The envelope of a contract: the secret that carries it, and its payload.

A payload is JSON for people to read. One that a secret has no room for is gzip in base64
(platform/decisions/0008-a-large-contract-is-compressed.md).
"""

import base64
import zlib

# https://cloud.google.com/secret-manager/quotas
LARGEST_PAYLOAD = 64 * 1024
_COMPRESSED = "H4sI"  # the beginning of gzip, in base64
_GZIP = 31  # zlib's name for its largest window in gzip's format


def secret_id(contract: str, team: str = "") -> str:
    """ID of the secret that carries the contract of a name, or a team's contract of that name."""
    return f"contract-{contract}-{team}" if team else f"contract-{contract}"


def packed(text: str) -> str:
    """Payload of a document; it may still be larger than LARGEST_PAYLOAD."""
    if len(text.encode()) <= LARGEST_PAYLOAD:
        return text
    # Of the two functions that gzip, this one writes neither the time nor the name of the system.
    return base64.b64encode(zlib.compress(text.encode(), 9, wbits=_GZIP)).decode()


def unpacked(payload: str) -> str:
    """Document of a payload.

    Raises:
        ValueError: the payload is compressed, and was cut off or altered.
    """
    if not payload.startswith(_COMPRESSED):
        return payload
    try:
        return zlib.decompress(base64.b64decode(payload), wbits=_GZIP).decode()
    except (ValueError, zlib.error):
        raise ValueError("it is compressed, and was cut off or altered") from None
