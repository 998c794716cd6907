"""`make compare`: compare the declarations of two environments for unintended differences.

Each layer's program runs for both, in the recording double of the engine that the unit tests use: no cloud, no state
and no credentials. So it works before anything is deployed, and for environments that never were.
"""
