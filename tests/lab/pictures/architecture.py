"""Picture of the architecture: the layers with their parts, identities, states and contracts.

`make docs` draws it. Its facts are read from the code where possible; every other part names the file that implements
it, and that file has to exist.
"""

from dataclasses import dataclass
from html import escape

from cli import contracts
from cli.layout import LAYERS
from cli.projects import PROJECTS
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError

FILE = CHECKOUT / ".github" / "guides" / "pictures" / "architecture.svg"

# Parts of each layer, and the file of the layer that implements the part.
PARTS = {
    "identity": {
        "a stack per team": "identity_layer/team/program.py",
        "CI accounts, no keys": "identity_layer/ci_account.py",
        "federation with GitHub": "identity_layer/foundation/federation.py",
        "states and their keys": "identity_layer/foundation/state_store.py",
        "audit logs, alerts": "identity_layer/foundation/alerts.py",
        "deny policy, break-glass": "identity_layer/foundation/deny_policy.py",
    },
    "platform": {
        "network, egress rules": "platform_layer/network/firewall.py",
        "GKE cluster, backups": "platform_layer/cluster/cluster.py",
        "Cloud SQL: a stack apart": "platform_layer/storage/datastore.py",
        "a registry per team": "platform_layer/namespaces/registry.py",
        "namespaces: a stack per team": "platform_layer/namespaces/program.py",
        "quota, RBAC, isolation": "platform_layer/namespaces/network_policies.py",
    },
    "apps": {
        "a stack per app": "entries",
        "web services": "apps_layer/web_service.py",
        "workers": "apps_layer/worker.py",
        "scheduled jobs": "apps_layer/cron_job.py",
        "calls between apps": "apps_layer/traffic.py",
        "public routes": "apps_layer/exposure.py",
    },
}
OWNERS = {"identity": "security team", "platform": "platform team", "apps": "product teams"}
JUDGES = {
    "policy pack": ("policies/policy_pack", "checks resources"),
    "plan gate": ("policies/plan_gate", "checks a plan"),
    "audit": ("policies/audit", "checks all states together"),
}

_WIDTH, _LEFT, _BOX, _GAP = 940, 24, 254, 65
_TOP, _HEIGHT = 92, 278
_INK, _DIM, _PAPER, _EDGE = "#1f2328", "#57606a", "#f6f8fa", "#afb8c1"
_FILLS = {"identity": "#ddf4ff", "platform": "#dafbe1", "apps": "#fff8c5"}
_FONT = "ui-sans-serif, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"


class MissingError(ToolError):
    """A part of the picture has no counterpart in the code."""


@dataclass(frozen=True)
class _Text:
    x: int
    y: int
    words: str
    size: int = 13
    weight: int = 400
    fill: str = _INK
    anchor: str = "start"

    def drawn(self) -> str:
        style = f'font-size="{self.size}" font-weight="{self.weight}" fill="{self.fill}" text-anchor="{self.anchor}"'
        return f'<text x="{self.x}" y="{self.y}" {style}>{escape(self.words)}</text>'


def text() -> str:
    """The picture as SVG. Raises `MissingError` for a part that the code no longer has."""
    height = _TOP + _HEIGHT + 160
    title = "Three layers, each with its own identities, state and key; contracts lead from one to the next"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="{_FONT}">',
            f"<title>{title}</title>",
            # A background of its own, so that it is readable on light and on dark pages.
            f'<rect width="{_WIDTH}" height="{height}" rx="10" fill="#ffffff" stroke="{_EDGE}"/>',
            *_github(),
            *(line for place, layer in enumerate(LAYERS) for line in _layer(place, layer)),
            *(line for place, layer in enumerate(LAYERS[1:]) for line in _contract(place, layer)),
            *_judges(),
            "</svg>\n",
        ]
    )


