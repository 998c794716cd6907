"""Encryption of the simulated KMS: AES-256-GCM under a key that only its own simulation can derive.

Every version of every key has a key of its own, derived from one secret of the simulation. A ciphertext names the
version that it was made with and is bound to the version's full name: it decrypts under no other key.
"""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION_BYTES = 4
_NONCE_BYTES = 12


def encrypt(secret: bytes, key: str, version: int, plaintext: bytes, associated: bytes) -> bytes:
    """Returns the ciphertext of `plaintext` under a version of a key.

    Args:
        secret: the secret of the simulation.
        key: the key's full name.
        version: the number of the version.
        plaintext: the data to encrypt.
        associated: additional authenticated data; decryption requires the same.
    """
    nonce = os.urandom(_NONCE_BYTES)
    return (
        version.to_bytes(_VERSION_BYTES) + nonce + _cipher(secret, key, version).encrypt(nonce, plaintext, associated)
    )


def version_of(ciphertext: bytes) -> int:
    """Returns the number of the version that a ciphertext was made with."""
    return int.from_bytes(ciphertext[:_VERSION_BYTES])


def decrypt(secret: bytes, key: str, ciphertext: bytes, associated: bytes) -> bytes | None:
    """Returns the plaintext; None when the ciphertext was not made by this key, or with other associated data."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - as in _cipher

    body = ciphertext[_VERSION_BYTES:]
    try:
        cipher = _cipher(secret, key, version_of(ciphertext))
        return cipher.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], associated)
    except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
        return None


def _cipher(secret: bytes, key: str, version: int) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - few calls of a sandbox encrypt
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415 - as above

    name = f"{key}/cryptoKeyVersions/{version}"
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=name.encode()).derive(secret))
