"""Commands that work on the embedded sandbox alone, and what they are made of.

The modules in `commands/` are targets of make, as those of `cli.commands` are. Of the other commands only
`cli.target.sandbox` uses what is here: deleted together with `tools/sandbox/`, nothing else misses it.
"""
