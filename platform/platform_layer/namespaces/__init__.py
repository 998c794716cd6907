"""The set-up inside the cluster: namespaces with quota, RBAC and network policies, and the Gateway."""
