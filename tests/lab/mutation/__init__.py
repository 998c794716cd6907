"""Mutation testing of rules and plan gate: `.venv/bin/python -m lab.mutation [file…] [tests…]`, from `tests`.

Each mutant is one file with one thing of its logic changed (operators.py). A mutant is killed when a test fails, or
ends no more; a surviving one shows logic that no test covers.

Known runners start pytest once per mutant, which takes hours here. This one collects all tests once, measures which
lines each of them runs, and then forks a process per mutant that exchanges the code of the changed function in place
(exchange.py) and runs the tests of its line, until one fails (session.py).
"""
