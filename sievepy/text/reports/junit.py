"""JUnit XML: a test suite a file, a test case a finding; a file without findings is one case that passes.

A finding that makes the status 1 is a failure; one that does not is a case that passes and says something.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree as xml

from sievepy.text.diagnostic import Diagnostic
from sievepy.text.render import full
from sievepy.text.reports.findings import Findings

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


def junit(findings: Findings) -> str:
    root = xml.Element("testsuites", name="sievepy check")
    by_file = {name: list(found) for name, found in groupby(findings.diagnostics, key=_file)}
    nowhere = by_file.pop("", [])
    suites = {name: by_file.get(name, []) for name in dict.fromkeys([*findings.files, *by_file])}
    if nowhere:
        suites = {"sievepy": nowhere, **suites}
    for name, found in suites.items():
        root.append(_suite(name, found, findings))
    for count in ("tests", "failures"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    root.set("errors", "0")
    xml.indent(root)
    return _DECLARATION + xml.tostring(root, encoding="unicode")


def _file(diagnostic: Diagnostic) -> str:
    return diagnostic.span.source.name if diagnostic.span is not None else ""


def _suite(name: str, found: Sequence[Diagnostic], findings: Findings) -> xml.Element:
    failures = sum(d.severity in findings.failing for d in found)
    suite = xml.Element(
        "testsuite", name=_clean(name), tests=str(max(1, len(found))), failures=str(failures), errors="0", skipped="0"
    )
    for diagnostic in found:
        suite.append(_case(name, diagnostic, fails=diagnostic.severity in findings.failing))
    if not found:
        xml.SubElement(suite, "testcase", name="no findings", classname=_clean(name))
    return suite


def _case(file: str, diagnostic: Diagnostic, *, fails: bool) -> xml.Element:
    place = "" if diagnostic.span is None else ":{}:{}".format(*diagnostic.span.location)
    case = xml.Element("testcase", name=f"{diagnostic.code}{place}", classname=_clean(file))
    if diagnostic.span is not None:
        case.set("file", _clean(file))
        case.set("line", str(diagnostic.span.location[0]))
    if fails:
        told = xml.SubElement(case, "failure", type=str(diagnostic.severity), message=_clean(diagnostic.message))
    else:
        told = xml.SubElement(case, "system-out")
    told.text = _clean(full(diagnostic))
    return case


def _clean(text: str) -> str:
    """The text with what no XML document may hold replaced; the serialiser escapes the rest."""
    return _NO_XML.sub("\ufffd", text)
