"""The embedded sandbox: what stands in for Google Cloud and its Kubernetes clusters on one machine."""
