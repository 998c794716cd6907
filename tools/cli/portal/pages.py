"""Pages of the portal and their content. Templates escape everything that comes from a state or a report."""

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
from engine.text import visible

_ASSETS = Path(str(files("cli.portal") / "assets"))
_COMMON = "portal.js"
_STYLES = ("page.css", "lists.css", "parts.css")
# Most bytes of the access list that a page loads, and most rows of it that are shown without scripts.
LARGEST = 5_000_000
_WITHOUT_SCRIPTS = 1000
_DATABASE = "gcp:sql/databaseInstance:DatabaseInstance"


@dataclass(frozen=True)
class Page:
    """One page: the name of its file and template, its title, its scripts beyond the common one, and its data."""

    name: str
    title: str
    scripts: tuple[str, ...] = ()
    data: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """Name of the file."""
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

    Raises `ToolError` when the folder has other content, or the disk is full.
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
        context = {
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
        site.page(page.file, environment.get_template(page.file).render(context))
    return site.write()


def deployed(history: History) -> dict[str, str]:
    """Last deployer of each stack by the stack's title, from its newest update, which the document lists first."""
    deployers: dict[str, str] = {}
    for update in history.updates:
        title = update.key.rpartition("/")[0]
        deployers.setdefault(title, update.started_by or (update.author.name if update.author else update.identity))
    return deployers


def _environment() -> Environment:
    """Return an environment that escapes every value; an undefined name is an error, not a blank."""
    environment = Environment(
        loader=PackageLoader("cli.portal"),
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Jinja's types know its own filters only.
    cast("dict[str, Callable[..., str]]", environment.filters).update({"money": _money, "count": _count})
    return environment


def _visible(value: Any) -> Any:
    """Return a value for a page, with hidden characters as escapes; markup of the templates stays as it is."""
    return visible(value, kept="\n\t") if type(value) is str else value


def _money(amount: float) -> str:
    return f"{amount:,.2f}"


def _count(number: int, word: str, words: str = "") -> str:
    return f"{number:,} {word if number == 1 else words or f'{word}s'}"


def _nothing(answers: Answers) -> Mapping[str, Any]:
    del answers
    return {}


def _inventory(answers: Answers) -> Mapping[str, Any]:
    types = Counter(resource.type for resource in answers.resources)
    return {
        "kinds": sorted(types.items(), key=lambda count: (-count[1], count[0])),
        "owners": sorted({resource.owner for resource in answers.resources if resource.owner}),
    }


def _map(answers: Answers) -> Mapping[str, Any]:
    return {"drawing": drawing.draw(answers)}


def _cost(answers: Answers) -> Mapping[str, Any]:
    services: dict[str, float] = {}
    layers: dict[str, float] = {}
    for state in answers.states:
        estimate = answers.estimates[state.stack.title]
        layers[state.stack.project] = layers.get(state.stack.project, 0.0) + estimate.before
        for line in estimate.lines:
            service = _service(line.urn)
            services[service] = services.get(service, 0.0) + line.before
    return {
        "layers": sorted(layers.items(), key=lambda cost: -cost[1]),
        "largest": max(layers.values(), default=0.0),
        "by_use": _by_use,
        "services": sorted(((name, amount) for name, amount in services.items() if amount), key=lambda cost: -cost[1]),
    }


def _by_use(estimate: Estimate) -> str:
    """Kinds of resources that are charged by use, with their numbers: `2 Bucket, Topic`."""
    counted = Counter(name.partition(" ")[0] for name in estimate.by_use)
    return ", ".join(f"{count} {kind}" if count > 1 else kind for kind, count in sorted(counted.items()))


def _service(urn: str) -> str:
    """The service of a resource type: `sql`, `kubernetes`."""
    kind = urns.parse(urn).type
    package, _, rest = kind.partition(":")
    return package if package == "kubernetes" else rest.partition("/")[0]


def _access(answers: Answers) -> Mapping[str, Any]:
    """Suggestions for the fields of the question, and the grants for a browser without scripts."""
    listing = answers.access
    if not _fits(listing):
        return {"fits": False, "count": len(listing["rows"])}
    direct = [row for row in listing["rows"] if len(row[4]) == 1]
    names = {key: [str(row[0]) for row in listing[key]] for key in ("principals", "roles", "resources")}
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
    """Return whether a browser can load all rows; for more, the page refers to `make access`."""
    return len(json.dumps(listing, separators=(",", ":"))) <= LARGEST


def _questions(answers: Answers) -> Iterator[dict[str, str]]:
    """Example questions about resources of the environment."""
    databases = [resource.name for resource in answers.resources if resource.type == _DATABASE]
    for name in databases[:1]:
        yield {"can": "cloudsql.instances.delete", "on": name, "text": f"who can delete the {name} database"}
    for state in [state for state in answers.states if state.stack.is_app][:1]:
        namespace = f"namespace {state.stack.part}"
        yield {"can": "delete pods", "on": namespace, "text": f"who can delete pods in {namespace}"}
        yield {"who": f"account {state.stack.owner()}-deploy", "text": f"what can {state.stack.owner()}-deploy do"}


_EXTRA: dict[str, Callable[[Answers], Mapping[str, Any]]] = {
    "access": _access,
    "inventory": _inventory,
    "map": _map,
    "cost": _cost,
}
