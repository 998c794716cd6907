"""Entries: what is accepted, and what each mistake is answered with; the published schema accepts and refuses alike."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from apps_layer import entry, entry_file
from unit.apps.deployment import CRON, JOB, WEB, WORKER

SCHEMA: dict[str, Any] = json.loads(entry.schema())
EVERYTHING = """
arguments: [--verbose]
environment: {LOG_LEVEL: info}
secrets: [smtp]
database: orders
databaseVersion: orders-november
allowTo: [{namespace: reports, port: 8080}]
destinations: [mail]
shutdownSeconds: 60
"""
COMPLETE = {
    "webService": WEB + EVERYTHING + "allowFrom: [reports]\nlivePath: /livez\ncpuUtilization: 60\n",
    "worker": WORKER + EVERYTHING + "livePath: /livez\n",
    "cronJob": CRON
    + EVERYTHING
    + "timeZone: Europe/Amsterdam\nconcurrencyPolicy: Replace\nactiveDeadlineSeconds: 600\nbackoffLimit: 0\n"
    "startingDeadlineSeconds: 60\n",
    "job": JOB + EVERYTHING + "activeDeadlineSeconds: 600\nbackoffLimit: 0\n",
}


def load(folder: Path, text: str) -> entry.WebService | entry.Worker | entry.CronJob | entry.Job:
    (folder / "shop.yaml").write_text(text)
    return entry_file.load("shop", folder)


def fits_schema(text: str) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(yaml.safe_load(text))  # pyright: ignore[reportUnknownMemberType] - untyped there


@pytest.mark.parametrize("kind", COMPLETE)
def test_an_entry_with_every_key_is_accepted_by_the_program_and_by_editors(tmp_path: Path, kind: str) -> None:
    assert load(tmp_path, COMPLETE[kind]).kind == kind
    assert fits_schema(COMPLETE[kind])
    written = set(yaml.safe_load(COMPLETE[kind]))
    known = {field.alias for field in entry.KINDS[kind].model_fields.values()}
    assert known - written <= {"cpuUtilization"}


@pytest.mark.parametrize("app", [file.stem for file in sorted(entry_file.FOLDER.glob("*.yaml"))])
def test_a_committed_entry_fits_the_published_schema_and_tells_editors_where_that_is(app: str) -> None:
    text = (entry_file.FOLDER / f"{app}.yaml").read_text()
    assert fits_schema(text)
    assert text.startswith("# yaml-language-server: $schema=../entry.schema.json\n")


@pytest.mark.parametrize("key", ["environment", "arguments"])
def test_what_a_process_is_started_with_has_a_size(tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # The real sizes would take a text of a mebibyte.
    monkeypatch.setattr(entry, "LONGEST_TEXT", 20)
    monkeypatch.setattr(entry, "MOST_BYTES", 50)

    def loaded(*sizes: int) -> Any:
        """The entry with texts of these sizes, a variable's name included."""
        name = "A0=" if key == "environment" else ""
        values = ["x" * (size - len(name)) for size in sizes]
        named = {f"A{index}": value for index, value in enumerate(values)}
        return load(tmp_path, yaml.safe_dump(yaml.safe_load(WEB) | {key: named if name else values}))

    loaded(20, 20, 10)
    with pytest.raises(entry_file.EntryError, match="has 21 bytes, more than the 20 with which Linux starts a process"):
        loaded(21)
    with pytest.raises(entry_file.EntryError, match="have 51 bytes together, more than the 50 that the cluster"):
        loaded(20, 20, 11)


