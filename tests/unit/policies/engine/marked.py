"""Values as the engine marks them in a state."""

from typing import Any

CIPHERTEXT = "v1:c2VjcmV0"
MARK = "4dabf18193072939515e22adb298388d"
SECRET: dict[str, Any] = {MARK: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": CIPHERTEXT}
SHOWN: dict[str, Any] = {MARK: "1b47061264138c4ac30d75fd1eb44270", "plaintext": f'"{CIPHERTEXT}"'}
ASSET: dict[str, Any] = {MARK: "c44067f5952c0a294b673a41bacd8c17", "text": "a file"}
ARCHIVE: dict[str, Any] = {MARK: "0def7320c3a5731c473e5ecbe6d01bc7", "path": "a.zip"}
# An output as the engine passes it to programs: no state has one, and what is in it nobody here knows.
OUTPUT: dict[str, Any] = {MARK: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": CIPHERTEXT, "secret": True}
