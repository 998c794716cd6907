"""Findings of a run as SARIF, JUnit XML and Markdown.

It owns the formats and the lines of code that findings point at. The findings come from the policy pack, the plan gate
and the audit.
"""
