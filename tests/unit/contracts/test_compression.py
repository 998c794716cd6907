"""A contract too large for a secret is compressed by its producer, and read by its consumer as any other."""

import base64
import gzip
import hashlib
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pulumi
import pytest

from apps_layer.kit import consumer as apps_consumer
from apps_layer.upstream import NAMESPACES
from identity_layer.kit import producer as identity_producer
from platform_layer.kit import consumer as platform_consumer
from platform_layer.kit import producer as platform_producer
from platform_layer.namespaces.upstream import TEAM
from unit import contract_documents
from unit.pulumi_mocks import Document


class Handover(NamedTuple):
    """A contract's example, who writes it and who reads it."""

    example: Callable[[], Document]
    write: Callable[[Document], str]
    read: Callable[[str], Any]
    too_large: type[pulumi.RunError]
    malformed: type[pulumi.RunError]


HANDOVERS = {
    "team to namespaces": Handover(
        contract_documents.team,
        identity_producer.payload,
        TEAM.parse,
        identity_producer.TooLargeError,
        platform_consumer.ContractError,
    ),
    "namespaces to apps": Handover(
        contract_documents.namespaces,
        platform_producer.payload,
        NAMESPACES.parse,
        platform_producer.TooLargeError,
        apps_consumer.ContractError,
    ),
}
SECRET = 65536  # bytes; https://cloud.google.com/secret-manager/quotas


@pytest.fixture(params=HANDOVERS)
def handover(request: pytest.FixtureRequest) -> Handover:
    return HANDOVERS[request.param]


def many(document: Document, number: int) -> Document:
    """A contract for so many apps whose names have nothing in common."""
    for name in (hashlib.sha256(str(index).encode()).hexdigest()[:20] for index in range(number)):
        document["apps"][name] = json.loads(json.dumps(document["apps"]["storefront"]).replace("storefront", name))
    return document


def test_a_contract_that_fits_is_written_for_people_to_read(handover: Handover) -> None:
    document = handover.example()

    assert json.loads(handover.write(document)) == document


def test_one_that_does_not_fit_is_compressed_always_alike_and_read_as_it_was(handover: Handover) -> None:
    document = many(handover.example(), 500)

    written = handover.write(document)

    assert len(json.dumps(document)) > SECRET >= len(written)
    assert json.loads(gzip.decompress(base64.b64decode(written))) == document
    assert set(handover.read(written).apps) == set(document["apps"])
    assert handover.write(document) == written


def test_one_that_does_not_fit_even_so_is_refused_with_its_size_and_a_remedy(handover: Handover) -> None:
    with pytest.raises(handover.too_large, match=r"has \d{5,6} bytes for 400[12] apps, compressed, and .* takes 65536"):
        handover.write(many(handover.example(), 4000))


def test_a_thousand_apps_fit(handover: Handover) -> None:
    assert len(handover.write(many(handover.example(), 1000))) <= SECRET


@pytest.mark.parametrize(("start", "end", "instead"), [(-40, None, ""), (200, 204, "AAAA")], ids=["cut", "altered"])
def test_a_compressed_contract_that_was_cut_off_or_altered_is_malformed(
    handover: Handover, start: int, end: int | None, instead: str
) -> None:
    written = handover.write(many(handover.example(), 500))
    harmed = written[:start] + instead + (written[end:] if end else "")

    with pytest.raises(handover.malformed, match=r"is malformed; .*\n.*compressed, and was cut off or altered"):
        handover.read(harmed)
