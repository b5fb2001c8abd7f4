"""A page of HTML taken apart, for tests."""

from html.parser import HTMLParser

VOID = {"meta", "br", "input"}
LOADING = {"src", "srcset", "href", "action", "data", "poster", "background"}
"""Attributes by which an element may fetch something."""


class Page(HTMLParser):
    """A page with its elements, after a look at how they are nested."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember it."""
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Only what was opened last can be closed."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Remember it with its element."""
        if data.strip():
            self.texts.append((self.open[-1] if self.open else "", data))

    def texts_of(self, tag: str) -> list[str]:
        """What stands directly in elements of this kind."""
        return [text for found, text in self.texts if found == tag]

    def attributes_of(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each element of this kind."""
        return [attributes for found, attributes in self.elements if found == tag]


def check_alone(text: str) -> None:
    """A page needs nothing but itself: it can be sent, and opened without a network."""
    page = Page(text)
    tags = {tag for tag, _ in page.elements}
    assert tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "base"})
    for _, attributes in page.elements:
        assert all((attributes[name] or "").startswith("#") for name in LOADING & attributes.keys())
    assert not any(word in text for word in ("url(", "@import"))
    assert "default-src 'none'" in text


def check_readable(text: str) -> None:
    """Language, headings and tables are named; links lead to parts that are there, and ids are unique."""
    page = Page(text)
    assert page.attributes_of("html") == [{"lang": "en"}]
    assert len(page.attributes_of("h1")) == 1
    count = [tag for tag, _ in page.elements].count
    assert count("table") == count("caption") == count("thead")
    assert {attributes.get("scope") for attributes in page.attributes_of("th")} <= {"col", "row"}
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {(attributes["href"] or "")[1:] for attributes in page.attributes_of("a")}
    assert links <= set(ids)
    for attributes in page.attributes_of("svg"):
        if attributes.get("aria-hidden") != "true":
            assert attributes["role"] == "img"
            assert set((attributes["aria-labelledby"] or "").split()) <= set(ids)
