"""`make portal`: the answers on one page, as a static web site that needs no server.

This package owns the presentation: pages, scripts, and the compact data that the scripts read. The content comes from
elsewhere: resources from the engine's states, findings from the policies' reports, prices from `cli.cost`, access and
history from the commands of these names. Decisions are in decisions/ beside this file.
"""
