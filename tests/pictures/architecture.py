"""The picture of the architecture: layers, what they hold, as whom they run, and what they hand over.

`make docs` draws it. What it says is read from the code where the code says it, and everything else names the file that
makes it, which has to be there.
"""

import re
from dataclasses import dataclass
from html import escape

from cli.layout import LAYERS
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError

FILE = CHECKOUT / ".github" / "guides" / "pictures" / "architecture.svg"

# What is in each layer, and the file of the layer that makes it.
PARTS = {
    "identity": {
        "teams, their capabilities": "identity_layer/team.py",
        "CI accounts, no keys": "identity_layer/ci_account.py",
        "ways in from GitHub": "identity_layer/federation.py",
        "states and their keys": "identity_layer/state_store.py",
        "audit logs, alerts": "identity_layer/alerts.py",
        "deny policy, break-glass": "identity_layer/deny_policy.py",
    },
    "platform": {
        "network, what may leave": "platform_layer/firewall.py",
        "GKE cluster, backups": "platform_layer/cluster.py",
        "Cloud SQL, protected": "platform_layer/datastore.py",
        "a registry per team": "platform_layer/registry.py",
        "a namespace per app": "platform_layer/namespace.py",
        "quota, RBAC, isolation": "platform_layer/isolation.py",
    },
    "apps": {
        "a stack per app": "entries",
        "web services": "apps_layer/web_service.py",
        "workers": "apps_layer/worker.py",
        "scheduled jobs": "apps_layer/cron_job.py",
        "whom they may call": "apps_layer/traffic.py",
        "the way to them": "apps_layer/exposure.py",
    },
}
OWNERS = {"identity": "security team", "platform": "platform team", "apps": "product teams"}
JUDGES = {
    "policy pack": ("policies/policy_pack", "what may be declared"),
    "plan gate": ("policies/plan_gate", "what a plan may destroy"),
    "audit": ("policies/audit", "what all states add up to"),
}

_WIDTH, _LEFT, _BOX, _GAP = 940, 24, 254, 65
_TOP, _HEIGHT = 92, 206
_INK, _DIM, _PAPER, _EDGE = "#1f2328", "#57606a", "#f6f8fa", "#afb8c1"
_FILLS = {"identity": "#ddf4ff", "platform": "#dafbe1", "apps": "#fff8c5"}
_FONT = "ui-sans-serif, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"


class MissingError(ToolError):
    """The picture shows something that the code does not have."""


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
    """The picture, as SVG. Raises `MissingError` for what is not so any more."""
    height = _TOP + _HEIGHT + 160
    title = "Three layers, each with its own identities, state and key; contracts lead from one to the next"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="{_FONT}">',
            f"<title>{title}</title>",
            # Paper of its own, so that it is read on a light page and on a dark one.
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
    x, account = _x(place), f"{layer}-<team>" if layer == "apps" else layer
    lines = [
        _rectangle(x, _TOP, _BOX, _HEIGHT, _FILLS[layer]),
        _Text(x + 14, _TOP + 26, f"{layer}/", 17, 600).drawn(),
        _Text(x + _BOX - 14, _TOP + 26, OWNERS[layer], 12, fill=_DIM, anchor="end").drawn(),
    ]
    lines += [_Text(x + 14, _TOP + 50 + 19 * row, f"· {part}").drawn() for row, part in enumerate(PARTS[layer])]
    lines += [
        _Text(x + 14, _TOP + 174, f"as {account}-preview | -deploy", 12, fill=_DIM).drawn(),
        _Text(x + 14, _TOP + 192, f"state …-state-{layer}, key {layer}", 12, fill=_DIM).drawn(),
    ]
    return lines


def _contract(place: int, consumer: str) -> list[str]:
    """The arrow to a layer, named after the secret that it reads."""
    package = f"{consumer}/{consumer}_layer"
    found = re.search(r'^SECRET = "([a-z-]+)"', (CHECKOUT / package / "upstream.py").read_text("utf-8"), re.MULTILINE)
    if found is None or found[1] != f"contract-{LAYERS[place]}":
        raise MissingError(f"{package}/upstream.py does not read the contract of the layer {LAYERS[place]}")
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
    """What judges all layers, and what the whole runs on."""
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
        raise MissingError(f"the picture shows what is not there any more: {', '.join(missing)}")
