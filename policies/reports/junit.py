"""JUnit XML: each rule is a test case, so that a run's summary shows applied and failed rules."""

from collections import defaultdict
from xml.etree import ElementTree as ET

from engine.text import visible
from reports.finding import Finding, Level, Run


def junit(run: Run) -> str:
    """Return a run as a JUnit document: a rule without violations has passed; its output lists other findings."""
    by_policy: defaultdict[str, list[Finding]] = defaultdict(list)
    for finding in run.findings:
        by_policy[finding.policy.name].append(finding)
    failed = {finding.policy.name for finding in run.violations}
    count = {"tests": str(len(run.policies)), "failures": str(len(failed)), "errors": "0", "skipped": "0"}
    suites = ET.Element("testsuites", count)
    suite = ET.SubElement(suites, "testsuite", {"name": f"{run.tool}: {run.subject}", **count})
    for policy in run.policies:
        case = ET.SubElement(suite, "testcase", {"classname": f"{run.tool}.{run.subject}", "name": policy.name})
        violations = [finding for finding in by_policy[policy.name] if finding.level is Level.VIOLATION]
        others = [finding for finding in by_policy[policy.name] if finding.level is not Level.VIOLATION]
        if violations:
            attributes = {"message": _clean(violations[0].message), "type": policy.severity}
            ET.SubElement(case, "failure", attributes).text = _clean("\n\n".join(map(_text, violations)))
        if others:
            ET.SubElement(case, "system-out").text = _clean("\n\n".join(map(_text, others)))
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _text(finding: Finding) -> str:
    lines = [finding.message, *(f"  {step}" for step in finding.steps)]
    if finding.accepted:
        lines.append(f"accepted: {finding.accepted}")
    if finding.location:
        lines.append(f"{finding.location.file}:{finding.location.line}")
    if finding.urn:
        lines.append(finding.urn)
    return "\n".join(lines)


def _clean(text: str) -> str:
    """Return a text without characters that XML 1.0 forbids or that a reader cannot see."""
    return visible(text, kept="\n")
