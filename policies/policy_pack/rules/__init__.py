"""Rules of the pack, one file per domain. catalog.py collects them."""
