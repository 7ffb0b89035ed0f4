"""JUnit XML, the form that CI servers read: suites of cases that pass or fail. There is no schema that all of them
follow; this holds what Jenkins, GitLab and GitHub's reporters have in common. No times: a report of the same results is
the same document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as xml

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, section 2.2


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a case fails. `broken`: it could not be run at all, an error in JUnit's words."""

    kind: str
    message: str
    text: str
    broken: bool = False


@dataclass(frozen=True, slots=True)
class CaseReport:
    """`said` is what a case that passes has to say."""

    name: str
    classname: str
    file: str | None = None
    line: int | None = None
    failed: Failed | None = None
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    name: str
    cases: Sequence[CaseReport]


def document(name: str, suites: Sequence[Suite]) -> str:
    root = xml.Element("testsuites", name=name)
    root.extend(map(_suite, suites))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    xml.indent(root)
    return _DECLARATION + xml.tostring(root, encoding="unicode")


def _suite(suite: Suite) -> xml.Element:
    failed = [case.failed for case in suite.cases if case.failed is not None]
    errors = sum(each.broken for each in failed)
    element = xml.Element(
        "testsuite",
        name=_clean(suite.name),
        tests=str(len(suite.cases)),
        failures=str(len(failed) - errors),
        errors=str(errors),
        skipped="0",
    )
    element.extend(map(_case, suite.cases))
    return element


def _case(case: CaseReport) -> xml.Element:
    element = xml.Element("testcase", name=_clean(case.name), classname=_clean(case.classname))
    if case.file is not None:
        element.set("file", _clean(case.file))
    if case.line is not None:
        element.set("line", str(case.line))
    if case.failed is not None:
        word = "error" if case.failed.broken else "failure"
        told = xml.SubElement(element, word, type=case.failed.kind, message=_clean(case.failed.message))
        told.text = _clean(case.failed.text)
    elif case.said is not None:
        xml.SubElement(element, "system-out").text = _clean(case.said)
    return element


def _clean(text: str) -> str:
    """The text with what no XML document may hold replaced; the serialiser escapes the rest."""
    return _NO_XML.sub("\ufffd", text)
