"""The kit: code that every layer needs in the same form, vendored into each of them.

The three folders `<layer>_layer/kit/` are equal to the last byte. identity's is the source: `make kit` copies it to the
other layers, and `make check` and a test compare. A shared library would couple projects that are deployed apart, each
with dependencies and state of its own; copies made by hand would drift. Each copy lies in its layer's directory, so
CODEOWNERS asks the owner of every layer to review a change of the kit. A layer has all of the kit, also modules that
it does not use.
"""
