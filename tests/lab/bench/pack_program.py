"""Program previewed by the benchmark of the pack: RESOURCES resources, of the kinds in KINDS.

They are registered without a provider, which would only add its own time: the pack sees type, inputs and options
anyway.
"""

import json
import os
from pathlib import Path

import pulumi

KINDS = json.loads(Path(os.environ["KINDS"]).read_text(encoding="utf-8"))

for index in range(int(os.environ["RESOURCES"])):
    kind, inputs = KINDS[index % len(KINDS)]
    pulumi.ComponentResource(kind, f"it-{index}", inputs)
