"""The map as a picture: the layers in columns, their contracts between them, and who hands what to whom.

Only places are decided here; the template draws. The picture has the same content as the tables below it, in which
everything can be read without seeing it.
"""

from collections import defaultdict
from dataclasses import dataclass

from cli.portal.answers import Answers
from cli.portal.held import Held

# So many apps have a box each; of more, a box is a team's.
_APPS = 16
_WIDTH, _HEIGHT, _GAP, _COLUMN = 190, 58, 18, 236


@dataclass(frozen=True)
class Box:
    """A stack, a team's stacks or a contract, and where it is.

    Attributes:
        kind: `identity`, `platform`, `apps`, or `contract`.
        title: its first line.
        text: its second line.
        link: the page that tells more.
        x: from the left.
        y: from the top.
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
        """Of its height."""
        return self.y + self.height // 2


@dataclass(frozen=True)
class Arrow:
    """From one box to another."""

    start: Box
    end: Box

    @property
    def path(self) -> str:
        """A curve, in the language of SVG."""
        left, right = self.start.x + self.start.width, self.end.x - 7
        bend = (left + right) // 2
        start, end = self.start.middle, self.end.middle
        return f"M{left} {start} C{bend} {start} {bend} {end} {right} {end}"


@dataclass(frozen=True)
class Drawing:
    """All of it, and its size."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    width: int
    height: int


def draw(answers: Answers) -> Drawing:
    """The boxes and arrows of an environment."""
    groups = {layer: _groups(answers, layer) for layer in answers.layers}
    rows = max((len(each) for each in groups.values()), default=1)
    height = rows * (_HEIGHT + _GAP) + _GAP
    boxes: list[Box] = []
    arrows: list[Arrow] = []
    by_owner: dict[str, list[Box]] = defaultdict(list)
    contract_boxes: list[tuple[Box, int]] = []
    for column, layer in enumerate(answers.layers):
        made = _column(layer, groups[layer], 2 * column * _COLUMN + 1, height)
        boxes += made
        for box, (_, members) in zip(made, groups[layer], strict=True):
            by_owner[_accounts(members[0])].append(box)
        for number, contract in enumerate(answers.contracts):
            if contract.producer == layer:
                text = f"contract, version {contract.version}"
                x = (2 * column + 1) * _COLUMN + 1
                box = Box("contract", contract.secret, text, f"#contract-{layer}", x, (height - _HEIGHT) // 2)
                contract_boxes.append((box, number))
                boxes.append(box)
                arrows += [Arrow(each, box) for each in made]
    for box, number in contract_boxes:
        contract = answers.contracts[number]
        readers = [each for owner, found in by_owner.items() if contract.read_by(owner) for each in found]
        arrows += [Arrow(box, each) for each in readers if each.x > box.x]
    width = max((box.x + box.width for box in boxes), default=0) + 1
    return Drawing(tuple(boxes), tuple(arrows), width, height)


def _groups(answers: Answers, layer: str) -> list[tuple[str, list[Held]]]:
    """The boxes of a layer: a stack each, or a team's stacks when there are many."""
    of_layer = [held for held in answers.held if held.stack.project == layer]
    if len(of_layer) <= _APPS:
        return [(held.stack.title, [held]) for held in of_layer]
    teams: defaultdict[str, list[Held]] = defaultdict(list)
    for held in of_layer:
        teams[held.owner].append(held)
    return [(f"{layer} of {team}", found) for team, found in sorted(teams.items())]


def _accounts(held: Held) -> str:
    """Whose accounts run the stack: the layer's, or of an app its team's."""
    return f"{held.stack.project}-{held.owner}" if held.stack.is_app else held.stack.project


def _column(layer: str, groups: list[tuple[str, list[Held]]], x: int, height: int) -> list[Box]:
    top = (height - len(groups) * (_HEIGHT + _GAP) + _GAP) // 2
    return [
        Box(layer, title, _text(members), _link(members), x, top + number * (_HEIGHT + _GAP))
        for number, (title, members) in enumerate(groups)
    ]


def _text(members: list[Held]) -> str:
    count = sum(len(each.resources) for each in members)
    stacks = f"{len(members)} stacks, " if len(members) > 1 else ""
    return f"{stacks}{count:,} resources, {members[0].owner or 'no owner'}"


def _link(members: list[Held]) -> str:
    if len(members) > 1:
        return f"inventory.html#layer={members[0].stack.project}&owner={members[0].owner}"
    return f"inventory.html#stack={members[0].stack.title.replace('/', '%2F')}"
