"""The table of kinds of resources: complete for the provider, and names lead back to the same words."""

import re
from functools import cache
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

import pytest

from iam import grants, kinds
from iam.kinds import KINDS, OTHERS, Kind, Owner
from policy_pack.layers import LAYERS

OWN = Owner(project="acme-dev", number="42")
# Types whose names say that they decide on access.
_DECIDES = re.compile(
    r"(?i)gcp:\w+/(\w*(iam\w*|acl|access|accesscontrol|accesspolicy|policybinding|denypolicy|boundary\w*)|user):"
)
_NOT_USERS = re.compile(r"gcp:(?!sql/)\w+/user:")


@cache
def provided() -> dict[str, str]:
    """The provider's types, with the source of the class of each."""
    spec = find_spec("pulumi_gcp")
    assert spec
    assert spec.origin
    found: dict[str, str] = {}
    for file in sorted(Path(spec.origin).parent.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if match := re.search(r"@pulumi\.type_token\(\"(gcp:[^\"]+)\"\)", text):
            found[match[1]] = text
    return found


def granting() -> list[str]:
    """The provider's types of grants."""
    return [token for token in provided() if kinds.is_grant(token)]


def arguments(token: str) -> set[str]:
    """The arguments of a type's class, as its inputs are called."""
    made = re.split(r"\n@pulumi\.input_type|\nclass _\w+State|@pulumi\.type_token", provided()[token])[1]
    return {re.sub(r"_(\w)", lambda match: match[1].upper(), name) for name in re.findall(r"__self__, \"(\w+)\"", made)}


def test_the_provider_was_read() -> None:
    assert len(granting()) > 450
    assert {"bucket", "member", "role"} <= arguments("gcp:storage/bucketIAMMember:BucketIAMMember")


def test_every_type_of_grant_has_its_kind() -> None:
    assert [token for token in granting() if kinds.of_grant(token) is None] == []


def test_every_kind_is_one_that_the_provider_has() -> None:
    known = {kind.grants for token in granting() if (kind := kinds.of_grant(token))}
    assert [kind.grants for kind in KINDS if kind.grants and kind.grants not in known] == []
    declared = {token.rpartition(":")[0] for token in provided()}
    assert [kind.own_type for kind in KINDS if kind.own_type and kind.own_type not in declared] == []


@pytest.mark.parametrize("token", [token for token in granting() if token.lower().endswith("member")])
def test_the_input_that_names_the_target_is_an_argument_of_the_grant(token: str) -> None:
    kind = kinds.of_grant(token)
    assert kind
    assert kind.target in arguments(token) | {"project"}


def test_whatever_else_decides_on_access_is_listed_with_the_reason() -> None:
    others = {
        token
        for token in provided()
        if _DECIDES.match(token) and not kinds.is_grant(token) and not _NOT_USERS.match(token)
    }
    listed = [token for other in OTHERS for token in other.types]
    assert len(listed) == len(set(listed))
    assert others == set(listed)


def test_no_layer_can_declare_what_decides_on_access_and_no_rule_reads() -> None:
    read = {
        "gcp:iam/denyPolicy:DenyPolicy",
        "gcp:organizations/iAMCustomRole:IAMCustomRole",
        "gcp:projects/iAMAuditConfig:IAMAuditConfig",
        "gcp:projects/iAMCustomRole:IAMCustomRole",
        "gcp:projects/iamMemberRemove:IamMemberRemove",
        "gcp:sql/user:User",
    }
    listed = {token for other in OTHERS for token in other.types}
    assert {token for token in listed for layer in LAYERS.layers.values() if layer.may_declare(token)} == read


def _shape(kind: Kind) -> str:
    return re.sub(r"\{\w+\}", "{}", kind.name)


def test_kinds_of_one_form_have_one_word_and_a_word_means_one_form() -> None:
    words = {_shape(kind): {other.word for other in KINDS if _shape(other) == _shape(kind)} for kind in KINDS}
    assert {shape: found for shape, found in words.items() if len(found) > 1} == {}
    for word, of in groupby(sorted(KINDS, key=lambda kind: kind.word), key=lambda kind: kind.word):
        assert len({_shape(kind) for kind in of}) == 1, word


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.word)
def test_a_full_name_leads_back_to_its_kind_and_is_the_same_by_its_short_name(kind: Kind) -> None:
    given = {name: f"{name.lower()}-1" for name in kind.inputs} | {"project": OWN.project}
    given |= {name: "projects/acme-dev" for name in kind.inputs if name == "parent"}
    relative = kind.relative_name(given, OWN.project)
    assert relative
    assert kinds.words(kinds.full(kind, relative), OWN) == kind.words(relative, OWN)
    assert kind.relative_name({kind.target: relative}, OWN.project) == relative


ON: dict[str, tuple[str, dict[str, object], str]] = {
    "a short name": ("gcp:secretmanager/secretIamMember:SecretIamMember", {"secretId": "x"}, "secret x"),
    "a bucket as in the vendor's state": (
        "gcp:storage/bucketIAMMember:BucketIAMMember", {"bucket": "b/acme-dev-state-apps"}, "bucket state-apps",
    ),
    "a managed folder of such a bucket": (
        "gcp:storage/managedFolderIamMember:ManagedFolderIamMember",
        {"bucket": "b/acme-dev-state-apps", "managedFolder": "x"},
        "managed folder acme-dev-state-apps/x",
    ),
    "a full name": (
        "gcp:secretmanager/secretIamMember:SecretIamMember", {"secretId": "projects/acme-dev/secrets/x"}, "secret x",
    ),
    "another project's": (
        "gcp:secretmanager/secretIamMember:SecretIamMember",
        {"secretId": "x", "project": "other"},
        "secret projects/other/secrets/x",
    ),
    "another project's number": (
        "gcp:secretmanager/secretIamMember:SecretIamMember",
        {"secretId": "projects/7/secrets/x"},
        "secret projects/7/secrets/x",
    ),
    "a ring and a key": ("gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember", {"cryptoKeyId": "l/r/k"}, "key r/k"),
    "a topic": ("gcp:pubsub/topicIAMMember:TopicIAMMember", {"topic": "t"}, "topic t"),
    "a whole project": ("gcp:projects/iAMMember:IAMMember", {"project": "projects/acme-dev"}, "project"),
    "another whole project": ("gcp:projects/iAMMember:IAMMember", {"project": "other"}, "project other"),
    "an account of another project": (
        "gcp:serviceaccount/iAMMember:IAMMember",
        {"serviceAccountId": "a@other.iam.gserviceaccount.com"},
        "account a@other.iam.gserviceaccount.com",
    ),
    "what is not known": ("gcp:pubsub/topicIAMMember:TopicIAMMember", {"topic": None, "project": object()}, ""),
    "more parts than there are": (
        "gcp:pubsub/topicIAMMember:TopicIAMMember", {"topic": "projects/p/topics/t/subtopics/u"}, "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("token", "inputs", "words"), ON.values(), ids=ON.keys())
def test_a_grant_is_on_what_its_inputs_name(token: str, inputs: dict[str, object], words: str) -> None:
    name = grants.target(token, inputs, OWN.project)
    assert (kinds.words(name, OWN) if name else "") == words


def test_a_grant_of_a_kind_that_nobody_knows_is_on_nothing() -> None:
    token = "gcp:newservice/thingIamMember:ThingIamMember"
    assert kinds.is_grant(token)
    assert grants.target(token, {"thing": "x"}, OWN.project) == ""
