"""Domains of the public DNS: in form, in Punycode, and registered by somebody.

A domain that nobody can register is found by no check of its form, and at Google only when a certificate or an
organisation is asked for, after the merge. The public suffix list (https://publicsuffix.org/list/) knows every
top-level domain, and the names under which anybody registers others; a newer release of the package has newer ones.
"""

import functools
from typing import Annotated

import idna
from publicsuffixlist import PublicSuffixList
from pydantic import AfterValidator

from .scalars import matching

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
# https://www.rfc-editor.org/rfc/rfc2606#section-3: for documents, and so for tests.
_DOCUMENTED = ("example",)
# https://www.iana.org/assignments/special-use-domain-names: in the list, but nobody's to register.
_SPECIAL = ("arpa", "onion")


@functools.cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)


def _decoded(value: str) -> str:
    for label in value.split("."):
        if label[2:4] != "--":
            continue
        try:
            idna.decode(label)
        except idna.IDNAError as error:
            raise ValueError(
                f"{value!r} has the part {label!r}, which stands for no name in other letters, so no registry has it "
                f"({str(error).rstrip('.')}); correct it."
            ) from error
    return value


def _registered(value: str) -> str:
    last = value.rpartition(".")[2]
    if last in _DOCUMENTED:
        return value
    suffix = None if last in _SPECIAL else _suffixes().publicsuffix(value)
    if suffix is None:
        raise ValueError(
            f"{value!r} is not a name of the public DNS, so nobody can prove to Google or a certificate authority that "
            "it is theirs; use a domain of yours."
        )
    if suffix == value:
        raise ValueError(
            f"{value!r} is a public suffix, under which others register names, so no certificate or organisation can "
            f"be for the whole of it; use a domain of yours, as in example.{value}."
        )
    return value


# https://www.rfc-editor.org/rfc/rfc1035#section-2.3.4: a name of DNS has 253 characters; `<app>.` takes 27 of them.
# Its last part is none of an address in numbers: https://www.rfc-editor.org/rfc/rfc3696#section-2.
Domain = Annotated[
    str,
    *matching(
        rf"(?=.{{1,226}}$)({_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]",
        "a domain in lower case, such as example.com (at most 226 characters, 63 between dots, no hyphen beside a dot)",
    ),
    AfterValidator(_decoded),
    AfterValidator(_registered),
]
