"""Judges the engine's own plan for a stack before it is carried out: what policies cannot see.

It owns the verdict on deletions, replacements, lost protections and the size of a change, and the summary of what a
change reaches. It does not judge what a resource is like (policy_pack does), nor what the stacks are together
(audit does), and it never runs the engine: it reads what a preview left.
"""
