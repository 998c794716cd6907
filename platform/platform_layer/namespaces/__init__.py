"""A team's part of the platform: its apps' namespaces with quota, RBAC and network policies, its images, its logins."""
