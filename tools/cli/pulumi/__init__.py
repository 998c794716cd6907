"""Runs of the Pulumi engine on a stack: its program and folder, its result, the plan gate, interrupted operations."""
