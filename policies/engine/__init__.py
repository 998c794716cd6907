"""Formats that the Pulumi engine writes, read once and typed: URNs, states, plans, previews, event logs, marked values.

Every value that a person reads passes `values.masked`, so secrets are masked in one place. A version
or form that is not known here is refused: a reader that guesses would miss existing resources. This
package imports no other package of the repository, and it never starts the engine.
"""
