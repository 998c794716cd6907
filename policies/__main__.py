"""Serves the pack to the Pulumi engine. The rules are in policy_pack."""

import sys

from engine import data, messages

messages.import_alone()

try:
    # The modules of the rules read security's data files.
    from policy_pack import acceptances, catalog, server, waivers

    PACK = server.Pack(catalog.RULES, catalog.STACK_RULES, waivers.load(catalog.WAIVABLE), acceptances.load())
except data.DataError as error:
    sys.exit(f"error: {error}")
server.serve(PACK)
