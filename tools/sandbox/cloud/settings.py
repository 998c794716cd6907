"""Settings of the simulated cloud's behaviour: `python -m sandbox.cloud.settings [NAME [VALUE]]`.

Without a value it prints the setting, with a value it sets it, with `--unset` it removes the value. A change takes
effect from the next call on, in every process. Facts of the simulation (the project, the API server's address) are not
offered: people must not change them.
"""

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.cloud import directory, faults, names, policies, propagation
from sandbox.cloud.credentials import open_cloud
from sandbox.cloud.errors import ApiError, invalid
from sandbox.cloud.services import cloudbilling, iam, operations, serviceusage
from sandbox.cloud.store import PROPAGATION_SETTING, Store


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        meaning: its description for people, with the behaviour while it is unset.
        check: raises ApiError for an invalid value.
    """

    meaning: str
    check: Callable[[Store, str], None]


def _seconds_of(name: str) -> Callable[[Store, str], None]:
    def check(store: Store, value: str) -> None:
        del store
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        if not 0 <= seconds < math.inf:
            raise invalid(f"{name} is a number of seconds, 0 or more, not {value!r}; nothing was changed.")

    return check


def _check_number(store: Store, value: str) -> None:
    del store
    if not (value.isascii() and value.isdigit()):
        raise invalid(f"{iam.QUOTA_SETTING} is a number of accounts, 0 or more, not {value!r}; nothing was changed.")


def _check_groups(store: Store, value: str) -> None:
    del store
    if not all("@" in group for group in value.split(",")):
        raise invalid(f"{directory.MISSING_SETTING} is a list of addresses, not {value!r}; nothing was changed.")


def _check_faults(store: Store, value: str) -> None:
    del store
    faults.parse(value, f"The value of '{faults.SETTING}'")


def _false_of(name: str) -> Callable[[Store, str], None]:
    def check(store: Store, value: str) -> None:
        del store
        if value != "false":
            raise invalid(f"The only value of {name} is `false`, not {value!r}; nothing was changed.")

    return check


def _check_text(store: Store, value: str) -> None:
    del store
    if not value.strip():
        raise invalid(f"{operations.ERROR_SETTING} is a message, not an empty text; nothing was changed.")


def _check_project(store: Store, value: str) -> None:
    if store.get(names.project(value)) is None:
        raise invalid(f"There is no project {value!r} in this sandbox; nothing was changed.")


SETTINGS = {
    PROPAGATION_SETTING: Setting(
        "seconds until a changed policy decides; unset: at once, whereas Google takes up to minutes",
        _seconds_of(PROPAGATION_SETTING),
    ),
    propagation.SETTING: Setting(
        "seconds until an enabled API works and a new service agent can be named; unset: at once, whereas Google takes"
        " up to minutes",
        _seconds_of(propagation.SETTING),
    ),
    operations.SETTING: Setting(
        "seconds until an operation says that it is done, though its change took effect; unset: at once",
        _seconds_of(operations.SETTING),
    ),
    operations.ERROR_SETTING: Setting(
        "the error with which operations end, though their changes took effect; unset: they succeed", _check_text
    ),
    faults.SETTING: Setting("faults on the way to the APIs, a JSON list (see faults.py); unset: none", _check_faults),
    cloudbilling.SETTING: Setting(
        "`false`: the project has no billing account; unset: it has one", _false_of(cloudbilling.SETTING)
    ),
    serviceusage.SETTING: Setting(
        "`false`: the project was made by an API, so Service Usage itself is off; unset, as enabling it does: it is on",
        _false_of(serviceusage.SETTING),
    ),
    iam.QUOTA_SETTING: Setting(
        f"service accounts that the project may have; unset: {iam.QUOTA}, as in a new project", _check_number
    ),
    directory.MISSING_SETTING: Setting(
        "groups that do not exist, separated by commas; unset: all of the stack files' exist", _check_groups
    ),
    policies.WORKLOAD_POOL_SETTING: Setting(
        "the project whose workload identity pool is there before its first cluster; unset: none", _check_project
    ),
}


def change(store: Store, name: str, value: str | None) -> None:
    """Sets a setting; None unsets it. New faults count their calls from the beginning.

    Raises:
        ApiError: INVALID_ARGUMENT with the fault; nothing was changed.
    """
    setting = _known(name)
    if value is not None:
        setting.check(store, value)
    with store.transaction():
        if name == faults.SETTING:
            store.remove_settings(faults.COUNTERS)
        if value is None:
            store.remove_setting(name)
        else:
            store.set_setting(name, value)


def _known(name: str) -> Setting:
    if name not in SETTINGS:
        raise invalid(f"There is no setting {name!r}; there are {', '.join(SETTINGS)}.")
    return SETTINGS[name]


def _description(store: Store, name: str) -> str:
    meaning, value = _known(name).meaning, store.setting(name)
    return f"{name}: {'(unset)' if value is None else value}\n    {meaning}"


def main() -> int:
    """Prints or changes settings."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.cloud.settings", description="Settings of the cloud.")
    parser.add_argument("name", nargs="?", metavar="NAME", help=", ".join(SETTINGS))
    parser.add_argument("value", nargs="?", metavar="VALUE", help="what it becomes")
    parser.add_argument("--unset", action="store_true", help="go back to no value")
    arguments = parser.parse_args()
    if arguments.unset and (arguments.name is None or arguments.value is not None):
        parser.error("--unset goes with NAME alone")
    try:
        cloud = open_cloud()
        if arguments.unset or arguments.value is not None:
            change(cloud.store, arguments.name, arguments.value)
        lines = [_description(cloud.store, name) for name in ([arguments.name] if arguments.name else SETTINGS)]
    except ApiError as error:
        print(f"error: {error.message}", file=sys.stderr)
        return 1
    cloud.store.close()
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
