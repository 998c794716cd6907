"""Sources of the command-line tools and of the Python environments.

Owns: finding, downloading and building `uv`, Go and the Pulumi engine with its Python language host, building any other
Go module of this repository, and making each project's virtual environment. These modules run before any environment
exists, so they import the standard library only, and nothing of `cli` or `sandbox`.

Does not own: the sandbox's own programs (`sandbox.programs`), starting anything, or what a command does (`cli`).
"""
