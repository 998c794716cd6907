"""The names of routes: a public app is reached at `<its namespace>.<domain>`, and a route may have no other name.

The Gateway has one listener for all names below the domain. Of two routes for the same name the older takes precedence,
so without this an admitted namespace could take another's. The API server checks it at admission, in every namespace,
whoever writes the route; a failure of the check refuses the route.
"""

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from platform_layer.namespaces.rbac import Rule, Subject, policy_rules, role_ref, subjects

# The prefix avoids the names of the policies of Google's add-ons.
NAME = "prodfirst-route-names"
# IAM has no permission for these kinds, so the right to them is RBAC: for these two objects alone, and without delete.
# To create one by name is to apply it server-side.
OPERATOR = tuple(
    Rule("admissionregistration.k8s.io", (kind,), ("get", "create", "update", "patch"), (NAME,))
    for kind in ("validatingadmissionpolicies", "validatingadmissionpolicybindings")
)


@dataclass(frozen=True)
class RouteNamesArgs:
    """Arguments of RouteNames.

    Attributes:
        domain: public apps are reached at names one level below it.
        operator: the platform's own deploy identity, which sets it up.
        provider: of the cluster.
    """

    domain: str
    operator: Subject
    provider: k8s.Provider


class RouteNames(pulumi.ComponentResource):
    """The admission policy on the names of routes, and the right of the platform's CI to write it."""

    def __init__(self, name: str, args: RouteNamesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:platform:RouteNames", name, None, opts)
        metadata = k8s.meta.v1.ObjectMetaArgs(name=NAME)
        operator = self._operator(name, metadata, args)
        # Without it, a public app's name could be taken: its end is a decision of its own.
        own = pulumi.ResourceOptions(parent=self, provider=args.provider, protect=True)
        policy = k8s.admissionregistration.v1.ValidatingAdmissionPolicy(
            name,
            metadata=metadata,
            spec=_policy(args.domain),
            opts=pulumi.ResourceOptions.merge(own, pulumi.ResourceOptions(depends_on=[operator])),
        )
        k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
            name,
            metadata=metadata,
            spec=k8s.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpecArgs(
                policy_name=NAME, validation_actions=["Deny"]
            ),
            opts=pulumi.ResourceOptions.merge(own, pulumi.ResourceOptions(depends_on=[policy])),
        )
        self.register_outputs({})

    def _operator(self, name: str, metadata: k8s.meta.v1.ObjectMetaArgs, args: RouteNamesArgs) -> pulumi.Resource:
        role = k8s.rbac.v1.ClusterRole(
            f"{name}-operator",
            metadata=metadata,
            rules=policy_rules(OPERATOR),
            opts=pulumi.ResourceOptions(parent=self, provider=args.provider),
        )
        return k8s.rbac.v1.ClusterRoleBinding(
            f"{name}-operator",
            metadata=metadata,
            role_ref=role_ref("ClusterRole", NAME),
            subjects=subjects([args.operator]),
            opts=pulumi.ResourceOptions(parent=self, provider=args.provider, depends_on=[role]),
        )


def _policy(domain: str) -> k8s.admissionregistration.v1.ValidatingAdmissionPolicySpecArgs:
    names = f"[request.namespace + '.{domain}']"
    return k8s.admissionregistration.v1.ValidatingAdmissionPolicySpecArgs(
        failure_policy="Fail",
        match_constraints=k8s.admissionregistration.v1.MatchResourcesArgs(
            # A request in another version is converted to this one first.
            match_policy="Equivalent",
            resource_rules=[
                k8s.admissionregistration.v1.NamedRuleWithOperationsArgs(
                    api_groups=["gateway.networking.k8s.io"],
                    api_versions=["v1"],
                    operations=["CREATE", "UPDATE"],
                    resources=["httproutes"],
                )
            ],
        ),
        validations=[
            k8s.admissionregistration.v1.ValidationArgs(
                expression=f"has(object.spec.hostnames) && object.spec.hostnames == {names}",
                message=(
                    f"a route may have no name but <its namespace>.{domain}, or an app could take another's; set "
                    "spec.hostnames to that one name"
                ),
                # As of an invalid field, so that a preview refuses it, too.
                reason="Invalid",
            )
        ],
    )
