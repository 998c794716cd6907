"""Writes a run in every format."""

from pathlib import Path

from reports.finding import Run
from reports.junit import junit
from reports.markdown import markdown
from reports.sarif import sarif

_FORMATS = {".sarif": sarif, ".junit.xml": junit, ".md": markdown}


def write(run: Run, folder: Path, name: str) -> list[Path]:
    """Write `<name>.sarif`, `<name>.junit.xml` and `<name>.md` into a folder, which is created; return the files.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for suffix, form in _FORMATS.items():
        file = folder / f"{name}{suffix}"
        file.write_text(form(run), encoding="utf-8")
        files.append(file)
    return files
