"""Commands that work on the embedded sandbox alone, and their implementation.

The modules in `commands/` are targets of make, like the modules in `cli.commands`. Outside of this package only
`cli.target.sandbox` uses it: it can be deleted together with `tools/sandbox/`.
"""
