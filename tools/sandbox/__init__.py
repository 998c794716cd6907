"""The embedded sandbox: simulated Google Cloud and a real Kubernetes control plane on one machine."""
