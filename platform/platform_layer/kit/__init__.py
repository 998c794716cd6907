"""The kit: code that every layer needs in the same form, vendored into each of them.

The three folders `<layer>_layer/kit/` are equal to the last byte. identity's is the source: `make kit` copies it to the
other layers, and `make check` and a test compare. A shared library would couple projects that are deployed apart, each
with dependencies and state of its own; manual copies would drift. Each copy is in its layer's directory, so that
CODEOWNERS requires a review of a change of the kit by the owner of every layer. A layer has the whole kit, including
modules that it does not use.
"""
