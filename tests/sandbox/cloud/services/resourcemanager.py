"""Cloud Resource Manager: projects and their allow policies. Projects are seeded, not created by a layer."""

from sandbox.cloud.resources import Collection, Method


class Projects(Collection):
    """https://cloud.google.com/resource-manager/reference/rest/v1/projects."""

    service = "cloudresourcemanager.googleapis.com"
    kind = "cloudresourcemanager.projects"
    path = "projects/{project}"
    permission = "resourcemanager.projects"
    has_policy = True

    def methods(self) -> list[Method]:
        """Reading a project and its policy, and setting the policy."""
        offered = {f"{self.kind}.{verb}" for verb in ("get", "getIamPolicy", "setIamPolicy")}
        return [method for method in super().methods() if method.id in offered]
