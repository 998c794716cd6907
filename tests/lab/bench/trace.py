"""Split of a preview's time, from the engine's own trace (`pulumi --otel-traces`).

The trace has a span for each call between the engine, the program, the plugins and the pack. Spans overlap, so each
moment counts once, for the first kind in `KINDS` with a span over it.
"""

import itertools
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KINDS: Sequence[str] = ("policies", "plugins", "plugins' start", "registrations", "imports", "pack's start", "engine")

_PROGRAM = "pulumirpc.LanguageRuntime/Run"
_REGISTRATION = "pulumirpc.ResourceMonitor/Register"
_CALLS = {"pulumirpc.Analyzer/": "policies", "pulumirpc.ResourceProvider/": "plugins"}
_STARTS = {"analyzer": "pack's start", "resource": "plugins' start"}


@dataclass(frozen=True)
class Span:
    """A span of a trace: its name, its beginning and end in nanoseconds, and the kind of plugin that it starts."""

    name: str
    begin: int
    end: int
    plugin: str = ""


def read(file: Path) -> list[Span]:
    """All spans of a trace; each line of the file is a batch of them."""
    batches = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
    return [
        _span(span)
        for batch in batches
        for resource in batch["resourceSpans"]
        for scope in resource["scopeSpans"]
        for span in scope["spans"]
    ]


def _span(span: Mapping[str, Any]) -> Span:
    attributes = {each["key"]: each["value"].get("stringValue", "") for each in span.get("attributes", [])}
    plugin = attributes.get("kind", "") if span["name"] == "newPlugin" else ""
    return Span(span["name"], int(span["startTimeUnixNano"]), int(span["endTimeUnixNano"]), plugin)


def split(spans: Sequence[Span]) -> dict[str, float]:
    """Seconds of each kind; together they are the time from the first to the last span."""
    kinds = list(_kinds(spans))
    changes = sorted(
        [*((span.begin, 1, kind) for kind, span in kinds), *((span.end, -1, kind) for kind, span in kinds)]
    )
    seconds = dict.fromkeys(KINDS, 0.0)
    open_spans = Counter[str]()
    for (begin, change, kind), (end, _, _) in itertools.pairwise(changes):
        open_spans[kind] += change
        seconds[next((kind for kind in KINDS if open_spans[kind]), "engine")] += (end - begin) / 1e9
    return seconds


def _kinds(spans: Sequence[Span]) -> Iterable[tuple[str, Span]]:
    """Spans by kind: until its first registration the program imports, from then on it registers."""
    registered = min((span.begin for span in spans if span.name.startswith(_REGISTRATION)), default=None)
    for span in spans:
        if span.name == _PROGRAM:
            turn = span.end if registered is None else min(registered, span.end)
            yield "imports", Span(span.name, span.begin, turn)
            yield "registrations", Span(span.name, turn, span.end)
        elif span.plugin in _STARTS:
            yield _STARTS[span.plugin], span
        else:
            yield next((kind for call, kind in _CALLS.items() if span.name.startswith(call)), "engine"), span
