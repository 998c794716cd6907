"""`make bootstrap`: from an empty project to a foundation whose state is in its own bucket.

The foundation makes its own bucket, so its first state has to be elsewhere: in a private folder of this checkout,
from which it moves into the bucket. The next step follows from what exists (enabled APIs, the local state, the state in
the bucket), never from a journal, so that running the command again continues after any interruption.

Owns: the order of the steps, the questions to the administrator, the move and its proof, and the empty stacks of the
other layers. Does not own: what is deployed (the layers), and calling the engine (`cli.pulumi.engine`).
"""
