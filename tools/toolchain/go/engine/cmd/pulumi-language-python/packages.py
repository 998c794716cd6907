"""Print the packages of this environment as JSON, each with whether another one needs it."""

import json
import re
from importlib import metadata


def normalized(name: str) -> str:
    """Return a package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


found = list(metadata.distributions())
needed = {
    normalized(match.group())
    for distribution in found
    for requirement in distribution.requires or []
    if "extra ==" not in requirement and (match := re.match(r"[A-Za-z0-9._-]+", requirement))
}
packages = [
    {"Name": item.name, "Version": item.version, "Needed": normalized(item.name) in needed}
    for item in sorted(found, key=lambda item: normalized(item.name))
]
print(json.dumps(packages))
