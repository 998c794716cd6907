"""Targets of make that exist for the sandbox alone (see `cli.commands`)."""
