"""CRC32C, by which Google's clients find out that data was damaged on the way (https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4)."""

from functools import cache

from sandbox.cloud.errors import invalid

_POLYNOMIAL = 0x82F63B78


def crc32c(data: bytes) -> int:
    """Returns the checksum of some data."""
    table, value = _table(), 0xFFFFFFFF
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


def check(data: bytes, checksum: object, field: str) -> bool:
    """Returns whether a caller gave a checksum.

    Raises:
        ApiError: INVALID_ARGUMENT when it is not the checksum of the data.
    """
    if checksum is None:
        return False
    if str(checksum) != str(crc32c(data)):
        raise invalid(f"The checksum in field {field} did not match the data in the request.")
    return True


@cache
def _table() -> tuple[int, ...]:
    table: list[int] = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return tuple(table)
