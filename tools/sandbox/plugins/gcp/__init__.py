"""The `gcp` provider plugin of the sandbox: Pulumi's protocol and property names over the simulated cloud."""
