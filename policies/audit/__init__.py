"""Checks the states of all layers together, which no policy on one stack can see.

It owns the rules on escalation paths over all layers, on datastores that must exist, on published contracts, and on
undeclared grants. Rules on one resource belong to policy_pack, rules on a plan to plan_gate.
"""
