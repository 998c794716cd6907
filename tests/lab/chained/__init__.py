"""Compares chained previews with what comes later: changes of several layers, on the real engine in a sandbox.

Each change is previewed in all stacks that it concerns, every stack with the contracts that the plans before it would
publish. Then the stacks are updated one after the other, and each next one is previewed again.
"""
