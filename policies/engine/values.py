"""Values that the engine marks: secrets, assets, and values that only an update makes known.

`masked` is the only place in the repository that hides secrets. A marked value of an unknown kind is hidden as well.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

# sdk/go/common/resource/sig: the key that marks an object as a special value, and the kinds of such values.
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105  the engine's mark for a secret, not one
_ASSETS: Final = frozenset({"c44067f5952c0a294b673a41bacd8c17", "0def7320c3a5731c473e5ecbe6d01bc7"})
# sdk/go/common/resource/plugin/rpc.go: a boolean, number, text, list, asset, archive or object that is not known yet.
_UNKNOWN: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
# The engine's own word for a secret, in its event log and in its previews.
HIDDEN: Final = "[secret]"
ASSET: Final = "[asset]"
# Names that only secrets have: a provider may have forgotten to mark one.
_SECRET_NAMES = re.compile(
    r"(root|initial|admin|user)?passwords?|passphrase|private_?keys?|secret_?data(_?wo)?|(access|refresh|bearer|id)?_?tokens?"
    r"|client_?(key|secret)|credentials|service_?account_?key",
    re.IGNORECASE,
)


def is_opaque(value: object) -> bool:
    """Return whether a value is encrypted, or otherwise not reviewable, such as an asset."""
    return isinstance(value, dict) and SIGNATURE in value


def is_unknown(value: object) -> bool:
    """Return whether only an update makes a value known."""
    return isinstance(value, str) and value in _UNKNOWN


def masked(value: Any, name: str = "") -> Any:
    """Mask all secrets in a value, however deep, so that it may be shown.

    Args:
        value: value of a state, a plan or an event.
        name: key of the value; text under a name that only secrets have is masked too.
    """
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        if SIGNATURE in fields:
            return ASSET if fields[SIGNATURE] in _ASSETS else HIDDEN
        return {key: masked(inner, key) for key, inner in fields.items()}
    if isinstance(value, list | tuple):
        return [masked(inner, name) for inner in cast("Iterable[Any]", value)]
    return _text(value, name) if isinstance(value, str) else value


def _text(value: str, name: str) -> str:
    """Mask secrets in a text, which may be a JSON document with secrets in it."""
    if _SECRET_NAMES.fullmatch(name):
        return HIDDEN
    if SIGNATURE not in value:
        return value
    try:
        document = json.loads(value)
    except ValueError:
        return HIDDEN
    return json.dumps(masked(document), ensure_ascii=False)


def leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Yield all values in a document by path; an encrypted value is one."""
    below: Iterable[tuple[object, object]] = ()
    if isinstance(value, dict) and not is_opaque(cast("object", value)):
        below = cast("dict[object, object]", value).items()
    elif isinstance(value, list):
        below = enumerate(cast("list[object]", value))
    inner = list(below)
    if not inner:
        yield path, cast("object", value)
    for key, child in inner:
        yield from leaves(child, f"{path}.{key}" if path else str(key))
