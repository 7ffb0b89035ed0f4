"""Look at every page of a built site: each link and anchor leads somewhere on it, nothing is fetched from elsewhere.

    python -m tools.site_links FOLDER

Prints what is broken; exit status 1 if anything is. Links to other hosts are not followed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

_FETCHED = {"img": "src", "script": "src", "iframe": "src", "source": "src", "object": "data", "embed": "src"}
_FETCHED_LINKS = frozenset({"stylesheet", "icon", "preload", "preconnect", "dns-prefetch", "manifest"})
_HERE = "site.invalid"  # RFC 2606: no other host has that name


@dataclass
class _Found(HTMLParser):
    """What one page holds: where its links lead, what it fetches, and the anchors in it."""

    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if values.get(name)}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        elif tag == "link" and _FETCHED_LINKS & set(values.get("rel", "").split()):
            self.fetched.append(values["href"])
        elif tag in _FETCHED and values.get(_FETCHED[tag]):
            self.fetched.append(values[_FETCHED[tag]])


def broken(folder: Path) -> Iterator[str]:
    """What is wrong on the pages of the site in `folder`, a line each."""
    pages = {str(path.relative_to(folder)): _read(path) for path in sorted(folder.rglob("*.html"))}
    for name, page in pages.items():
        base = f"http://{_HERE}/{name}"
        for link in page.links:
            target = urlsplit(urljoin(base, link))
            problem = _problem(target, folder, pages) if target.netloc == _HERE else None
            if problem is not None:
                yield f"{name}: {link}: {problem}"
        yield from (f"{name}: {problem}" for problem in _fetches(page.fetched, base, folder))


def _read(path: Path) -> _Found:
    found = _Found()
    found.feed(path.read_text(encoding="utf-8"))
    return found


def _fetches(addresses: Iterable[str], base: str, folder: Path) -> Iterator[str]:
    for address in addresses:
        target = urlsplit(urljoin(base, address))
        if target.scheme == "data":
            continue
        if target.netloc != _HERE:
            yield f"{address} is fetched from another host"
        elif not (folder / unquote(target.path).lstrip("/")).is_file():
            yield f"{address} is not there"


def _problem(target: SplitResult, folder: Path, pages: dict[str, _Found]) -> str | None:
    name = unquote(target.path).lstrip("/")
    if not name or name.endswith("/"):
        name += "index.html"
    if not (folder / name).is_file():
        return "no such page"
    if target.fragment and name in pages and unquote(target.fragment) not in pages[name].anchors:
        return "no such anchor"
    return None


def main() -> None:
    folder = Path(sys.argv[1])
    problems = list(broken(folder))
    print("\n".join(problems) or f"{len(list(folder.rglob('*.html')))} pages, no broken link")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