def _rectangle(x: int, y: int, width: int, height: int, fill: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="{fill}" stroke="{_EDGE}"/>'


def _github() -> list[str]:
    previews, deploys = ".github/workflows/preview.yml", ".github/workflows/deploy.yml"
    _require(previews, deploys)
    words = "GitHub Actions: pull requests preview by read-only identities; the main branch deploys, layer by layer"
    return [
        _rectangle(_LEFT, 20, _WIDTH - 2 * _LEFT, 36, _PAPER),
        _Text(_WIDTH // 2, 43, words, anchor="middle").drawn(),
        *(_arrow(_x(place) + _BOX // 2, 56, _x(place) + _BOX // 2, _TOP) for place in range(len(LAYERS))),
    ]


def _x(place: int) -> int:
    return _LEFT + place * (_BOX + _GAP)


def _layer(place: int, layer: str) -> list[str]:
    _require(*(f"{layer}/{file}" for file in PARTS[layer].values()))
    x = _x(place)
    lines = [
        _rectangle(x, _TOP, _BOX, _HEIGHT, _FILLS[layer]),
        _Text(x + 14, _TOP + 26, f"{layer}/", 17, 600).drawn(),
        _Text(x + _BOX - 14, _TOP + 26, OWNERS[layer], 12, fill=_DIM, anchor="end").drawn(),
    ]
    lines += [_Text(x + 14, _TOP + 50 + 19 * row, f"· {part}").drawn() for row, part in enumerate(PARTS[layer])]
    for row, store in enumerate(PROJECTS[layer].stores):
        account, top = f"{store}-<team>" if PROJECTS[layer].of_apps else store, _TOP + 174 + 36 * row
        lines += [
            _Text(x + 14, top, f"as {account}-preview | -deploy", 12, fill=_DIM).drawn(),
            _Text(x + 14, top + 18, f"state …-state-{store}, key {store}", 12, fill=_DIM).drawn(),
        ]
    return lines


def _contract(place: int, consumer: str) -> list[str]:
    """The arrow to a layer; checks that the layer reads a contract of the one before."""
    readers = {program for contract in contracts.listed().values() for program in contract.consumers}
    producers = {
        producer
        for reader in readers
        if reader.partition("/")[0] == consumer
        for producer in contracts.producers(reader)
    }
    if LAYERS[place] not in {producer.partition("/")[0] for producer in producers}:
        raise MissingError(f"{contracts.FILE} names no contract of {LAYERS[place]} that {consumer} reads")
    left, y = _x(place) + _BOX, _TOP + 90
    return [
        _arrow(left, y, left + _GAP, y),
        _Text(left + _GAP // 2, y - 8, "contract", 12, 600, anchor="middle").drawn(),
    ]


def _arrow(x: int, y: int, to_x: int, to_y: int) -> str:
    across = to_y == y
    head = f"{to_x - 7},{to_y - 4} {to_x - 7},{to_y + 4}" if across else f"{to_x - 4},{to_y - 7} {to_x + 4},{to_y - 7}"
    line = f'<line x1="{x}" y1="{y}" x2="{to_x}" y2="{to_y}" stroke="{_DIM}" stroke-width="1.5"/>'
    return f'{line}<polygon points="{to_x},{to_y} {head}" fill="{_DIM}"/>'


def _judges() -> list[str]:
    """The policies over all layers, and the sandbox."""
    top = _TOP + _HEIGHT + 20
    _require(*(place for place, _ in JUDGES.values()), "tools/sandbox")
    words = "   ·   ".join(f"{name}: {what}" for name, (_, what) in JUDGES.items())
    sandbox = "The same programs run on Google Cloud, and on a laptop in a sandbox that enforces permissions"
    return [
        _rectangle(_LEFT, top, _WIDTH - 2 * _LEFT, 62, _PAPER),
        _Text(_LEFT + 14, top + 26, "policies/", 17, 600).drawn(),
        _Text(_WIDTH - _LEFT - 14, top + 26, "security team", 12, fill=_DIM, anchor="end").drawn(),
        _Text(_LEFT + 14, top + 48, words).drawn(),
        _rectangle(_LEFT, top + 76, _WIDTH - 2 * _LEFT, 40, _PAPER),
        _Text(_WIDTH // 2, top + 101, sandbox, anchor="middle").drawn(),
    ]


def _require(*places: str) -> None:
    missing = [place for place in places if not (CHECKOUT / place).exists()]
    if missing:
        raise MissingError(f"the picture shows files that do not exist: {', '.join(missing)}")
