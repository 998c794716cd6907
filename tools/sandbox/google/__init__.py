"""Google's endpoints for Google's own clients: the simulated cloud behind Google's host names.

The Pulumi engine's `gs://` backends and `gcpkms://` secrets providers, google-auth and other clients run unchanged:
their environment names a proxy and a certificate authority, and the APIs are behind the proxy. The simulated IAM
decides every call. This package owns the protocols (OAuth, REST, gRPC, Cloud Storage's media); the cloud carries out
the calls.
"""
