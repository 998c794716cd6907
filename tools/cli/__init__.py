"""The commands behind make.

Owns: the behaviour and output of each command, the environment of every Pulumi process in the sandbox, and the repair
of interrupted updates. Does not own: the tools (`toolchain`), the servers (`sandbox.servers`), the simulated cloud
(`sandbox.cloud`), and the deployed resources (the layers).
"""

import sys
from pathlib import Path

# `engine` is a package of the policies, which are not installed: whoever starts a command puts only tools/ on the path.
# The policies come last, so that none of their modules can take the place of one of the standard library.
sys.path.append(str(Path(__file__).resolve().parents[2] / "policies"))
