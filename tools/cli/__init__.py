"""The commands behind make.

Owns: what each command does and shows, the environment of every Pulumi process in the sandbox, and the repair of
interrupted updates. Does not own: the tools (`toolchain`), the servers (`sandbox.servers`), the simulated cloud
(`sandbox.cloud`), and what is deployed (the layers).
"""

import sys
from pathlib import Path

# `engine` is of the policies, which are not installed: whoever starts a command puts only tools/ on the path. Last, so
# that nothing there can take the place of a module of the standard library.
sys.path.append(str(Path(__file__).resolve().parents[2] / "policies"))
