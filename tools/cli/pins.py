"""`make pins`: records the SHA-256 that publishers state for their files, or compares them with what is recorded.

It asks the publishers alone, never a mirror. A publisher that states another digest than it did before has replaced a
released file: that is a finding, and no digest is ever overwritten.
"""

from toolchain import recorded, vendor
from toolchain.errors import ToolError
from toolchain.progress import say, step


def run(*, check: bool) -> int:
    """Record the published digests; with `check` only compare, and return 1 for a difference.

    Raises `ToolError` when a publisher cannot be reached, or states another digest than the recorded one.
    """
    known, published = recorded.digests(), _published()
    changed = [
        f"{file}: recorded is {known[file]}, its publisher now states {digest}"
        for file, digest in published.items()
        if known.get(file, digest) != digest
    ]
    if check:
        differences = changed + [f"{file} is not recorded" for file in published if file not in known]
        differences += [f"{file} is recorded, and no pinned version uses it" for file in known if file not in published]
        for line in differences:
            say(line)
        say(f"{len(differences)} differences between {recorded.NAME} and what is published")
        return 1 if differences else 0
    if changed:
        listed = "\n".join(f"  {line}" for line in changed)
        raise ToolError(
            f"a released file was replaced:\n{listed}\n{recorded.NAME} was left as it is. Ask the publisher why. To "
            "accept the new file, remove its line and run `make pins` again; the security team reviews the change."
        )
    recorded.write(published)
    say(f"{len(published)} files are recorded in {recorded.NAME}; the security team reviews the change")
    return 0


def _published() -> dict[str, str]:
    """Published digests of all files.

    Raises `ToolError` when one of them cannot be had: a record of some files would permit some deployments only.
    """
    digests: dict[str, str] = {}
    problems: list[str] = []
    for release in vendor.releases():
        title = f"{release.name} {release.version}"
        try:
            with step(f"reading the published SHA-256 of {title}"):
                stated = release.published()
        except (OSError, ValueError) as error:
            problems.append(f"{title}: {error}")
            continue
        digests |= stated
        problems += [f"{title}: no SHA-256 is published for {file}" for file in release.files if file not in stated]
    if problems:
        listed = "\n".join(f"  {problem}" for problem in problems)
        raise ToolError(
            f"these could not be recorded, so {recorded.NAME} was left as it is:\n{listed}\nRun `make pins` where "
            "github.com, api.github.com and dl.google.com can be reached. Until then the sandbox works, and no stack "
            "can be deployed."
        )
    return digests
