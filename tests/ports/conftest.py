"""The adapters of `port.Spool`: every test of the contract runs with each of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.ports.spools import Opener, opened

OPENERS: list[Opener] = [opened]


@pytest.fixture(params=OPENERS, ids=["sqlite"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Callable[..., Awaitable[None]]], None]:
    def run(test: Callable[..., Awaitable[None]]) -> None:
        async def whole() -> None:
            async with request.param(tmp_path / "queue") as spool:
                await test(spool)

        asyncio.run(whole())

    return run
