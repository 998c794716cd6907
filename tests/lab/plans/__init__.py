"""The benchmark of plans: labelled plans of the real engine, their digests as a person read them, and a table.

`python -m lab.plans` judges what is stored. `python -m lab.plans --record` makes the plans anew in a sandbox of its
own.
"""
