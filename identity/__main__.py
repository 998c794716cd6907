"""The identity layer: who may do what in one Google Cloud project.

Three kinds of stacks, each with a program and a state of its own: the foundation, which binds the accounts of CI and is
changed by administrators only; the grants to people, which identity-deploy makes; and a stack for each team that has an
app, which team-deploy deploys. The platform layer and the apps decide what runs in the project.
"""

from importlib import import_module

import pulumi

from identity_layer.stacks import FOUNDATION, TEAM

_STACK = pulumi.get_stack()

if FOUNDATION.runs(_STACK):
    program = "foundation"
elif TEAM.runs(_STACK):
    program = "team"
else:
    program = "daily"
import_module(f"identity_layer.{program}.program").declare()
