"""Losses of the export to Terraform's plan, and what it spells otherwise, each with the consequence for a judge."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Loss:
    """Part of the engine's plan that a judge of Terraform's plan does not get.

    Attributes:
        what: the part: a field of the engine's documents, or a kind of resource or value.
        why: why Terraform's plan has no place for it, or another one.
        effect: the consequence for a judge.
    """

    what: str
    why: str
    effect: str


# Fields of the engine's documents (`policies/engine`) that change nothing in an exported plan.
FIELDS = {
    "goal.provider": Loss(
        "the provider of a resource",
        "Terraform names a provider by its configuration, which is no resource",
        "a resource that moves to another project or cluster is seen only where it is replaced",
    ),
    "goal.parent": Loss(
        "the component around a resource",
        "Terraform's modules cannot be nested as components are, and preapply does not find references across modules",
        "a judge that counts modules sees one",
    ),
    "goal.delete_before_replace": Loss(
        "the option itself",
        "the order of a replacement's actions tells the same, but for a resource that is not replaced yet",
        "a weaker order for a later replacement is not seen",
    ),
    "goal.ignore_changes": Loss(
        "properties that are no longer managed", "`ignore_changes` is in no plan of Terraform", "is not seen"
    ),
    "goal.output_diff": Loss(
        "outputs that a stack publishes", "only the stack's own resource has them", "a changed contract is not seen"
    ),
    "resource.delete": Loss(
        "that a replaced resource is yet to be deleted",
        "the deposed object of Terraform has another form",
        "is not seen",
    ),
    "resource.deleted_with": Loss(
        "that a resource goes with another one without a call", "Terraform has no such option", "is a plain deletion"
    ),
    "resource.ignore_changes": Loss(
        "properties that were not managed", "`ignore_changes` is in no plan of Terraform", "is not seen"
    ),
    "resource.parent": Loss("the component around a resource", "as for `goal.parent`", "a judge sees one module"),
    "resource.provider": Loss("the provider of a resource", "as for `goal.provider`", "as for `goal.provider`"),
    "resource.outputs": Loss(
        "values that the provider returned",
        "the plans are recorded without them, because neither gate nor digest reads them",
        "a rule on a computed attribute finds none",
    ),
    "resource.created": Loss("the time of creation", "Terraform's plan has no times", "none of the judges asks"),
    "resource.modified": Loss(
        "the time of the last change", "Terraform's plan has no times", "none of the judges asks"
    ),
    "resource.source_position": Loss(
        "the line of the program", "Terraform's plan has none", "a finding names no line of the program"
    ),
    "events.finished": Loss("which steps have ended", "a preview ends all of them", "none"),
    "events.waiting": Loss("what a resource waits for", "a preview does not wait", "none"),
    "events.changes": Loss("the engine's own count of changes", "the changes themselves are exported", "none"),
    "events.policies": Loss(
        "findings of the pack", "they are the findings of another judge", "a judge stands on its own rules"
    ),
    "events.errors": Loss(
        "the texts of errors", "Terraform's plan says only that it `errored`", "the refusal of a provider is not read"
    ),
    "events.packs": Loss("which policy packs ran", "as for `events.policies`", "none"),
    "state.pending": Loss(
        "operations that an interrupted update left", "Terraform has none", "an unclear state is not seen"
    ),
    "state.secrets_providers": Loss(
        "the key that encrypts the state", "a setting of Terraform's backend, in no plan", "another key is not seen"
    ),
}
# Resources and values that are left out or have another form.
OTHERS = (
    Loss("a component", "it exists in Pulumi alone", "as for `goal.parent`"),
    Loss("a provider", "Terraform has it in its configuration", "another provider is not seen"),
    Loss("the stack itself, with its outputs", "it is no resource of Terraform", "a changed contract is not seen"),
    Loss(
        "a secret or an asset",
        "Terraform writes secrets in plain text and marks them; here null stands in their place",
        "that a secret changes is not seen",
    ),
    Loss(
        "the order of a replacement in a preview that stopped",
        "the engine's plan has it, and such a preview has no plan",
        "is shown as create before delete",
    ),
    Loss(
        "what a preview that stopped did not reach",
        "Terraform writes no plan at all then",
        "the resources that the preview did not reach are missing",
    ),
    Loss("an imported resource", "the engine's plan does not name its ID, which `importing` needs", "is a creation"),
    Loss(
        "references of a new resource",
        "the gate does not read them from the engine's plan",
        "a judge that follows references finds none from new resources",
    ),
    Loss(
        "`protect`, spelled otherwise",
        "Terraform has `prevent_destroy` in its configuration only; here it is a value of the resource",
        "preapply, which looks there, can find a lost protection",
    ),
    Loss(
        "Kubernetes' objects, spelled otherwise",
        "they keep the API's names of fields, in which readtheplan looks for rights",
        "readtheplan's rule on wildcards can find some",
    ),
)

COLUMNS = ("lost, or spelled otherwise", "why", "consequence for a judge")


def rows() -> list[list[str]]:
    """Return the list as rows of a table."""
    fields = [[f"`{name}`: {loss.what}", loss.why, loss.effect] for name, loss in FIELDS.items()]
    return fields + [[loss.what, loss.why, loss.effect] for loss in OTHERS]
