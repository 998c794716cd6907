"""Judges the states of all layers together, which no policy on one stack can see.

It owns the rules on who can come to what over all layers, on datastores that must be there, on contracts as they are
published, and on grants that no state declares. What one resource is like is policy_pack's, what a plan does is
plan_gate's.
"""
