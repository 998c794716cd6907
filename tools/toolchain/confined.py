"""Launcher that replaces itself by a program which, with all that it starts, writes almost no file (Linux, Landlock).

Arguments: the program, its arguments. It is started by path, without any package. The engine starts its language host
this way, and so the program of a layer: what judges the program, its state, its plan and its events are files, and a
program that could write them would decide the verdict on itself. It writes below `.venv` of the folder that it starts
in, where it keeps bytecode, and in a folder for temporary files of its own. It sends no signal to any process that it
did not start, and traces none. Nothing that it does lifts this, not even as root.

https://docs.kernel.org/userspace-api/landlock.html has the numbers of calls, rights and scopes.
"""

import ctypes
import os
import sys

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1
_SET_NO_NEW_PRIVILEGES = 38
_WRITE_FILE, _TRUNCATE = 1 << 1, 1 << 14
# To write a file, to remove a folder or file, and to make anything; then by the version that has it.
_WRITES = _WRITE_FILE | sum(1 << right for right in range(4, 13))
_WRITES_SINCE = {2: 1 << 13, 3: _TRUNCATE}  # to link or move to another folder, to truncate
# Connections to abstract sockets, signals.
_SCOPES_SINCE = 6
_SCOPES = 0b11
_SINK = "/dev/null"
_ENVIRONMENT = ".venv"
_TEMPORARY = "TMPDIR"
_SELF = "PRODFIRST_CONFINED"  # for a host that confines the programs it starts once more, each apart from the others
_NOT_STARTED = 127  # a shell's exit code for it


class ConfinementError(Exception):
    """The kernel refused the confinement; the message says which call."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Version of Landlock in the kernel; 0 where it has none."""
    if sys.platform != "linux":
        return 0
    return max(0, ctypes.CDLL(None).syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION))


def confine(present: int) -> None:
    """Confine this process, and all that it starts from now on.

    Args:
        present: version of Landlock, at least 1.

    Raises:
        ConfinementError: the kernel refused.
    """
    writes = _WRITES | sum(right for since, right in _WRITES_SINCE.items() if since <= present)
    scopes = _SCOPES if present >= _SCOPES_SINCE else 0
    ruleset = _Ruleset(writes, 0, scopes)
    size = ctypes.sizeof(_Ruleset) if scopes else ctypes.sizeof(ctypes.c_uint64)
    handle = _call("landlock_create_ruleset", _CREATE_RULESET, ctypes.byref(ruleset), ctypes.c_size_t(size), 0)
    _allow(handle, _SINK, writes & (_WRITE_FILE | _TRUNCATE))
    if os.path.isdir(_ENVIRONMENT):  # noqa: PTH112  without further modules
        _allow(handle, _ENVIRONMENT, writes)
    os.environ[_TEMPORARY] = _temporary()
    _allow(handle, os.environ[_TEMPORARY], writes)
    if ctypes.CDLL(None).prctl(_SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        raise ConfinementError("prctl")
    _call("landlock_restrict_self", _RESTRICT_SELF, handle, 0)
    os.close(handle)


def _temporary() -> str:
    """Folder for temporary files of all confined programs of this user; others cannot have made it."""
    name = f"prodfirst-programs-{os.getuid()}"
    parent = os.environ.get(_TEMPORARY) or "/tmp"  # noqa: S108  checked below
    folder = parent if parent.endswith(name) else f"{parent}/{name}"
    try:
        os.mkdir(folder, 0o700)  # noqa: PTH102  without further modules
    except FileExistsError:
        found = os.lstat(folder)
        if (found.st_uid, found.st_mode) != (os.getuid(), 0o040700):
            raise ConfinementError(f"{folder} is not a folder of this user alone; remove it") from None
    return folder


def _allow(ruleset: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    _call("landlock_add_rule", _ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(_Beneath(rights, place)), 0)
    os.close(place)


def _call(name: str, number: int, *arguments: object) -> int:
    result: int = ctypes.CDLL(None, use_errno=True).syscall(number, *arguments)
    if result < 0:
        raise ConfinementError(f"{name}: {os.strerror(ctypes.get_errno())}")
    return result


def main(command: list[str]) -> int:
    """Start the program; return an exit code only when it could not be confined or started."""
    present = version()
    try:
        if present:
            confine(present)
            os.environ[_SELF] = os.path.abspath(__file__)  # noqa: PTH100  without further modules
        os.execv(command[0], command)  # noqa: S606  the caller's program
    except ConfinementError as error:
        sys.stderr.write(f"error: programs cannot be kept from writing files here ({error}), so none is run.\n")
    except OSError as error:
        sys.stderr.write(f"error: {command[0]} cannot be started: {error.strerror}\n")
    return _NOT_STARTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
