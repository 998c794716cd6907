"""Serves the audit's rules to the Pulumi engine; `python -m audit.command` runs them over merged states."""

import sys
from pathlib import Path

# The engine starts this file with its own folder on the path; the rules are in a package beside policy_pack.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from audit import pack, settings
from engine import data
from policy_pack import server, waivers

try:
    RULES = pack.rules()
    NAMES = [rule.name for rule in RULES if not rule.name.startswith("waiver-")]
    PACK = server.Pack((), RULES, waivers.load(NAMES, settings.WAIVERS))
except data.DataError as error:
    sys.exit(f"error: {error}")
server.serve(PACK)
