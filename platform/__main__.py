"""The platform layer: what all apps share in one Google Cloud project.

Two stacks, each with a program, accounts and a state of its own: network and cluster, and the datastores. The identity
layer decides who may do what in the project, and the apps decide what they run.
"""

from importlib import import_module

import pulumi

from platform_layer.environment import STORAGE

# By name: the program with the datastores loads nothing of the cluster.
import_module(
    "platform_layer.storage.program" if STORAGE.runs(pulumi.get_stack()) else "platform_layer.program"
).declare()
