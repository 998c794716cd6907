"""Repair of drift by choice, for each property: put it back, adopt it into the code, or accept it until a date.

The plan gate says what drifted (`plan_gate/drift.py`). This package finds the place in the configuration that a
property comes from, proves it by a preview, and writes the patch or the entry for security's list; it changes no file.
"""
