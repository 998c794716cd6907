"""Google's endpoints for Google's own clients: the simulated cloud behind the host names that they call.

The Pulumi engine's `gs://` backends and `gcpkms://` secrets providers, google-auth and other clients run unchanged:
they are given a proxy and an authority to trust, and find the APIs behind it. The simulated IAM decides every call.
This package owns the protocols (OAuth, REST, gRPC, Cloud Storage's media); what a call means is the cloud's business.
"""
