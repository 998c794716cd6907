"""The committed workflows, run by an interpreter that nobody here wrote, beside the double of the tests.

`act` (nektos/act) runs each case on this machine, without containers. Actions of others do nothing in either run, and
`make` is a stand-in that notes what it is asked for and answers as the case says. So what is compared is what decides
that a command runs: events, conditions, needs, matrices, local actions, and every expression in a command's
environment. What `act` has no notion of is left out: environments and their reviews, concurrency, permissions, and the
tokens of identities.
"""
