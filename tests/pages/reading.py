"""A page as a reader meets it: its tables, its links, its words."""

from html.parser import HTMLParser


class Read(HTMLParser):
    """Tables by the anchor of the block that they stand in, every id and link, tags and what they refer to."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.ids, self.links, self.tags, self.fetched = {}, [], [], [], []
        self.anchor, self._row, self._cell = "", None, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.tags.append(tag)
        self.ids += [named["id"]] if "id" in named else []
        self.links += [named["href"]] if "href" in named else []
        self.fetched += [named[name] for name in ("src", "srcset", "data", "poster") if name in named]
        if tag == "article":
            self.anchor = named["id"]
        elif tag == "table":
            self.tables.setdefault(self.anchor, []).append([])
        elif tag == "tr":
            self._row = []
        elif tag in ("td", "th"):
            self._cell = ""

    def handle_data(self, data):
        if self._cell is not None:
            self._cell += data

    def handle_endtag(self, tag):
        if tag in ("td", "th"):
            self._row.append(self._cell.strip())
            self._cell = None
        elif tag == "tr":
            self.tables[self.anchor][-1].append(self._row)

    def rows(self, anchor):
        """Every row of every table of a block."""
        return [row for table in self.tables.get(anchor, []) for row in table[1:]]
