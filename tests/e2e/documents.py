"""Documents of the repository that are made from the example environment's sandbox."""

from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path


@dataclass(frozen=True)
class Published:
    """Compares a document with what it should say, or writes it.

    Attributes:
        read: the checkout that the tests run in.
        write: the checkout that a person works in.
        update: whether to write instead of comparing.
        test: the file of the test, as pytest takes it.
    """

    read: Path
    write: Path
    update: bool
    test: str

    def is_so(self, file: str, text: str) -> bool:
        """Return whether the document (relative to the checkout) contains exactly this text."""
        return (self.read / file).read_text(encoding="utf-8") == text

    def check(self, file: str, text: str) -> None:
        """Fails the test when the document (relative to the checkout) says something else."""
        if self.update:
            (self.write / file).write_text(text, encoding="utf-8")
            return
        committed = (self.read / file).read_text(encoding="utf-8")
        lines = unified_diff(committed.splitlines(), text.splitlines(), file, "what is so", lineterm="", n=0)
        assert committed == text, (
            f"{file} is out of date; `make test ARGS='{self.test} --update-documents'` writes it\n" + "\n".join(lines)
        )
