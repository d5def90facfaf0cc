"""Reads a page of fa-report: python3 page.py PAGE. Says what is wrong with it, or prints its outline: headings, drawings,
pictures. A browser forgives; this does not: elements must be closed in order, names of attributes known, nothing asked for."""
import base64, re, sys
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "rect", "path"}
wrong = []


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.heading, self.pictures = [], set(), set(), None, 0

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag in ("script", "iframe", "object", "embed", "form", "link", "base"):
            wrong.append(f"<{tag}>")
        for name, value in attributes:
            if name.startswith("on") or name in ("srcset", "xlink:href", "style"):
                wrong.append(f"{name} of <{tag}>")
            if name in ("src", "href") and not (value.startswith("#") or value.startswith("data:image/jpeg;base64,")):
                wrong.append(f"{name}={value}")
        if tag == "img":
            self.pictures += 1
            if base64.b64decode(given["src"].split(",")[1], validate=True)[:2] != b"\xff\xd8" or "alt" not in given:
                wrong.append("picture")
        if tag == "svg" and not given.get("aria-label"):
            wrong.append("drawing without a name")
        if "id" in given:
            if given["id"] in self.ids:
                wrong.append("id twice: " + given["id"])
            self.ids.add(given["id"])
        if given.get("href", "").startswith("#"):
            self.links.add(given["href"][1:])
        if tag == "svg":
            print("svg", given["aria-label"])
        if tag in ("h1", "h2", "h3"):
            self.heading = [tag, ""]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            wrong.append(f"</{tag}> closes nothing")
        if self.heading and tag == self.heading[0]:
            print(*self.heading)
            self.heading = None

    def handle_data(self, data):
        if self.heading:
            self.heading[1] += data


text = open(sys.argv[1], encoding="utf-8").read()
page = Page()
page.feed(text)
page.close()
if page.open:
    wrong.append(f"not closed: {page.open}")
if page.links - page.ids:
    wrong.append(f"links to nothing: {page.links - page.ids}")
if re.search(r"https?:|url\(|@import", text):
    wrong.append("a reference to somewhere else")
if re.search(r"\bnan\b|\binf\b|[\x00-\x09\x0b-\x1f]", re.sub(r"<pre.*?</pre>", "", text, flags=re.S)):
    wrong.append("a number that is none, or a control character")
print("pictures", page.pictures)
for what in wrong:
    print("wrong:", what)
sys.exit(bool(wrong))
