"""Answers as tables, on a terminal and in Markdown."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table
from rich.text import Text

from access.answers import ACT_AS as _ACT_AS
from access.answers import Line
from access.difference import Change
from access.questions import Question
from iam import names
from iam.decide import Access
from iam.document import Binding, Grant, Principal, Verdict
from reports.markdown import escaped
from reports.terminal import console

_WORDS = {
    Verdict.YES: "yes",
    Verdict.MAYBE: "if the request fits",
    Verdict.PART: "in part of it",
    Verdict.NO: "refused",
}
_STYLES = {Verdict.YES: "green", Verdict.MAYBE: "yellow", Verdict.PART: "yellow", Verdict.NO: "red"}
_HEADER = ("who", "may", "on", "", "by")
_READS = re.compile(r"^(get|list|watch) |\.(get\w*|list)$")
_LONGEST = 8  # permissions in one cell; JSON has them all
_MANY = 3  # permissions of a pattern in a heading
# Kinds that an overview omits: Google's own agents are many, and the same in every project.
_LEFT_OUT = ("agent", "public", "other")


@dataclass(frozen=True)
class Section:
    """Table with its title."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    verdicts: tuple[Verdict, ...] = ()


def answer(access: Access, question: Question, lines: Iterable[Line]) -> Iterator[Section]:
    """Yield up to three tables of lines: direct access, access by acting as another principal, refusals."""
    every = sorted(lines, key=lambda line: (-line.verdict.rank, line.who, line.on, line.what))
    parts = {
        "Directly": [line for line in every if not line.indirect and line.verdict is not Verdict.NO],
        "By acting as another principal": [line for line in every if line.indirect],
        "Refused, though granted": [line for line in every if not line.indirect and line.verdict is Verdict.NO],
    }
    for title, listed in parts.items():
        if title.startswith("By") and question.can is None and question.on is None:
            others = [line for line in listed if line.what.startswith(_ACT_AS)]
            rows = [(*_row(access, line), _holdings(access, line)) for line in others]
            yield from _section(title, (*_HEADER, "which holds"), rows, others, question)
        else:
            yield from _section(title, _HEADER, [_row(access, line) for line in listed], listed, question)


def _section(
    title: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]], lines: Sequence[Line], question: Question
) -> Iterator[Section]:
    """Yield a table, without columns that would repeat the question in every row."""
    given = (question.who is not None, question.can is not None and len(question.can) == 1, question.on is not None)
    kept = [column for column in range(len(header)) if column >= len(given) or not given[column]]
    if rows:
        cells = tuple(tuple(row[column] for column in kept) for row in rows)
        verdicts = tuple(line.verdict for line in lines)
        yield Section(title, tuple(header[column] for column in kept), cells, verdicts)


def _row(access: Access, line: Line) -> tuple[str, ...]:
    what = f"{line.what} ({_counted(line.permissions, 'permission')})" if line.permissions else line.what
    resource = access.resources[line.on].name if line.on in access.resources else line.on
    return _who(access, line.who), what, resource, _WORDS[line.verdict], "\n→ ".join(line.path)


def _holdings(access: Access, line: Line) -> str:
    name = line.what.removeprefix(_ACT_AS)
    target = next(principal.id for principal in access.document.principals if principal.name == name)
    return "\n".join([*_roles(access, target), *_bound(access, target)])


def _who(access: Access, principal: str) -> str:
    known = access.principals.get(principal)
    return f"{known.name}{_people(access, known)}" if known else principal


def _people(access: Access, known: Principal) -> str:
    """Return the members of a group in parentheses; empty for any other principal."""
    if known.kind != "group" or "@" not in known.id:
        return ""
    if known.members is None:
        return "\n(its people are not known)"
    people = [access.principals[member].name for member in known.members if member in access.principals]
    return f"\n({', '.join(name.removeprefix('person ') for name in people) or 'nobody is in it'})"


def overview(access: Access) -> Section:
    """Return all principals, with their roles and the principals that they can act as."""
    rows: list[tuple[str, ...]] = []
    for principal in access.document.principals:
        if principal.kind not in _LEFT_OUT:
            own = [*_roles(access, principal.id), *_bound(access, principal.id)]
            targets = [_plain(access, edge.target) for edge in access.edges_by_source.get(principal.id, ())]
            groups = [_plain(access, group) for group in principal.is_in if access.principals[group].kind == "group"]
            holds = "\n".join([*own, *(f"what {group} holds" for group in groups)])
            if holds or targets:
                rows.append((_who(access, principal.id), holds, "\n".join(dict.fromkeys(targets))))
    return Section("", ("who", "holds", "can act as"), tuple(rows))


