"""The rules of the pack, importable without starting its server."""
