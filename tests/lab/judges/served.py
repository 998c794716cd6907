"""Serves the five rules alone as the pack is served, so that the pack's own cost can be compared with other judges."""

from lab.judges.five import NAMES
from policy_pack import catalog, server, waivers

if __name__ == "__main__":
    rules = [rule for rule in catalog.RULES if rule.name in NAMES]
    server.serve(server.Pack(rules, (), waivers.Waivers([], waivers.today())))
