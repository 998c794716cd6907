"""ACCESS.md says what the code says."""

from identity_layer import document
from unit.pulumi_mocks import ROOT


def test_the_document_is_what_the_code_makes() -> None:
    remedy = "run `.venv/bin/python -m identity_layer.document > ACCESS.md` in identity/"
    assert (ROOT / "identity" / "ACCESS.md").read_text() == document.text(), remedy
