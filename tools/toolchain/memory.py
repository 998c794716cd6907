"""Memory of Python programs in pages of 2 MB, where Linux and the GNU C library give them.

A program of pulumi_gcp or a run of the tests holds some hundred MB of small objects. In pages of 4 KB each costs a
page fault, and on a virtual machine whose host is busy the processor also finds a page more slowly: there the tests of
a layer take half the time with large pages.
"""

import os
from collections.abc import Mapping
from pathlib import Path

_MODE = Path("/sys/kernel/mm/transparent_hugepage/enabled")
# Python's own allocator asks for 1 MB at a time, which never is a large page; the C library's takes them on request.
# https://www.gnu.org/software/libc/manual/html_node/Memory-Allocation-Tunables.html, since version 2.35.
_VARIABLES = {"PYTHONMALLOC": "malloc", "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
_SINCE = (2, 35)


def large_pages(variables: Mapping[str, str] = os.environ, mode: Path = _MODE) -> dict[str, str]:
    """Environment variables with which a Python program uses large pages; empty where they would not help.

    Args:
        variables: a person's own values win.
        mode: the kernel's file that says when it gives large pages; without them Python's own allocator is faster.
    """
    try:
        given = "[never]" not in mode.read_text()
    except OSError:
        given = False
    if not given or _c_library() < _SINCE:
        return {}
    return {name: variables.get(name, value) for name, value in _VARIABLES.items()}


def _c_library() -> tuple[int, ...]:
    """Version of the GNU C library; (0,) with another."""
    try:
        _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()
        return tuple(int(number) for number in version.split("."))
    except (AttributeError, ValueError):
        return (0,)
