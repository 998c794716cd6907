"""The kinds of the Gateway API and GKE's own policies for it, as a cluster on GKE has them.

Their schemas decide in the API server whether a Gateway, a route or a policy is valid. No controller acts on them: a
Gateway gets no address, and a route no status.
"""
