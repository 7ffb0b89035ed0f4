"""When texts are looked at, what an editor is shown, and what it is not kept waiting for.

Nothing here waits for a time: reading a file is held up by hand, and each test waits for what must come.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sievepy import lint
from sievepy.lsp.analyst import Analyst
from sievepy.lsp.diagnostics import Findings
from sievepy.lsp.documents import Document, Position, Range
from sievepy.lsp.projects import Snapshot, State, Superseded
from sievepy.lsp.session import Session
from tests.unit.lsp.desks import CONFIG, CONFIGURED, MAIN, OTHERWISE, reader

NOW = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
RULE = 'rule "Акты" { when subject mentions "акт"; triage }\n'


@dataclass
class Screen:
    """An editor that notes what it is shown, in order."""

    shown: list[tuple[str, list[str]]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    refreshed: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def show(self, found: Findings) -> None:
        self.shown.append((found.document.path, [finding.code for finding in found.findings]))
        self.news.set()

    def refresh_lenses(self) -> None:
        self.refreshed += 1
        self.news.set()

    def warn(self, message: str) -> None:
        self.warnings.append(message)
        self.news.set()

    async def until(self, met: Callable[[], bool]) -> None:
        while not met():
            self.news.clear()
            await self.news.wait()


class Gate:
    """Reading a file waits here until it is let through."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        self.asked: list[str] = []
        self._read = reader(files)

    def read(self, path: str) -> bytes:
        self.asked.append(path)
        self.reached.set()
        self.opened.wait()
        return self._read(path)

    async def until_reached(self) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self.reached.wait)


