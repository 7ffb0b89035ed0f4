"""The routes of rules: which rules lead where, and forms of them that no title can break."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sievepy.cli.routing import as_mermaid, as_objects, as_tree, unreached
from sievepy.compiler import compile_file
from sievepy.ir.routes import Route, routes

ROOT = Path(__file__).parents[3]
TARGETS = {"triage": "email d@x.kz", "file": "maildir Filed", "quarantine": None, "discard": None}
RULES = """\
department buh "Бухгалтерия" { email buh@x.kz; also maildir Copies; restricted }
department tech { email tech@x.kz }
department idle "Никто" { email idle@x.kz }
department watched { email w@x.kz }
person boss "Шеф" { email boss@x.kz }
rule "late" { priority 200; when subject contains "a"; assign buh; continue }
rule "first" { priority 10; when subject contains "b"; also assign buh; tag x; copy c@x.kz }
rule "two" { when subject contains "c"; assign tech, boss }
rule "seen" { observe; when subject contains "d"; assign watched }
rule "off" { off until 2030-01-01; when subject contains "e"; assign tech }
rule "papers" { when subject contains "f"; file "A/B" }
rule "out" { when subject contains "g"; forward r@x.kz }
rule "hint" { when subject contains "h"; propose idle }
rule "known" { when reply to known; assign same }
session rule "no" { when size > 50MB; reject "Too large" }
otherwise { triage }
"""


def compiled(text: str) -> tuple[Route, ...]:
    found = compile_file("r.rules", lambda _: text.encode())
    assert found.script is not None, [d.message for d in found.diagnostics]
    return routes(found.script)


def test_each_goal_has_what_leads_there_in_the_order_of_judging() -> None:
    found = {
        (r.goal.kind, r.goal.name): [
            (lead.rule.title if lead.rule else "otherwise", lead.how, lead.number) for lead in r.leads
        ]
        for r in compiled(RULES)
    }
    assert found == {
        ("department", "buh"): [("first", "also assign", 1), ("late", "assign", 9)],
        ("department", "tech"): [("two", "assign", 2), ("off", "assign", 4)],
        ("department", "idle"): [],
        ("department", "watched"): [("seen", "assign", 3)],
        ("sender", "sender"): [("no", "reject", 1)],
        ("person", "boss"): [("two", "assign", 2)],
        ("folder", "A/B"): [("papers", "file", 5)],
        ("address", "r@x.kz"): [("out", "forward", 6)],
        ("place", "triage"): [("hint", "propose idle", 7), ("otherwise", "triage", 0)],
        ("thread", "same"): [("known", "assign same", 8)],
    }


def test_a_department_that_nothing_leads_to_is_named() -> None:
    found = compiled(RULES)
    assert [route.goal.name for route in unreached(found)] == ["idle", "watched"]
    assert as_tree(found, TARGETS)[-2:] == [
        'nobody leads to department idle "Никто": email idle@x.kz',
        "nobody leads to department watched: email w@x.kz",
    ]


def test_the_tree() -> None:
    lines = as_tree(compiled(RULES), TARGETS)
    assert lines[:4] == [
        'department buh "Бухгалтерия" (restricted): email buh@x.kz; also maildir Copies',
        '├─    1  r.rules:7  "first"  also assign',
        '└─    9  r.rules:6  "late"   assign, continue',
        "",
    ]
    text = "\n".join(lines)
    for line in (
        'folder "A/B": maildir Filed',
        "triage: email d@x.kz",
        '└─    4  r.rules:10  "off"  assign, off until 2030-01-01',
        'person boss "Шеф": email boss@x.kz',
        "refused: the letter stays with its sender",
    ):
        assert line in text
    assert re.search(r"^└─    -  otherwise +triage$", text, re.MULTILINE)


def test_for_programs() -> None:
    found = as_objects(compiled(RULES), TARGETS)
    assert json.loads(json.dumps(found)) == found
    (buh,) = (each for each in found if each["name"] == "buh")
    assert buh["channels"][1] == {"kind": "maildir", "target": "Copies", "role": "also", "with_content": False}
    assert buh["rules"][1]["location"] == {"row": 6, "column": 1}
    (triage,) = (each for each in found if each["name"] == "triage")
    assert triage["place"] == "email d@x.kz"
    assert triage["rules"][-1] == {
        "number": 0,
        "title": None,
        "filename": None,
        "location": None,
        "action": "triage",
        "continue": False,
        "observe": False,
        "off_until": None,
    }


# ---------------------------------------------------------------- Mermaid

LABEL = r'"((?:[\w ,]|#\d+;|<br>)*)"'
NODE = re.compile(rf"  (?P<id>(?:goal|rule)\d+)(?:\[{LABEL}\]|\({LABEL}\))")
TARGET = re.compile(rf"  (?P<goal>goal\d+) --> channel\d+x\d+\(\[{LABEL}\]\)")
EDGE = re.compile(rf"  (?P<rule>rule\d+) -- {LABEL} --> (?P<goal>goal\d+)")
HOSTILE = """\
department end "]]\\"; click a %%{init: {}}%% style x:#fff;" { email a@x.kz }
department subgraph "graph TD" { email b_c@x.kz }
rule "1. A [b](c) **d** `e` <script>alert(1)</script> & #quot; \\"q\\" --> x; y" { when bounce; assign end }
rule "- пункт | _x_" { when bounce; also assign subgraph }
rule "end" { when bounce; file "A|B" }
rule "http://x.kz/www.a.kz fa:fa-car" { when bounce; forward r+x_y@x.kz }
otherwise { triage }
"""


def decoded(label: str) -> str:
    return re.sub(r"#(\d+);", lambda found: chr(int(found[1])), label.replace("<br>", "\n"))


def labels(lines: list[str]) -> dict[str, str]:
    """Node -> its label. Each line is a node, an edge or a delivery, by a grammar in which labels hold no syntax."""
    assert lines[0] == "flowchart LR"
    found: dict[str, str] = {}
    for line in lines[1:]:
        if node := NODE.fullmatch(line):
            assert node["id"] not in found
            found[node["id"]] = decoded(node[2] or node[3] or "")
        else:
            edge = TARGET.fullmatch(line) or EDGE.fullmatch(line)
            assert edge is not None, line
            assert {name for name in edge.groupdict().values() if name} <= set(found), "named before it is drawn"
    return found


@pytest.mark.parametrize("text", [RULES, HOSTILE])
def test_every_title_is_in_the_flowchart_and_none_is_syntax(text: str) -> None:
    found = compiled(text)
    titles = labels(as_mermaid(found, TARGETS))
    expected = {
        f"{lead.rule.title}\n{lead.rule.origin.source.name}:{lead.rule.origin.location[0]}"
        for route in found
        for lead in route.leads
        if lead.rule is not None and lead.rule.origin is not None
    }
    assert {label for node, label in titles.items() if node.startswith("rule")} == expected | {"otherwise"}
    assert sum(node.startswith("goal") for node in titles) == len(found)


def test_the_shipped_rules_are_drawn_whole() -> None:
    found = compile_file(str(ROOT / "rules/x-com.rules"), lambda path: Path(path).read_bytes())
    assert found.script is not None
    all_routes = routes(found.script)
    lines = as_mermaid(all_routes, {})
    labels(lines)
    assert sum(" -- " in line for line in lines) == sum(len(route.leads) for route in all_routes)
    deciding = {rule.title for rule in found.script.rules if rule.deciding}
    led = {lead.rule.title for route in all_routes for lead in route.leads if lead.rule is not None}
    assert deciding <= led
    assert not unreached(all_routes)
