"""Names that are computed in more than one place, because these do not import each other, are the same.

identity makes what the names stand for; the commands find it from a laptop or a job without running the layer, and
security's list is written beside identity on purpose. An app's name is tied in unit/cli/test_new_app.py.
"""

import pytest
import yaml

from cli import contracts, projects
from cli.layout import stacks_by_file
from identity_layer import names, stacks
from identity_layer.foundation import state_store
from unit.pulumi_mocks import ROOT

STACKS = {str(file): stack for file, stack in stacks_by_file().items() if stack is not None}


@pytest.mark.parametrize("file", STACKS)
def test_the_commands_find_the_state_where_the_identity_layer_makes_it(file: str) -> None:
    stack = STACKS[file]
    bucket = f"gs://{names.state_bucket(stack.gcp_project(), stack.store)}"

    assert stack.store in names.STATES
    assert stack.backend() == (f"{bucket}/{stack.of_team()}" if stack.is_one_of_many else bucket)
    location, _, key = stack.secrets_provider().removeprefix("gcpkms://").partition("/keyRings/")
    project, region = location.split("/")[1::2]
    assert f"{location}/keyRings/{key}" == names.key(project, region, state_store.RING, stack.store)


def test_the_parts_have_one_name_in_the_layer_and_in_the_commands() -> None:
    assert stacks.FOUNDATION.name == projects.FOUNDATION == names.FOUNDATION
    assert stacks.TEAM.name == projects.TEAM


@pytest.mark.parametrize("file", STACKS)
def test_security_lists_the_programs_that_no_account_of_ci_deploys(file: str) -> None:
    stack = STACKS[file]
    assert stack.by_administrators == contracts.is_administrators(stack.program)
    assert stack.by_administrators == (stack.account("deploy") == "") == (stack.part == projects.FOUNDATION)


def test_security_expects_the_folder_of_a_team_where_the_identity_layer_binds_it() -> None:
    access = yaml.safe_load((ROOT / "policies" / "access.yaml").read_text())
    bucket = names.state_bucket("example", "apps")

    granted = state_store.within(bucket, "shop").expression
    assert granted == access["conditions"]["folder"].format(project="example", team="shop")
