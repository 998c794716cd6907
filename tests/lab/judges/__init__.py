"""Compares judges of configuration: the pack, checkov, Rego and Cedar, on five rules and the same resources.

Owns the planted violations, the five rules in Rego and Cedar, and the explained differences. The engines of Rego and
Cedar are published packages in an environment of their own (`pyproject.toml`), which is made when it is first needed.
"""
