"""Tests of whole commands. pytest takes a folder for a package, whose fixtures end with it, by this file."""
