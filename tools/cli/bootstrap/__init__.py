"""`make bootstrap`: from an empty project to an identity layer whose state lies in its own bucket.

The bucket of the identity layer is made by that layer, so its first state has to lie elsewhere: in a private folder of
this checkout, from which it moves into the bucket. Which step is next follows from what is there (enabled APIs, the
local state, the state in the bucket), never from a journal, so that any interruption is followed by running it again.

Owns: the order of the steps, the questions to the administrator, the move and its proof, and the empty stacks of the
other layers. Does not own: what is deployed (the layers), and calling the engine (`cli.pulumi.engine`).
"""
