"""The lines of `sievepy doctor`, each verdict of each matter."""

from __future__ import annotations

import asyncio
import datetime as dt
import importlib.metadata
import re
import socket
import tomllib
import zoneinfo
from pathlib import Path

import pytest

from sievepy.cli.health import Line, machine, network, storage
from sievepy.spool.settings import Settings
from tests.unit.wire.certificates import Authority

ROOT = Path(__file__).parents[3]
NOW = dt.datetime(2026, 11, 25, 9, 0, tzinfo=dt.UTC)
EXT4 = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"


def of(line: Line) -> tuple[str, str]:
    assert (line.fix is None) == (line.verdict == "ok")
    return line.verdict, line.found


# ---------------------------------------------------------------- the machine


def test_the_libraries_are_those_that_the_package_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.match(r"[\w-]+", text)[0] for text in project["dependencies"]}  # type: ignore[index]
    assert set(machine.LIBRARIES) == names
    assert project["requires-python"] == ">={}.{}".format(*machine.PYTHON)


def test_a_missing_library_is_named() -> None:
    def version(name: str) -> str:
        if name == "lark":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.0"

    assert of(machine.libraries(("click", "lark"), version)) == ("fail", "lark missing")
    assert of(machine.libraries(("click",), version)) == ("ok", "click 1.0")


def test_the_machine_of_these_tests_is_sound() -> None:
    lines = list(machine.machine((3, 11, 2), NOW, zoneinfo.ZoneInfo("Asia/Almaty")))
    assert [line.verdict for line in lines] == ["ok"] * 4
    assert lines[2].found == "2026-11-25 14:00:00+05:00"
    assert lines[3].found.startswith("Asia/Almaty, +0500 now, by ")


def test_an_old_interpreter_and_a_clock_before_our_time() -> None:
    lines = list(machine.machine((3, 10, 9), dt.datetime(1970, 1, 1, tzinfo=dt.UTC), dt.UTC))
    assert [line.verdict for line in lines] == ["fail", "ok", "fail", "ok"]


# ---------------------------------------------------------------- storage


def test_folders(tmp_path: Path) -> None:
    assert of(storage.folder("queue", tmp_path, EXT4)) == ("ok", "can be written, on ext4")
    assert of(storage.folder("queue", tmp_path / "a" / "b", EXT4)) == ("ok", "will be made, on ext4")
    assert of(storage.folder("queue", tmp_path, EXT4.replace("ext4", "nfs4")))[0] == "fail"
    assert of(storage.folder("queue", tmp_path, EXT4.replace("ext4", "tmpfs")))[0] == "warn"
    (tmp_path / "file").write_text("x")
    assert of(storage.folder("queue", tmp_path / "file", EXT4)) == ("fail", "it is no folder")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_folder_that_cannot_be_written_durably(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(folder: Path, name: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(storage, "write_through", refused)
    assert of(storage.folder("queue", tmp_path, "")) == (
        "fail",
        "it cannot be written to durably: Permission denied",
    )
    assert of(storage.folder("queue", tmp_path / "a", ""))[1].startswith(f"{tmp_path} cannot be written")


def test_folders_of_one_store_lie_on_one_file_system(tmp_path: Path) -> None:
    (tmp_path / "incoming").mkdir()
    assert list(storage.same_file_system("queue", tmp_path, ("incoming", "letters"))) == []
    (found,) = storage.same_file_system("root", Path("/"), ("proc", "nowhere"))
    assert of(found) == ("fail", "on another file system than /")


@pytest.mark.parametrize(
    ("free", "names", "all_names", "verdict"),
    [
        (100 * storage.GIBIBYTE, 10**6, 10**7, "ok"),
        (100 * storage.GIBIBYTE, 0, 0, "ok"),  # a file system without that limit
        (100 * storage.GIBIBYTE, 5, 10**7, "fail"),
        (500 * 1024**2, 10**6, 10**7, "warn"),
        (79 * 1024**2, 10**6, 10**7, "fail"),
    ],
)
def test_room(free: int, names: int, all_names: int, verdict: str) -> None:
    assert of(storage.judged_room(free, names, all_names, Settings(Path("/q"))))[0] == verdict


def test_the_room_of_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    assert storage.room(Settings(tmp_path / "a" / "b")).found.endswith(" free")


def test_secrets(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    assert of(storage.secret_file("secret", path, made=True)) == ("ok", "will be made")
    assert of(storage.secret_file("password", path)) == ("fail", "there is no such file")
    path.write_text("hunter2")
    path.chmod(0o640)
    assert of(storage.secret_file("secret", path)) == ("ok", "readable")
    path.chmod(0o644)
    assert of(storage.secret_file("secret", path)) == ("warn", "everybody on this machine can read it")
    assert of(storage.secret_file("secret", tmp_path))[0] == "fail"  # a folder


def test_certificates(tmp_path: Path) -> None:
    path, _ = Authority.make(tmp_path / "ca").issue("mx.example", days=60)
    today = dt.datetime.now(dt.UTC)
    after = {0: "ok", 30: "ok", 45: "warn", 61: "fail", -1: "fail"}
    for days, verdict in after.items():
        assert of(storage.certificate("certificate", path, today + dt.timedelta(days)))[0] == verdict
    assert of(storage.certificate("certificate", tmp_path / "none", today))[1].startswith("it cannot be read")
    (tmp_path / "text").write_text("not one")
    assert of(storage.certificate("certificate", tmp_path / "text", today)) == ("fail", "there is no certificate in it")


# ---------------------------------------------------------------- the network


def test_ports() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        number = held.getsockname()[1]
        taken = network.port("127.0.0.1", number, None)
        assert of(taken) == ("fail", "Address already in use")
        assert taken.fix is not None and f"sport = :{number}" in taken.fix
        assert of(network.port("127.0.0.1", number, 77)) == ("ok", "in use while process 77 serves the queue")
    assert of(network.port("127.0.0.1", number, None)) == ("ok", "free")
    assert of(network.port("192.0.2.1", 2525, None))[0] == "fail"  # RFC 5737: an address of nobody


def test_names() -> None:
    async def known(host: str) -> list[str]:
        if host != "mail.example":
            raise socket.gaierror(-2, "Name or service not known")
        return ["192.0.2.1", "2001:db8::1"]

    def named(host: str) -> tuple[str, str]:
        return of(asyncio.run(network.name("mail server", host, known)))

    assert named("mail.example") == ("ok", "192.0.2.1, 2001:db8::1")
    assert named("none.example") == ("fail", "not found: Name or service not known")
    assert named("[::1]") == named("10.0.0.1") == ("ok", "an address, which needs no name")
    assert asyncio.run(network.resolve("localhost"))


def test_the_name_of_the_greeting() -> None:
    assert of(network.hostname("mx.x-com.kz"))[0] == "ok"
    assert of(network.hostname("localhost"))[0] == "warn"


def test_a_sink_is_closed_whatever_it_says() -> None:
    class Probed:
        def __init__(self, problem: str | None) -> None:
            self.problem, self.closed = problem, False

        async def probe(self) -> str | None:
            return self.problem

        async def close(self) -> None:
            self.closed = True

    for problem, expected in ((None, ("ok", "answers")), ("NOOP was not answered", ("fail", "NOOP was not answered"))):
        probed = Probed(problem)
        assert of(asyncio.run(network.sink("mail server", probed))) == expected  # type: ignore[arg-type]
        assert probed.closed