def play(scene: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.timeout(60):  # a failing test must not hang
            await scene()

    asyncio.run(run())


def analyst(read: Callable[[str], bytes], told: list[State], pause: float = 0) -> Analyst:
    return Analyst(read, told.append, lambda _, __: lambda: None, pause)


def test_a_newer_text_supersedes_the_one_that_is_looked_at() -> None:
    async def scene() -> None:
        gate, told = Gate({CONFIG: CONFIGURED}), []
        looking = analyst(gate.read, told)
        looking.changed({MAIN: Document(MAIN, "x", 1)})
        first = asyncio.ensure_future(looking.current())
        await gate.until_reached()
        looking.changed({MAIN: Document(MAIN, OTHERWISE, 2)})
        gate.opened.set()
        state = await first
        (analysis,) = state.analyses
        assert analysis.documents[MAIN].version == 2
        versions = [each.documents[MAIN].version for state in told for each in state.analyses]
        assert set(versions) == {2}  # nobody was told of what was given up
        looking.close()

    play(scene)


def test_a_question_that_does_not_need_the_newest_state_need_not_wait_for_it() -> None:
    async def scene() -> None:
        gate = Gate({CONFIG: CONFIGURED})
        looking = analyst(gate.read, [])
        looking.changed({MAIN: Document(MAIN, OTHERWISE, 1)})
        waiting = asyncio.ensure_future(looking.current())
        await gate.until_reached()
        assert await looking.answer(lambda: "at once") == "at once"
        assert not waiting.done()
        gate.opened.set()
        await waiting
        looking.close()

    play(scene)


def test_changes_in_a_row_are_looked_at_once() -> None:
    async def scene() -> None:
        asked: list[str] = []
        looking = analyst(lambda path: asked.append(path) or reader({CONFIG: CONFIGURED})(path), [], pause=3600)  # type: ignore[func-returns-value]
        for version in range(50):
            looking.changed({MAIN: Document(MAIN, OTHERWISE, version)})
        state = await looking.current()  # who asks does not wait for the pause
        assert [each.documents[MAIN].version for each in state.analyses] == [49]
        assert asked.count(CONFIG) == 1
        looking.close()

    play(scene)


def test_an_answer_about_a_text_that_changed_meanwhile_is_none() -> None:
    async def scene() -> None:
        looking = analyst(reader({CONFIG: CONFIGURED}), [])
        looking.changed({MAIN: Document(MAIN, OTHERWISE, 1)})
        loop = asyncio.get_running_loop()

        def question(_: State, __: Snapshot) -> str:
            done = threading.Event()
            loop.call_soon_threadsafe(lambda: (looking.changed({}), done.set()))
            done.wait()
            return "too late"

        with pytest.raises(Superseded):
            await looking.answer_now(question)
        looking.close()

    play(scene)


def test_a_mistake_of_ours_is_logged_and_does_not_end_it(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        broken = [True]

        def read(path: str) -> bytes:
            if broken:
                raise AssertionError("ours")
            return reader({CONFIG: CONFIGURED})(path)

        looking = analyst(read, [])
        looking.changed({MAIN: Document(MAIN, OTHERWISE, 1)})
        assert (await looking.current()).analyses == ()
        broken.clear()
        looking.changed({MAIN: Document(MAIN, OTHERWISE, 2)})
        assert len((await looking.current()).analyses) == 1
        looking.close()

    play(scene)
    assert [record.levelname for record in caplog.records] == ["ERROR"]


# ---------------------------------------------------------------- sessions


def session(screen: Screen, files: Mapping[str, str]) -> Session:
    return Session(screen, reader({CONFIG: CONFIGURED, **files}), lambda: NOW)


def test_findings_are_shown_for_open_files_and_for_others_that_have_some() -> None:
    async def scene() -> None:
        screen = Screen()
        part, good = "/site/rules/part.rules", "/site/rules/good.rules"
        files = {part: "list a { x..y }\n", good: "list b { x.kz }\n"}
        desk = session(screen, files)
        desk.open(MAIN, f'include "part.rules"\ninclude "good.rules"\n{OTHERWISE}', 1)
        await screen.until(lambda: bool(screen.shown))
        assert sorted(path for path, _ in screen.shown) == [MAIN, part]
        desk.change(MAIN, [(Range(Position(0, 0), Position(1, 0)), "")], 2)
        await screen.until(lambda: (part, []) in screen.shown)  # it is no longer a part of anything
        desk.analyst.close()

    play(scene)


def test_that_an_error_is_gone_is_shown_before_the_checks_are_done() -> None:
    async def scene() -> None:
        screen = Screen()
        desk = session(screen, {})
        desk.open(MAIN, "x\n" + RULE + OTHERWISE, 1)
        await screen.until(lambda: bool(screen.shown))
        assert [code[0] for code in screen.shown[-1][1]] == ["E"]
        before = len(screen.shown)
        desk.change(MAIN, [(Range(Position(0, 0), Position(1, 0)), "")], 2)
        await screen.until(lambda: len(screen.shown) >= before + 2)
        assert screen.shown[before] == (MAIN, [])  # compiled
        assert screen.shown[before + 1][1] == ["W211"]  # and linted
        desk.analyst.close()

    play(scene)


def test_opinions_stay_while_the_checks_look_again() -> None:
    async def scene() -> None:
        screen = Screen()
        desk = session(screen, {})
        desk.open(MAIN, RULE + OTHERWISE, 1)
        await screen.until(lambda: (MAIN, ["W211"]) in screen.shown)
        before = len(screen.shown)
        desk.change(MAIN, [(Range(Position(0, 0), Position(0, 0)), "# x\n")], 2)
        await screen.until(lambda: len(screen.shown) > before)
        assert screen.shown[before:] == [(MAIN, ["W211"])]
        desk.analyst.close()

    play(scene)


def test_a_text_is_known_before_the_checks_have_had_their_say(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = threading.Event()
    monkeypatch.setattr(lint, "run", lambda *_, **__: opened.wait() and ())

    async def scene() -> None:
        screen = Screen()
        desk = session(screen, {"/site/part.rules": "list b { x.kz }\n"})
        desk.open(MAIN, OTHERWISE, 1)
        desk.open("/site/other.rules", f'include "part.rules"\n{OTHERWISE}', 1)
        state = await desk.analyst.current()
        assert not state.linted
        assert desk.document("/site/part.rules").text == "list b { x.kz }\n"
        opened.set()
        desk.analyst.close()

    play(scene)


def letters(folder: Path, *subjects: str) -> None:
    folder.mkdir(exist_ok=True)
    for number, subject in enumerate(subjects):
        (folder / f"{number}.eml").write_bytes(f"From: a@b.example\r\nSubject: {subject}\r\n\r\nx\r\n".encode())


def test_lenses_tell_what_was_counted_and_are_refreshed_when_that_changes(tmp_path: Path) -> None:
    letters(tmp_path / "archive", "Акт", "Погода", "актов")
    files = {CONFIG: f'{CONFIGURED}[editor]\narchive = "{tmp_path}/archive"\n'}

    async def scene() -> None:
        screen = Screen()
        desk = session(screen, files)
        desk.open(MAIN, RULE + OTHERWISE, 1)
        assert desk.lenses(MAIN) == []
        await screen.until(lambda: screen.refreshed == 1)
        assert [lens.text for lens in desk.lenses(MAIN)] == ["matches 2 of 3 letters"]
        desk.change(MAIN, [(Range(Position(0, 0), Position(0, 0)), "x\n")], 2)  # errors: what was counted stays
        await screen.until(lambda: bool(screen.shown[-1][1]) and screen.shown[-1][1] != ["W211"])
        await desk.analyst.current()
        assert [lens.text for lens in desk.lenses(MAIN)] == ["matches 2 of 3 letters"]
        new = RULE.replace('"акт"', '"снег"').replace("Акты", "Погода")
        desk.change(MAIN, [(None, RULE + new + OTHERWISE)], 3)
        await screen.until(lambda: screen.refreshed == 2)
        texts = [lens.text for lens in desk.lenses(MAIN)]
        assert texts == ["matches 2 of 3 letters", "matches 0 of 3 letters"]
        desk.analyst.close()

    play(scene)


def test_an_archive_that_is_none_is_told_once(tmp_path: Path) -> None:
    files = {CONFIG: f'{CONFIGURED}[editor]\narchive = "{tmp_path}/none"\n'}

    async def scene() -> None:
        screen = Screen()
        desk = session(screen, files)
        desk.open(MAIN, RULE + OTHERWISE, 1)
        await screen.until(lambda: bool(screen.warnings))
        looked = len(screen.shown)
        desk.change(MAIN, [(Range(Position(0, 0), Position(0, 0)), "# x\n")], 2)
        await screen.until(lambda: len(screen.shown) > looked)
        assert len(screen.warnings) == 1 and screen.warnings[0].startswith("[editor] archive: ")
        assert desk.lenses(MAIN) == []
        desk.analyst.close()

    play(scene)
