"""Places in a TOML text, held against what `tomllib` reads: the text of each place must be the value of its path."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given

from sievepy.config.positions import Path, Positions, find_positions
from sievepy.config.schema import faults
from sievepy.text import SourceFile


def walked(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Each scalar below a value, and its path."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from walked(each, (*path, key))
    elif isinstance(value, list) and value:
        for number, each in enumerate(value):
            yield from walked(each, (*path, number))
    elif not isinstance(value, list):
        yield path, value


def at(table: Any, path: Path) -> Any:
    for key in path:
        table = table[key]
    return table


def agree(text: str) -> Positions:
    """The places of a text, once they are found to be right."""
    source = SourceFile.of("x.toml", text)
    table = tomllib.loads(source.text)
    positions = find_positions(source)
    for path, span in positions.values.items():
        assert repr(tomllib.loads(f"x = {span.text}")["x"]) == repr(at(table, path)), (path, span.text)
        assert span.text == span.text.strip()
    for path, span in positions.keys.items():
        last = [key for key in path if isinstance(key, str)][-1]
        assert tomllib.loads(f"{span.text} = 0") == {last: 0}
    missing = {path for path, _ in walked(table)} - set(positions.values)
    assert not missing
    return positions


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing",
        "a = 1",
        "a=1\n[b]\nc=2\n[b.d]\ne=3",
        "a.b.c = 1\na.b.d = 2",
        "[a . 'b' . \"c\\u0041\"]\nd = true",
        'a = "x # y"  # z\nb = \'x = "y"\'',
        'a = """\nx = 1\n"two" quotes ""\\"""" # c\nb = 2',
        'a = """x""""\nb = """"""\nc = """x"""""',
        "a = '''\n[no]\nk = ''x'''\nb = ''''x''''",
        "a = [1, [2, 3], [], [ # c ]\n  4, # d\n], 5]",
        "a = { b = 1, c.d = [ { e = 'x' }, { e = '}' } ] }\nb = {}",
        "[[a]]\nb = 1\n[[a]]\nb = 2\n[a.c]\nd = 3\n[[a.e]]\nf = 4\n[[a.e]]\nf = 5",
        "a = 1979-05-27 07:32:00 # c\nb = 1979-05-27T00:32:00.9-07:00\nc = 07:32:00\nd = -inf\ne = 0xdead_beef",
        '"ключ" = "знач"\r\n[ "таб" ]\r\nx = [\r\n1,\r\n2]\r\n',
        "\ufeffa = 1",
    ],
)
def test_places_are_those_of_what_is_read(text: str) -> None:
    agree(text)


def test_a_place_is_the_exact_one() -> None:
    found = agree("[relay]\nlisten = [\n  'a',\n  'b' ]\n\n[[x.y]]\nz = { w = 1 }\n")
    assert str(found.values["relay", "listen", 1]) == "x.toml:4:3"
    assert str(found.keys["relay",]) == "x.toml:1:2"
    assert str(found.keys["x", "y"]) == "x.toml:6:5"
    assert str(found.keys["x", "y", 0, "z", "w"]) == "x.toml:7:7"
    assert str(found.values["x", "y", 0, "z", "w"]) == "x.toml:7:11"


def test_what_is_not_written_is_placed_at_what_is_around_it() -> None:
    found = agree("[relay]\nworkers = 1\n")
    assert str(found.value(("relay", "listen", 0))) == "x.toml:1:2"
    assert found.value(("zone",)) is None


# ---------------------------------------------------------------- generated texts

bare = st.text("ab-_9", min_size=1, max_size=2)  # few, so that names meet again
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=8)
quoted = st.one_of(
    words.map(lambda s: '"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"'),
    words.map(lambda s: "'" + s.replace("'", "") + "'"),
)
strings = st.one_of(
    quoted,
    words.map(lambda s: '"""\n' + s.replace("\\", "").replace('"""', '""').rstrip('"') + '\n""""'),
    words.map(lambda s: "'''" + s.replace("'", "") + "\n = ]#'''"),
)
keys = st.one_of(bare, quoted)
scalars = st.one_of(strings, st.integers().map(str), st.sampled_from(["true", "false", "1.5e3", "1979-05-27", "nan"]))
blank = st.sampled_from(["", " ", "\t"])
gap = st.sampled_from(["", " ", "\n", " # ], } = \n"])


@st.composite
def arrays(draw: st.DrawFn, items: st.SearchStrategy[str]) -> str:
    found = [draw(gap) + item + draw(gap) for item in draw(st.lists(items, max_size=3))]
    return "[" + ",".join(found) + draw(st.sampled_from(["", ","] if found else [""])) + draw(gap) + "]"


@st.composite
def inline_tables(draw: st.DrawFn, items: st.SearchStrategy[str]) -> str:
    pairs = [
        f" {key}{draw(blank)}={draw(blank)}{draw(items)} " for key in draw(st.lists(bare, max_size=3, unique=True))
    ]
    return "{" + ",".join(pairs) + "}"


values = st.recursive(scalars, lambda inner: st.one_of(arrays(inner), inline_tables(inner)), max_leaves=6)


@st.composite
def lines(draw: st.DrawFn) -> str:
    name = (draw(blank) + "." + draw(blank)).join(draw(st.lists(keys, min_size=1, max_size=2)))
    if draw(st.booleans()):
        name = draw(st.sampled_from(["a", "b", "a.b"]))
    match draw(st.sampled_from(["pair", "pair", "table", "array", "array", "comment"])):
        case "pair":
            return f"{draw(blank)}{name}{draw(blank)}={draw(blank)}{draw(values)}{draw(blank)}"
        case "table":
            return f"[{draw(blank)}{name}{draw(blank)}] # x"
        case "array":
            return f"[[{name}]]"
        case _:
            return '# [x] y = """'


def is_toml(text: str) -> bool:
    try:
        tomllib.loads(SourceFile.of("", text).text)
    except tomllib.TOMLDecodeError:
        return False
    return True


@given(st.lists(lines(), max_size=8))
def test_places_of_any_text_are_those_of_what_is_read(lines: list[str]) -> None:
    """Of lines that would contradict those above them nothing is kept."""
    text = ""
    for line in lines:
        text = f"{text}{line}\n" if is_toml(f"{text}{line}\n") else text
    agree(text)


# ---------------------------------------------------------------- arrays of tables against a type


class Inner(msgspec.Struct, forbid_unknown_fields=True, rename="kebab"):
    user_name: str
    port: int = 1


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    mailboxes: list[Inner] = msgspec.field(default_factory=list)
    portals: dict[str, Inner] = msgspec.field(default_factory=dict)


def test_faults_in_arrays_of_tables_and_in_named_tables_have_their_paths() -> None:
    text = "[[mailboxes]]\nuser-name = 'a'\n[[mailboxes]]\nuser-nam = 'b'\nport = 'x'\n[portals.main]\nuser-name = 1\n"
    positions = find_positions(SourceFile.of("x.toml", text))
    found = {
        str(positions.keys[fault.path] if fault.unknown else positions.value(fault.path)): fault
        for fault in faults(tomllib.loads(text), Outer)
    }
    assert set(found) == {"x.toml:4:1", "x.toml:5:8", "x.toml:3:3", "x.toml:7:13"}
    assert found["x.toml:4:1"].help == "did you mean `user-name`?"
    assert found["x.toml:3:3"].message == "`mailboxes[1]` has no `user-name`"
    assert found["x.toml:7:13"].message == "`portals.main.user-name` is to be a string, not a whole number"
