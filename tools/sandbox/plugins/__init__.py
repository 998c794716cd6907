"""Provider plugins that adapt the Pulumi protocol to the sandbox."""
