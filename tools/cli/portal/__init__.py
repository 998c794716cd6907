"""`make portal`: the answers on one page, as a static web site that needs no server.

It owns how things are shown: pages, scripts, and the compact data that the scripts read. What is shown is decided where
it is known: resources by the engine's states, findings by the policies' reports, prices by `cli.cost`, access and
history by the commands of these names. Why it is as it is: decisions/ beside this file.
"""
