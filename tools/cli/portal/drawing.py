"""Layout of the map: stacks in columns by program, contracts between them, and arrows from producers to consumers.

Only positions are decided here; the template draws. The picture has the same content as the tables below it, for
readers who cannot see it.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass

from cli.portal.answers import Answers
from cli.portal.stack_states import StackState

# Up to this number of apps, each app has a box; beyond it, each team has one.
_APPS = 16
_WIDTH, _HEIGHT, _GAP, _COLUMN = 190, 58, 18, 236


@dataclass(frozen=True)
class Box:
    """A box for a stack, a team's stacks or a contract, with its position.

    Attributes:
        kind: `identity`, `platform`, `apps`, or `contract`.
        title: its first line.
        text: its second line.
        link: the page with the details.
        x: distance from the left.
        y: distance from the top.
    """

    kind: str
    title: str
    text: str
    link: str
    x: int
    y: int
    width: int = _WIDTH
    height: int = _HEIGHT

    @property
    def middle(self) -> int:
        """Vertical centre."""
        return self.y + self.height // 2


@dataclass(frozen=True)
class Arrow:
    """An arrow from one box to another."""

    start: Box
    end: Box

    @property
    def path(self) -> str:
        """The curve as SVG path data."""
        left, right = self.start.x + self.start.width, self.end.x - 7
        bend = (left + right) // 2
        start, end = self.start.middle, self.end.middle
        return f"M{left} {start} C{bend} {start} {bend} {end} {right} {end}"


@dataclass(frozen=True)
class Drawing:
    """The whole map and its size."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    width: int
    height: int


def draw(answers: Answers) -> Drawing:
    """Lay out the boxes and arrows of an environment."""
    groups = {program: _groups(answers, program) for program in answers.programs}
    published_by = Counter(contract.producer for contract in answers.contracts)
    rows = max([*map(len, groups.values()), *published_by.values()], default=1)
    height = rows * (_HEIGHT + _GAP) + _GAP
    boxes: list[Box] = []
    arrows: list[Arrow] = []
    by_owner: dict[str, list[Box]] = defaultdict(list)
    contract_boxes: list[tuple[Box, int]] = []
    for column, (program, members_of) in enumerate(groups.items()):
        stacks = _column(members_of, 2 * column * _COLUMN + 1, height)
        boxes += stacks
        for box, (_, members) in zip(stacks, members_of, strict=True):
            by_owner[_accounts(members[0])].append(box)
        published = [number for number, contract in enumerate(answers.contracts) if contract.producer == program]
        top = (height - len(published) * (_HEIGHT + _GAP) + _GAP) // 2
        for row, number in enumerate(published):
            contract = answers.contracts[number]
            text = f"contract, version {contract.version}"
            x, y = (2 * column + 1) * _COLUMN + 1, top + row * (_HEIGHT + _GAP)
            box = Box("contract", contract.secret, text, f"#contract-{contract.name}", x, y)
            contract_boxes.append((box, number))
            boxes.append(box)
            arrows += [Arrow(producer, box) for producer in stacks]
    for box, number in contract_boxes:
        contract = answers.contracts[number]
        readers = [reader for owner, owned in by_owner.items() if contract.read_by(owner) for reader in owned]
        arrows += [Arrow(box, reader) for reader in readers if reader.x > box.x]
    width = max((box.x + box.width for box in boxes), default=0) + 1
    return Drawing(tuple(boxes), tuple(arrows), width, height)


def _groups(answers: Answers, program: str) -> list[tuple[str, list[StackState]]]:
    """Titles and members of a program's boxes: one box per stack, or one per team when there are many stacks."""
    of_program = [state for state in answers.states if state.stack.program == program]
    if len(of_program) <= _APPS:
        return [(state.stack.title, [state]) for state in of_program]
    teams: defaultdict[str, list[StackState]] = defaultdict(list)
    for state in of_program:
        teams[state.owner if state.stack.is_app else state.stack.of_team()].append(state)
    return [(f"{program} of {team}", members) for team, members in sorted(teams.items())]


def _accounts(state: StackState) -> str:
    """Owner of the accounts that run a stack."""
    return f"{state.stack.project}-{state.owner}" if state.stack.is_app else state.stack.owner()


def _column(groups: list[tuple[str, list[StackState]]], x: int, height: int) -> list[Box]:
    top = (height - len(groups) * (_HEIGHT + _GAP) + _GAP) // 2
    return [
        Box(members[0].stack.project, title, _text(members), _link(members), x, top + number * (_HEIGHT + _GAP))
        for number, (title, members) in enumerate(groups)
    ]


def _text(members: list[StackState]) -> str:
    count = sum(len(member.resources) for member in members)
    stacks = f"{len(members)} stacks, " if len(members) > 1 else ""
    return f"{stacks}{count:,} resources, {members[0].owner or 'no owner'}"


def _link(members: list[StackState]) -> str:
    if len(members) > 1:
        return f"inventory.html#layer={members[0].stack.project}&owner={members[0].owner}"
    return f"inventory.html#stack={members[0].stack.title.replace('/', '%2F')}"
