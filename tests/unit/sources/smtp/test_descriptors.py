"""The server asks the system for as many descriptors as its limits may need, and says so when it cannot have them."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sievepy.sources.port import SourceError
from sievepy.sources.smtp import Listener, Settings, SmtpSource
from sievepy.sources.smtp.descriptors import need
from sievepy.sources.smtp.limits import Limits
from tests.dialogs.live import Recorder


@pytest.fixture
def few() -> Iterator[tuple[int, int]]:
    """A limit that is low, and could be raised; its two values."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
    yield 256, before[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def source(folder: Path, connections: int) -> SmtpSource:
    settings = Settings("mx", folder, (Listener(port=0),))
    return SmtpSource(replace(settings, limits=Limits(connections=connections)), Recorder())


async def started(one: SmtpSource) -> tuple[int, int]:
    await one.start()
    await one.close()
    return resource.getrlimit(resource.RLIMIT_NOFILE)


def test_a_low_limit_is_raised_as_far_as_it_needs_to_be(few: tuple[int, int], tmp_path: Path) -> None:
    assert asyncio.run(started(source(tmp_path, 100))) == (need(100), few[1])


def test_a_limit_that_is_high_enough_is_left_alone(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert asyncio.run(started(source(tmp_path, 1))) == before


def test_more_than_the_system_allows_is_said_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    with pytest.raises(SourceError, match="6000 connections need 12512 descriptors, and the system allows 4096"):
        asyncio.run(started(source(tmp_path, 6000)))