# What is wrong, what is said of it, and whether an editor can see it as well.
WRONG: dict[str, tuple[str, str, bool]] = {
    "port for root": (
        WEB.replace("8080", "80"),
        "port: must be 1024 or more, but is 80.",
        True,
    ),
    "unknown key": (WEB + "privileged: true", "privileged: is unknown, so it would change nothing. Remove it", True),
    "misspelt key": (WEB + "healthpath: /x", "did you mean 'healthPath'?", True),
    "misspelt inner key": (WEB.replace("memory", "memorie"), "resources.memorie: is unknown", True),
    "no cpu": (
        WEB.replace("100m", "0"),
        "cpu: 0 is not a number of CPU cores; write it as in 1 or 250m",
        True,
    ),
    "missing key": (WEB.replace("healthPath: /healthz\n", ""), "healthPath: is not set. Add it: Answers 200", True),
    "memory in other units": (
        WEB.replace("256Mi", "256M"),
        "'256M' is not an amount of memory; write it as in",
        True,
    ),
    "key of another kind": (CRON + "port: 8080", "port: is unknown", True),
    "no kind": (
        WEB.replace("kind: webService", ""),
        "kind: is not set. Choose one of webService, worker, cronJob, job",
        True,
    ),
    "unknown kind": (WEB.replace("webService", "service"), "kind: names no kind of app. Choose one of", True),
    "team that is no text elsewhere": (
        WEB.replace("team: shop", 'team: "on"'),
        "'on' means something else in YAML",
        True,
    ),
    "long argument": (WEB + f"arguments: [{'x' * 2**17}]", "more than the 131,071 with which Linux starts", True),
    "token as an argument": (WEB + f"arguments: [ghp_{'a1' * 18}]", "number 0 has a GitHub token", True),
    "version of nothing": (
        WEB + "databaseVersion: orders-november",
        "databaseVersion is 'orders-november', but no database is set",
        True,
    ),
    "list": ("- a list", "the file: is no mapping with a `kind`", True),
    "nothing": ("", "the file: is no mapping with a `kind`", True),
    "lower case variable": (WEB + "environment: {log_level: info}", "environment.log_level: 'log_level' is not", True),
    "variable of the platform": (
        WEB + "environment: {DATABASE_HOST: x}",
        "environment: sets DATABASE_HOST, which the platform",
        True,
    ),
    "probes alike": (WEB + "livePath: /healthz", "livePath and healthPath are both /healthz", False),
    "schedule in words": (CRON.replace("15 3 * * *", "@daily"), "schedule: '@daily' is not minute, hour, day", True),
    "schedule without a field": (CRON.replace("15 3 * * *", "3 * * *"), "schedule: '3 * * *' is not minute", True),
    "endless run": (
        CRON + "activeDeadlineSeconds: 100000",
        "activeDeadlineSeconds: must be 86400 or less, but is 100000.",
        True,
    ),
    "zone": (CRON + 'timeZone: "UTC+1"', "timeZone: 'UTC+1' is not a time zone of the IANA", True),
    "zone that does not exist": (
        CRON + "timeZone: Europe/Atlantis",
        "timeZone: 'Europe/Atlantis' is not a time zone of the IANA database, so the job would never start",
        True,
    ),
    "zone in lower case": (CRON + "timeZone: europe/berlin", "did you mean Europe/Berlin?", True),
    "minute and hour out of range": (
        CRON.replace("15 3 * * *", "61 25 * * *"),
        "schedule: the minute '61' is not 0 to 59, with `*`, `-`, `,` and `/`. the hour '25' is not 0 to 23",
        True,
    ),
    "seventh weekday": (CRON.replace("15 3 * * *", "0 0 * * 7"), "the weekday '7' is not 0 to 6 or SUN to SAT", True),
    "thirteenth month": (CRON.replace("15 3 * * *", "0 0 1 13 *"), "the month '13' is not 1 to 12 or JAN", True),
    "no step": (CRON.replace("15 3 * * *", "*/0 * * * *"), "the minute '*/0' is not", True),
    "step out of the hour": (CRON.replace("15 3 * * *", "*/90 * * * *"), "the minute '*/90' has a step out of", False),
    "step that no reader keeps": (CRON.replace("15 3 * * *", f"*/{2**63} * * * *"), "the minute '*/92233720", True),
    "step out of the day": (CRON.replace("15 3 * * *", "0 1/25 * * *"), "the hour '1/25' has a step out of the", False),
    "part of a core as a number": (
        WEB.replace("100m", "0.5"),
        "resources.cpu: 0.5 is not a number of CPU cores; write it as in 1 or 250m.",
        True,
    ),
    "bytes": (WEB.replace("256Mi", "268435456"), "268435456 is not an amount of memory; write it as in 256Mi", True),
    "range backwards": (CRON.replace("15 3 * * *", "0 5-3 * * *"), "the hour '5-3' runs backwards", False),
    "date of no year": (CRON.replace("15 3 * * *", "0 0 30 2 *"), "names a date that no year has", False),
    "password": (WEB + "environment: {DB_PASSWORD: hunter2}", "environment: DB_PASSWORD has a value under", True),
    "token": (
        WEB + f"environment: {{GREETING: ghp_{'a1' * 18}}}",
        "environment: GREETING has a GitHub token, which whoever reads the repository, a plan or the namespace has.",
        True,
    ),
    "password as an argument": (
        WEB + "arguments: [--db-token=x]",
        "arguments: number 0 has a value of db-token",
        False,
    ),
    "dash for a hyphen": (WEB + "arguments: ['\u2013verbose']", "arguments: number 0 begins with EN DASH", False),
    "port of the proxy": (
        WEB.replace("8080", "9801") + "database: orders",
        "port is 9801, on which the database proxy listens",
        True,
    ),
    "secret twice": (WEB + "secrets: [a, a]", "secrets: 'a' is in the list more than once", True),
    "namespace twice": (WEB + "allowFrom: [a, a]", "allowFrom: 'a' is in the list more than once", True),
    "destination twice": (WEB + "destinations: [mail, mail]", "destinations: 'mail' is in the list more than", True),
    "peer twice": (
        WEB + "allowTo: [{namespace: x, port: 80}, {namespace: x, port: 80}]",
        "allowTo: {namespace: x, port: 80} is in the list more than once",
        True,
    ),
    "peer without port": (WEB + "allowTo: [{namespace: x}]", "allowTo.0.port: is not set. Add it: The port", True),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_is_refused_with_path_and_remedy(tmp_path: Path, mistake: str) -> None:
    text, expected, seen = WRONG[mistake]
    with pytest.raises(entry_file.EntryError) as raised:
        load(tmp_path, text)
    assert expected in str(raised.value)
    assert "shop.yaml cannot be used; nothing was planned or changed" in str(raised.value)
    assert fits_schema(text) is not seen


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(entry_file.EntryError) as raised:
        load(tmp_path, WEB.replace("8080", "80").replace("256Mi", "1") + "secret: x")
    folder = tmp_path.name
    assert [line.rpartition(": ")[0].split(": ")[:2] for line in str(raised.value).splitlines()[1:]] == [
        [f"  - {folder}/shop.yaml:6:32", "resources.memory"],
        [f"  - {folder}/shop.yaml:4:7", "port"],
        [f"  - {folder}/shop.yaml:7:1", "secret"],
    ]


def test_whole_cores_may_be_written_as_a_number(tmp_path: Path) -> None:
    text = WEB.replace("100m", "2")
    assert load(tmp_path, text).resources.cpu == "2"
    assert fits_schema(text)


@pytest.mark.parametrize(
    "schedule",
    ["*/5 * * * *", "0,30 8-18/2 * jan-mar,DEC Mon-FRI", "05 03 29 2 *", "0 0 31 2 1", "0 0 31 4 */2", "5/10 * * * 0"],
)
def test_a_schedule_of_the_api_server_is_accepted(tmp_path: Path, schedule: str) -> None:
    text = CRON.replace("15 3 * * *", schedule)
    assert load(tmp_path, text).kind == "cronJob"
    assert fits_schema(text)


@pytest.mark.parametrize(
    "variable",
    ["PASSWORD_FILE: x", "DB_PASSWORD: /run/secrets/db", 'USE_TOKEN: "true"', "TOKEN_URL: https://x.example.com/t"],
)
def test_a_variable_that_is_no_credential_is_accepted(tmp_path: Path, variable: str) -> None:
    text = WEB + f"environment: {{{variable}}}"
    assert load(tmp_path, text).environment
    assert fits_schema(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (WEB + "environment: {COUNTRY: NO}", 'environment.COUNTRY: NO is false for YAML; write it in quotes, "NO"'),
        (WEB + "environment: {ON: x}", 'environment: the key ON is true for YAML; write it in quotes, "ON"'),
        (WEB + "environment: {VERSION: 1.30}", 'but is 1.30, 1.3 for YAML. Write it in quotes: "1.30".'),
        (WEB + "environment: {DAY: 2026-01-31}", "the date 2026-01-31 for YAML. Write it in quotes"),
        (WEB + "environment: {A: x}\nenvironment: {B: x}", "sets 'environment' again, after line 7"),
        (WEB + 'environment: {A: "a\\0b"}', "environment.A: has the control character U+0000"),
        (WEB.replace("8080", '"8080"'), "port: must be a whole number, but is '8080'. Write it without quotes."),
    ],
)
def test_what_yaml_would_change_is_refused_with_the_way_to_write_it(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(entry_file.EntryError) as raised:
        load(tmp_path, text)
    assert said in str(raised.value)
    assert "pydantic" not in str(raised.value)


def test_a_file_that_is_not_yaml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(entry_file.EntryError, match=r"shop\.yaml:2:1: opens a quote or a bracket"):
        load(tmp_path, "kind: [")


@pytest.mark.parametrize("kind", entry.KINDS)
def test_every_key_says_what_it_means(kind: str) -> None:
    assert all(field.description for field in entry.KINDS[kind].model_fields.values())