def _roles(access: Access, principal: str) -> Iterator[str]:
    by_resource: dict[str, list[str]] = {}
    for grant in access.grants_of.get(principal, ()):
        bound = " (conditional)" if grant.condition else ""
        resource = access.resources[grant.resource].name
        by_resource.setdefault(resource, []).append(f"{names.short_role(grant.role)}{bound}{_out_of_band(grant)}")
    for resource in sorted(by_resource, key=lambda name: (name != "project", name)):
        yield f"{resource}: {', '.join(sorted(set(by_resource[resource])))}"


def _bound(access: Access, principal: str) -> Iterator[str]:
    for binding in access.bindings_of.get(principal, ()):
        where = f"namespace {binding.namespace}" if binding.namespace else "cluster"
        yield f"{where}: {binding.role.partition(' ')[2].rpartition('/')[2]}{_out_of_band(binding)}"


def _out_of_band(given: Grant | Binding) -> str:
    return "" if given.declared else " (undeclared)"


def _plain(access: Access, principal: str) -> str:
    return access.principals[principal].name if principal in access.principals else principal


def difference(changes: Sequence[Change]) -> Section:
    """Return gains and losses as a table."""
    signs = {"gained": ("+", Verdict.YES), "lost": ("-", Verdict.NO)}
    rows = tuple(
        (signs[change.change][0], change.who, _listed(change.what), change.on, change.by) for change in changes
    )
    return Section("", ("", "who", "what", "on", "by"), rows, tuple(signs[change.change][1] for change in changes))


def _listed(what: Sequence[str]) -> str:
    """Return the first permissions of many, the reading ones last: a reader looks for permissions to change."""
    ordered = sorted(what, key=lambda text: (_READS.search(text) is not None, text))
    more = f"\nand {len(what) - _LONGEST} more" if len(what) > _LONGEST else ""
    return "\n".join(ordered[:_LONGEST]) + more


def compared(changes: Sequence[Change]) -> str:
    """Return the number of principals that gained and lost access, in words."""
    if not changes:
        return "nobody gained or lost anything"
    counted = [
        f"{_counted(len({change.who for change in changes if change.change == word}), 'principal')} {word} something"
        for word in ("gained", "lost")
    ]
    return ", ".join(counted)


def heading(access: Access, question: Question, lines: Sequence[Line]) -> str:
    """Return the question with its short answer."""
    who = _plain(access, question.who) if question.who else ""
    where = f" on {access.resources[question.on].name}" if question.on else ""
    if question.can is None:
        return f"what {who} has{where}" if question.who else f"who has what{where}"
    what = ", ".join(action.text for action in question.can[:_MANY])
    what = f"{what} and more" if len(question.can) > _MANY else what
    has, lacks = ("can", "cannot") if question.can[0].request else ("has", "does not have")
    able = {line.who: line.verdict for line in sorted(lines, key=lambda line: line.verdict.rank)}
    allowed = [verdict for verdict in able.values() if verdict is not Verdict.NO]
    if question.who:
        limited = "" if Verdict.YES in allowed else ", within limits,"
        return f"{who} {has}{limited} {what}{where}" if allowed else f"{who} {lacks} {what}{where}"
    counted = _counted(len(allowed), "principal") if allowed else "nobody"
    return f"{counted} {has if len(allowed) < 2 else 'can' if has == 'can' else 'have'} {what}{where}"


def on_terminal(title: str, sections: Sequence[Section], gaps: Iterable[str]) -> None:
    """Print tables, then the unknown facts."""
    out = console()
    if title:
        out.print(Text(title, style="bold"), soft_wrap=True)
    for section in sections:
        table = Table(title=section.title or None, title_justify="left", box=box.SIMPLE_HEAD, show_lines=True)
        for column in section.header:
            table.add_column(column, overflow="fold")
        for number, row in enumerate(section.rows):
            style = _STYLES[section.verdicts[number]] if section.verdicts else ""
            table.add_row(
                *(Text(cell, style if column == "" else "") for column, cell in zip(section.header, row, strict=True))
            )
        out.print(table)
    for gap in gaps:
        out.print(Text(f"not known: {gap}", style="yellow"), soft_wrap=True)


def as_markdown(title: str, sections: Sequence[Section], gaps: Iterable[str]) -> str:
    """Return tables and unknown facts in Markdown."""
    parts = [f"**{escaped(title)}**", ""] if title else []
    for section in sections:
        if section.title:
            parts += [f"### {section.title}", ""]
        parts += [f"| {' | '.join(section.header)} |", f"|{'---|' * len(section.header)}"]
        for row in section.rows:
            cells = ("<br>".join(escaped(line) for line in cell.splitlines()) for cell in row)
            parts.append(f"| {' | '.join(cells)} |")
        parts.append("")
    parts += [f"- not known: {escaped(gap)}" for gap in gaps]
    return "\n".join(parts).rstrip()


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
