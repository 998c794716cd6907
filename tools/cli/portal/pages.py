"""The pages: which there are, and what each shows. Templates escape everything that comes from a state or a report."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

from jinja2 import Environment, PackageLoader, StrictUndefined

from cli.cost import Estimate
from cli.history.model import History
from cli.portal import browser_data, drawing
from cli.portal.answers import LATELY, SOON, Answers
from cli.portal.site import Site
from engine import urns

_ASSETS = Path(str(files("cli.portal") / "assets"))
_COMMON = "portal.js"
_STYLES = ("page.css", "lists.css", "parts.css")
# Bytes of the list of access that a page loads, and rows of it without scripts.
LARGEST = 5_000_000
_WITHOUT_SCRIPTS = 1000
_DATABASE = "gcp:sql/databaseInstance:DatabaseInstance"


@dataclass(frozen=True)
class Page:
    """One page: its file and template, what it is called, its scripts beyond the common one, and its data."""

    name: str
    title: str
    scripts: tuple[str, ...] = ()
    data: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """The name of the file."""
        return f"{self.name}.html"


PAGES = (
    Page("index", "Summary"),
    Page("inventory", "Inventory", ("list.js", "views.js", "details.js", "inventory.js"), ("inventory",)),
    Page("map", "Map"),
    Page("access", "Access", ("list.js", "access.js"), ("access",)),
    Page("policies", "Policies"),
    Page("drift", "Drift"),
    Page("history", "History", ("list.js", "views.js", "details.js", "history.js"), ("history",)),
    Page("cost", "Cost"),
)


def build(answers: Answers, folder: Path) -> int:
    """Write the site of the answers into a folder; return its size in bytes.

    Raises `ToolError` when something else is in the folder, or the disk is full.
    """
    site = Site(folder)
    assets = {file.name: site.asset(f"assets/{file.name}", file.read_bytes()) for file in sorted(_ASSETS.iterdir())}
    data = {
        "inventory": browser_data.inventory(site, answers),
        "history": site.data("history", answers.history.model_dump(mode="json", by_alias=True)),
    }
    if _fits(answers.access):
        data["access"] = site.data("access", answers.access)
    environment = _environment()
    for page in PAGES:
        loads = page.scripts and set(page.data) <= data.keys()
        scripts = [assets[name] for name in (_COMMON, *page.scripts)] if loads else []
        shown = {
            "page": page,
            "pages": PAGES,
            "answers": answers,
            "styles": [assets[name] for name in _STYLES],
            "icon": assets["icon.svg"],
            "scripts": scripts,
            "data": [data[key] for key in page.data if loads],
            "deployed": deployed(answers.history),
            "soon": SOON,
            "lately": LATELY,
            **_EXTRA.get(page.name, _nothing)(answers),
        }
        site.page(page.file, environment.get_template(page.file).render(shown))
    return site.write()


def deployed(history: History) -> dict[str, str]:
    """By a stack's title, who deployed it last: of the newest update, which the document has first."""
    found: dict[str, str] = {}
    for update in history.updates:
        title = update.key.rpartition("/")[0]
        found.setdefault(title, update.started_by or (update.author.name if update.author else update.identity))
    return found


def _environment() -> Environment:
    """Everything is escaped, and a name that is not there is an error, not a blank."""
    made = Environment(
        loader=PackageLoader("cli.portal"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Jinja's types know its own filters only.
    cast("dict[str, Callable[..., str]]", made.filters).update({"money": _money, "count": _count})
    return made


def _money(amount: float) -> str:
    return f"{amount:,.2f}"


def _count(number: int, word: str, words: str = "") -> str:
    return f"{number:,} {word if number == 1 else words or f'{word}s'}"


def _nothing(answers: Answers) -> Mapping[str, Any]:
    del answers
    return {}


def _inventory(answers: Answers) -> Mapping[str, Any]:
    kinds: dict[str, int] = {}
    for each in answers.resources:
        kinds[each.type] = kinds.get(each.type, 0) + 1
    return {
        "kinds": sorted(kinds.items(), key=lambda each: (-each[1], each[0])),
        "owners": sorted({each.owner for each in answers.resources if each.owner}),
    }


def _map(answers: Answers) -> Mapping[str, Any]:
    return {"drawing": drawing.draw(answers)}


def _cost(answers: Answers) -> Mapping[str, Any]:
    services: dict[str, float] = {}
    layers: dict[str, float] = {}
    for held in answers.held:
        estimate = answers.estimates[held.stack.title]
        layers[held.stack.project] = layers.get(held.stack.project, 0.0) + estimate.before
        for line in estimate.lines:
            service = _service(line.urn)
            services[service] = services.get(service, 0.0) + line.before
    return {
        "layers": sorted(layers.items(), key=lambda each: -each[1]),
        "largest": max(layers.values(), default=0.0),
        "by_use": _by_use,
        "services": sorted(((name, cost) for name, cost in services.items() if cost), key=lambda each: -each[1]),
    }


def _by_use(estimate: Estimate) -> str:
    """`2 Bucket, Topic`: what is charged by use, by kind."""
    counted = Counter(name.partition(" ")[0] for name in estimate.by_use)
    return ", ".join(f"{count} {kind}" if count > 1 else kind for kind, count in sorted(counted.items()))


def _service(urn: str) -> str:
    """The type's own word for the service: `sql`, `kubernetes`."""
    kind = urns.parse(urn).type
    package, _, rest = kind.partition(":")
    return package if package == "kubernetes" else rest.partition("/")[0]


def _access(answers: Answers) -> Mapping[str, Any]:
    """Lists for the fields of the question, and the grants themselves for a browser without scripts."""
    listing = answers.access
    if not _fits(listing):
        return {"fits": False, "count": len(listing["rows"])}
    direct = [row for row in listing["rows"] if len(row[4]) == 1]
    names = {key: [str(each[0]) for each in listing[key]] for key in ("principals", "roles", "resources")}
    return {
        "fits": True,
        "rows": [
            (names["principals"][who], names["roles"][role], names["resources"][on])
            for who, role, on, *_ in direct[:_WITHOUT_SCRIPTS]
        ],
        "direct": len(direct),
        "gaps": listing["gaps"],
        "people": sorted(names["principals"]),
        "things": sorted(names["resources"]),
        "permissions": sorted(listing["can"]),
        "questions": list(_questions(answers)),
    }


def _fits(listing: Mapping[str, Any]) -> bool:
    """Whether a browser can load all rows; beyond that `make access` answers."""
    return len(json.dumps(listing, separators=(",", ":"))) <= LARGEST


def _questions(answers: Answers) -> Iterator[dict[str, str]]:
    """Questions about what is there, as examples."""
    databases = [each for each in answers.resources if each.type == _DATABASE]
    for each in databases[:1]:
        yield {"can": "cloudsql.instances.delete", "on": each.name, "text": f"who can delete the {each.name} database"}
    for held in [held for held in answers.held if held.stack.is_app][:1]:
        where = f"namespace {held.stack.part}"
        yield {"can": "delete pods", "on": where, "text": f"who can delete pods in {where}"}
        yield {"who": f"account {held.stack.owner()}-deploy", "text": f"what can {held.stack.owner()}-deploy do"}


_EXTRA: dict[str, Callable[[Answers], Mapping[str, Any]]] = {
    "access": _access,
    "inventory": _inventory,
    "map": _map,
    "cost": _cost,
}
