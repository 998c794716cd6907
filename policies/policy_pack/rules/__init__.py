"""The rules, one file per domain. catalog.py collects them."""
