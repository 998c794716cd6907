"""Findings of a run as SARIF, JUnit XML and Markdown.

It owns the formats and the places in the code that findings point at. What is a finding is decided elsewhere: by the
policy pack, by the plan gate, by the audit.
"""
