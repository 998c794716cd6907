"""Evaluates the engine's own plan for a stack before it is carried out: changes that policies cannot see.

It owns the verdict on deletions, replacements, lost protections and the size of a change, and the change's blast
radius. It does not evaluate a resource's properties (policy_pack does), nor all stacks together (audit
does), and it never runs the engine: it reads the files of a preview.
"""
