"""Compares judges of plans: gate and pack, and readtheplan and preapply, which read Terraform's plans.

Owns the programs that ask the other judges, in the environment of `lab.judges`, and the figures. `lab.plans` has the
labelled plans, and their export to Terraform's format with the list of its losses.
"""
