"""The identity layer: who may do what in one Google Cloud project.

Two stacks, each with a program and a state of its own: the foundation, which binds identity-deploy and is changed by
administrators only, and daily work, which identity-deploy does. The platform layer and the apps decide what runs in
the project.
"""

from importlib import import_module

import pulumi

from identity_layer.environment import FOUNDATION

import_module(
    "identity_layer.foundation.program" if FOUNDATION.runs(pulumi.get_stack()) else "identity_layer.daily.program"
).declare()
