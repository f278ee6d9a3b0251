"""What a page shows: tables of cells, pictures with a table behind each, and blocks of both. Data alone, drawn elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from archbench.report.paint import Drawing


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell that is more than text.

    Args:
        text: what it says.
        link: anchor in the same page.
        mark: name of its look, as of a verdict.
        picture: an SVG element made by `archbench.report.strip`, never from a file.
    """

    text: str
    link: str = ""
    mark: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table. The first `left` columns are flush left, the others flush right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell | str, ...], ...]
    left: int = 1


def grid(columns: Sequence[str], rows: Iterable[Sequence[Cell | str]], *, left: int = 1) -> Grid:
    """A table of these."""
    return Grid(columns=tuple(columns), rows=tuple(tuple(row) for row in rows), left=left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A picture, drawn when it is needed.

    Args:
        name: of its file.
        caption: what it shows and how to read it.
        label: the same in a sentence, for who does not see it.
        draw: draws it as wide as it is told.
        table: what it was drawn from.
    """

    name: str
    caption: str
    label: str
    draw: Drawing
    table: Grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """A table behind a line that opens it."""

    title: str
    table: Grid


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A part of a section under a heading of its own: words, then a picture, then tables, open and folded.

    `command` measures it, or measures it again; where it is `absent` that is all there is to say.
    """

    anchor: str
    title: str
    words: tuple[str, ...] = ()
    plot: Plot | None = None
    tables: tuple[Grid, ...] = ()
    folded: tuple[Folded, ...] = ()
    command: str = ""
    absent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A chapter of the page."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The whole report.

    Args:
        title: names the set or the two.
        facts: what is said once at its head, as (what, answer).
        command: makes it again.
    """

    title: str
    facts: tuple[tuple[str, Cell | str], ...]
    sections: tuple[Section, ...]
    command: str

    @property
    def plots(self) -> tuple[Plot, ...]:
        """Every picture in order."""
        return tuple(block.plot for section in self.sections for block in section.blocks if block.plot is not None)
