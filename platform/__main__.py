"""The platform layer: what all apps share in one Google Cloud project, and each team's part of it.

Three kinds of stacks, each with a program, accounts and a state of its own: network and cluster, the datastores, and
for each team the namespaces of its apps. The identity layer decides who may do what in the project, and the apps decide
what they run.
"""

from importlib import import_module

import pulumi

from platform_layer.stacks import NAMESPACES, STORAGE

PROGRAMS = {STORAGE: "platform_layer.storage.program", NAMESPACES: "platform_layer.namespaces.program"}

# By name: the program with the datastores loads nothing of the cluster.
import_module(
    next((program for part, program in PROGRAMS.items() if part.runs(pulumi.get_stack())), "platform_layer.program")
).declare()
