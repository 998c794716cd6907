"""`make compare`: what two environments would be, compared for differences that nobody intended.

Each layer's program runs for both, in the recording double of the engine that the unit tests use: no cloud, no state
and no credentials. So it tells before anything is deployed, and also of what was never deployed.
"""
