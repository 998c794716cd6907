"""A simulated Google Cloud: resources, methods and IAM decisions in the terms of Google's REST APIs, over one file.

It decides whether a caller may call a method, and carries the method out. It knows nothing of Pulumi: the `gcp`
provider plugin adapts that protocol to it, and through `webhooks.py` the Kubernetes API server asks it who a caller is
and what IAM allows.

It is a test double. Time passes as on a wall clock, and policies decide at once unless a propagation time is set,
whereas Google's policies are eventually consistent; tokens of other identity providers are unsigned claims; quotas,
billing and data planes do not exist.
"""
