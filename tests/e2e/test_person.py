"""The person who runs the commands of these tests is at a terminal, wherever the tests run."""

from e2e.person import Person


def test_a_person_is_no_job_of_a_workflow_and_has_no_sandbox_elsewhere(person: Person) -> None:
    foreign = ("GITHUB_", "ACTIONS_", "RUNNER_", "SANDBOX_DIR", "SANDBOX_FAULTS", "PYTEST_ADDOPTS")

    assert [name for name in person.environment() if name.startswith(foreign)] == []
