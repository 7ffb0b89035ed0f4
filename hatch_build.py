"""What a wheel's build adds: the parser's tables beside the grammar, so that the first start is as fast as any other.

Tables belong to one release of lark; a site that has another builds its own at the first start and caches them.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class TablesBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds the tables into a temporary folder, and has the wheel take them from there."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":  # a checkout keeps its tables in the user's cache
            return
        tables, name = _build(Path(self.root))
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name) / name
        path.write_text(tables, encoding="utf-8")
        build_data["force_include"][str(path)] = f"sievepy/_grammar/{name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self._folder.cleanup()


def _build(root: Path) -> tuple[str, str]:
    """The tables' text and their file's name, made by the code that will read them."""
    sys.path.insert(0, str(root))
    try:
        from sievepy.rules_lang.parser import GRAMMAR, build_tables
        from sievepy.rules_lang.tables import PACKAGED, dump_tables
    finally:
        sys.path.remove(str(root))
    grammar = (root / "grammar" / GRAMMAR).read_text(encoding="utf-8")
    return dump_tables(build_tables(grammar)), PACKAGED
