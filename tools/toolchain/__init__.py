"""Where the command-line tools and the Python environments come from.

Owns: finding, downloading and building `uv`, Go, the Pulumi engine with its Python language host, and the Kubernetes
control plane with `kubectl`, and making each project's virtual environment. Everything here runs before any
environment exists, so these modules import the standard library only.

Does not own: starting anything (`sandbox.servers`) or deciding what a command does (`cli`).
"""
