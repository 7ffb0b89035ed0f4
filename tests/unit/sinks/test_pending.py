"""Lines for what stands in for printers and portals: each once, whole, and taken back where they still are."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from sievepy.sinks.pending import Pending


def lines(*ids: str) -> list[dict[str, object]]:
    return [{"id": id, "action": "print", "queue": "Приёмная"} for id in ids]


def ids(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_text(encoding="utf-8").splitlines()]


def test_lines_are_added_in_order(tmp_path: Path) -> None:
    pending = Pending(tmp_path / "new folder" / "pending.jsonl")
    pending.add(lines("a", "b"))
    pending.add(lines("c"))
    assert ids(pending.path) == ["a", "b", "c"]
    assert "Приёмная" in pending.path.read_text(encoding="utf-8")


def test_added_twice_is_added_once(tmp_path: Path) -> None:
    pending = Pending(tmp_path / "pending.jsonl")
    pending.add(lines("x"))
    since = pending.size()
    pending.add(lines("a"), since)
    pending.add(lines("a", "b"), since)
    assert ids(pending.path) == ["x", "a", "b"]


def test_a_torn_line_is_cut_off(tmp_path: Path) -> None:
    pending = Pending(tmp_path / "pending.jsonl")
    pending.add(lines("a"))
    with pending.path.open("ab") as file:
        file.write(b'{"id": "b", "act')
    pending.add(lines("b"))
    assert ids(pending.path) == ["a", "b"]


def test_a_file_of_nothing_but_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "pending.jsonl"
    path.write_bytes(b'{"id"')
    Pending(path).add(lines("a"))
    assert ids(path) == ["a"]


def test_a_file_that_its_reader_emptied_since(tmp_path: Path) -> None:
    pending = Pending(tmp_path / "pending.jsonl")
    pending.add(lines("x", "y"))
    since = pending.size()
    pending.path.write_bytes(b"")
    pending.add(lines("a"), since)
    assert ids(pending.path) == ["a"]


def test_taking_lines_back_leaves_the_others_and_says_which_were_there(tmp_path: Path) -> None:
    pending = Pending(tmp_path / "pending.jsonl")
    pending.add(lines("a", "b", "c"))
    assert pending.remove(["b", "z"]) == {"b"}
    assert ids(pending.path) == ["a", "c"]
    assert [path.name for path in tmp_path.iterdir()] == ["pending.jsonl"]


def test_taking_back_from_no_file_is_nothing(tmp_path: Path) -> None:
    assert Pending(tmp_path / "pending.jsonl").remove(["a"]) == set()
    assert not list(tmp_path.iterdir())


def test_writers_wait_for_each_other(tmp_path: Path) -> None:
    """Two threads add while a third takes back: no line is lost to a file that was replaced meanwhile."""
    path = tmp_path / "pending.jsonl"

    def add(start: str) -> None:
        for number in range(25):
            Pending(path).add(lines(f"{start}{number}"))

    def take_back() -> None:
        for number in range(25):
            Pending(path).remove([f"a{number}"])

    threads = [threading.Thread(target=add, args=(s,)) for s in "ab"] + [threading.Thread(target=take_back)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    Pending(path).remove([f"a{number}" for number in range(25)])
    assert ids(path) == [f"b{number}" for number in range(25)]
