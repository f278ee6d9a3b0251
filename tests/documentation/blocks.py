"""Code blocks of a Markdown page, and what HTML comments right before one say of running it.

    <!-- slow -->             runs nightly only
    <!-- not run: REASON -->  does not run
    <!-- exit: 0 16 -->       may end with these exit codes
    <!-- file: PATH -->       is not run but written to PATH, for what comes after

A block of `console` runs in bash, one of `python` in Python, one of `diff` is applied; other languages show what is not run.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / name
    for name in ("README.md", "METHODOLOGY.md", "BIAS.md", *sorted(str(path) for path in (ROOT / "docs").rglob("*.md")))
]
RUNNABLE = ("console", "python", "diff")

_MARK = re.compile(r"<!--\s*(slow|not run|exit|file)(?::\s*(.*?))?\s*-->")


@dataclass(frozen=True, kw_only=True)
class Block:
    """`line` is where it begins, 1 the first; `unrun` why it does not run; `file` where it is written to instead."""

    page: Path
    line: int
    language: str
    text: str
    slow: bool = False
    unrun: str | None = None
    exits: tuple[int, ...] = (0,)
    file: str | None = None

    @property
    def place(self):
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks_of(page):
    """Every fenced block of `page`, in order."""
    found, marks = [], {}
    for token in MarkdownIt("commonmark").parse(page.read_text()):
        if token.type == "html_block":
            marks.update(_MARK.findall(token.content))
            assert re.sub(_MARK, "", token.content).strip() == "", f"{page}:{token.map[0] + 1}: {token.content!r} means nothing"
        elif token.type == "fence":
            found.append(_block(page, token, marks))
            marks = {}
        else:
            assert not marks, f"{page}:{token.map[0]}: {marks} is not right before a block"
    return found


def _block(page, token, marks):
    return Block(
        page=page,
        line=token.map[0] + 1,
        language=token.info,
        text=token.content,
        slow="slow" in marks,
        unrun=marks.get("not run"),
        exits=tuple(map(int, marks.get("exit", "0").split())),
        file=marks.get("file"),
    )
