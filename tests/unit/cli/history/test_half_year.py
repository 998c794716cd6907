"""Half a year, three layers, one bad deployment: one command names the person who ran it."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from toolchain.environments import CHECKOUT
from unit.cli.history import half_year
from unit.cli.history.half_year import DATABASE_PORT, HalfYear, account

Json = dict[str, Any]

# The storefront has not reached its database since the week of April 20th.
QUESTION = ("--app", "storefront", "--resource", "NetworkPolicy", "--since", "2026-04-20", "--until", "2026-04-22")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> HalfYear:
    return half_year.build(tmp_path_factory.mktemp("half"))


def ask(made: HalfYear, *words: str) -> str:
    """One command, on no network: what it prints."""
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT / "tools"), "PULUMI_BACKEND_URL": f"file://{made.states}"}
    command = [sys.executable, "-m", "cli", "history", "--stack", "prod", "--logs", str(made.logs), *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def document(made: HalfYear, *words: str) -> Json:
    return json.loads(ask(made, "--format", "json", *words))


def test_who_ran_that_bad_deployment(made: HalfYear) -> None:
    key, commit, number = made.bad
    [update] = document(made, *QUESTION)["updates"]

    assert update["key"] == key
    assert update["author"] == {"name": "Bob Build", "email": "bob@example.com"}
    assert (update["commit"], update["pullRequest"]) == (commit, number)
    assert update["run"].startswith("https://github.com/example/infrastructure/actions/runs/")
    assert (update["startedBy"], update["approvedBy"]) == ("bob", ["carla"])
    assert update["identity"] == account("apps-shop")
    [change] = update["changes"]
    assert (change["name"], change["operation"]) == ("NetworkPolicy storefront", "update")
    [value] = change["properties"]
    assert value["path"] == "spec.egress[0].ports"
    assert str(DATABASE_PORT) in value["before"]
    assert str(DATABASE_PORT) not in value["after"]
    assert len(update["entries"]) == 3


def test_the_answer_for_people_says_the_same(made: HalfYear) -> None:
    key, commit, number = made.bad
    lines = ask(made, *QUESTION)

    for told in (f"{key}: Only what the storefront needs", "Bob Build <bob@example.com>", commit, f"#{number}"):
        assert told in lines
    for told in ("carla", account("apps-shop"), "repo:example/infrastructure:environment:apps-shop-prod", "3307"):
        assert told in lines
    assert lines.count("updated NetworkPolicy") == 1


def test_nothing_of_half_a_year_is_lost_and_nothing_else_seems_done_by_hand(made: HalfYear) -> None:
    told = document(made)

    assert len(told["updates"]) == made.updates > 350
    assert Counter(update["layer"] for update in told["updates"]).keys() == {"identity", "platform", "apps"}
    outside = [each for each in told["entries"] if not each["updates"]]
    assert {(each["principal"], each["outcome"], each["origin"]) for each in outside} == {
        ("dora@example.com", "done", "person"),
        ("dora@example.com", "refused", "person"),
    }
    # Each update called three times, and all calls are its own.
    assert {len(update["entries"]) for update in told["updates"]} == {3}


def test_by_hand_comes_first_even_among_hundreds_of_updates(made: HalfYear) -> None:
    lines = ask(made, "--since", "2026-01-01", "--resource", "orders").splitlines()

    assert lines[0].startswith("Past the layers: out of band")
    assert "dora@example.com" in lines[2]
    assert "refused: denied" in "\n".join(lines[:5])


def test_neither_secrets_nor_addresses_of_computers_are_told(made: HalfYear) -> None:
    told = ask(made, "--format", "json", "--since", "2026-04-01", "--until", "2026-05-01")

    assert "[secret]" not in told  # they did not change
    assert half_year.SECRET not in told
    assert "203.0.113.7" not in told


def test_what_is_asked_for_narrows_the_answer(made: HalfYear) -> None:
    by_bob = document(made, "--who", "bob", "--since", "2026-04-01", "--until", "2026-05-01")["updates"]
    assert by_bob
    assert {update["author"]["name"] for update in by_bob} == {"Bob Build"}

    of_platform = document(made, "--layer", "platform", "--since", "2026-06-01")
    assert {update["layer"] for update in of_platform["updates"]} == {"platform"}
    # Entries of the other layers' updates are neither shown nor taken for out-of-band changes.
    assert all(entry["updates"] for entry in of_platform["entries"])

    [one] = document(made, "--update", "platform/7")["updates"]
    assert (one["key"], len(one["entries"])) == ("platform/7", 3)


def test_what_an_account_read_is_told_where_it_is_asked_for(made: HalfYear) -> None:
    question = ("--who", "platform-preview@", "--since", "2026-04-01", "--until", "2026-05-01")
    assert document(made, *question)["entries"] == []
    told = document(made, *question, "--reads", "yes")["entries"]

    assert told
    assert {(each["method"], each["changes"], each["origin"]) for each in told} == {("get", False, "account")}


def test_a_whole_list_shows_the_newest_and_says_that_there_is_more(made: HalfYear) -> None:
    assert "… and" in ask(made, "--since", "2026-01-01")
    newest = ask(made)
    assert newest.count("succeeded") == 30


def test_nothing_found_says_so(made: HalfYear) -> None:
    assert ask(made, "--who", "nobody@example.com").startswith("Nothing of that is known of prod")


def test_what_a_question_excludes_is_not_opened(made: HalfYear, tmp_path: Path) -> None:
    """Unreadable files outside of the question do no harm, and one within it is named."""
    spoiled = half_year.build(tmp_path)
    for file in sorted((spoiled.states / ".pulumi/history/identity/prod").glob("*.json")):
        file.write_text("{")
    for file in spoiled.logs.rglob("2026/01/*/*.json"):
        file.write_text('{"logName": "cloudaudit.googleapis.com/activity"')
    [update] = document(spoiled, "--update", f"{spoiled.bad[0]}")["updates"]
    assert update["key"] == spoiled.bad[0] == made.bad[0]
