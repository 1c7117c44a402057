"""A document written out as Markdown and as HTML; every name is escaped on its way.

The HTML is one file with its style inside and its figures beside it: no scripts, nothing loaded
from elsewhere. Tables may be pasted into a spreadsheet: an apostrophe stands before what it would
take for a formula.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from .document import Block, Bullets, Code, Document, Files, Heading, Picture, Table, Text
from .sheets import pasted

__all__ = ["to_html", "to_markdown"]

SHORT = 20  # rows of a table that is not broken over pages
STYLE = """\
:root { --ink: #1a1a1a; --soft: #5a5a5a; --line: #d0d0d0; --link: #004f7c; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 4rem; max-width: 50rem; color: var(--ink);
  background: #fff; font: 1rem/1.55 system-ui, "Segoe UI", "Liberation Sans", Arial, sans-serif;
  overflow-wrap: break-word; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0.5rem 0 1rem; }
h2 { font-size: 1.35rem; line-height: 1.25; margin: 2.6rem 0 0.7rem; padding-top: 0.7rem;
  border-top: 1px solid var(--line); }
h3 { font-size: 1.06rem; line-height: 1.3; margin: 1.7rem 0 0.3rem; }
p, ul { margin: 0.5rem 0 0.9rem; }
ul { padding-left: 1.3rem; }
li { margin: 0.3rem 0; }
a { color: var(--link); }
nav ol { columns: 2 16rem; margin: 0; padding-left: 1.6rem; }
nav li { margin: 0.1rem 0; }
nav p { margin: 0; font-weight: 600; }
nav { margin: 1.4rem 0; padding: 0.8rem 1rem; background: #f5f5f5; }
figure { margin: 1.4rem 0; }
figure.narrow { max-width: 27rem; }
figure img { display: block; width: 100%; height: auto; }
figcaption, caption { color: var(--soft); font-size: 0.88rem; line-height: 1.45; text-align: left; }
figcaption { margin-top: 0.5rem; }
.wide { overflow-x: auto; margin: 1.1rem 0; }
table { border-collapse: collapse; font-size: 0.88rem; line-height: 1.35; min-width: 60%;
  border-top: 1.5px solid var(--ink); border-bottom: 1.5px solid var(--ink); }
caption { padding-bottom: 0.4rem; }
th, td { padding: 0.35rem 0.7rem 0.35rem 0; text-align: left; vertical-align: top; }
th.number, td.number { text-align: right; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
thead th { vertical-align: bottom; border-bottom: 1px solid var(--ink); font-weight: 600; }
tbody th { font-weight: 400; }
tbody tr + tr > * { border-top: 1px solid #ececec; }
th, td { overflow-wrap: normal; }
pre { white-space: pre-wrap; background: #f5f5f5; padding: 0.7rem 0.9rem; font-size: 0.85rem; }
@media (max-width: 34rem) {
  body { padding: 0.9rem 0.9rem 3rem; }
  h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; }
}
@page { size: A4; margin: 18mm 17mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 9.5pt; }
  h2, h3 { break-after: avoid; }
  figure, tr, pre, .short { break-inside: avoid; }
  figure.narrow { max-width: 89mm; }
  figcaption, caption { font-size: 8pt; }
  figure img { max-height: 215mm; object-fit: contain; object-position: left; }
  thead { display: table-header-group; }
  .wide { overflow: visible; }
  table { font-size: 8pt; width: 100%; }
  th, td { padding-right: 0.45rem; }
  a { color: inherit; text-decoration: none; }
  nav { background: none; padding: 0; }
}
"""


# ------------------------------------------------------------------------------------- HTML


def to_html(document: Document) -> str:
    """The document as one page of HTML."""
    heads = [b for b in document.blocks if isinstance(b, Heading) and b.level == 2]
    number = {id(head): k + 1 for k, head in enumerate(heads)}
    contents = "\n".join(
        f'<li><a href="#part-{number[id(head)]}">{escape(head.text)}</a></li>' for head in heads
    )
    body = [
        _tag_heading(block, number.get(id(block)))
        if isinstance(block, Heading)
        else HTML[type(block)](block)
        for block in document.blocks
    ]
    first = next((k for k, b in enumerate(document.blocks) if isinstance(b, Heading)), 0)
    nav = f"<nav>\n<p>{escape(document.contents)}</p>\n<ol>\n{contents}\n</ol>\n</nav>"
    body.insert(first, nav)
    title = escape(document.title)
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{escape(document.language)}">',
            '<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>",
            f"<body>\n<main>\n<h1>{title}</h1>",
            *body,
            "</main>\n</body>\n</html>\n",
        ]
    )


def _tag_heading(head: Heading, number: int | None) -> str:
    mark = f' id="part-{number}"' if number is not None else ""
    return f"<h{head.level}{mark}>{escape(head.text)}</h{head.level}>"


def _tag_text(text: Text) -> str:
    return f"<p>{_led(text)}</p>"


def _led(text: Text) -> str:
    lead = f"<strong>{escape(text.lead)}</strong> " if text.lead else ""
    return f"{lead}{escape(text.text)}".strip()


def _tag_bullets(bullets: Bullets) -> str:
    return "<ul>\n" + "\n".join(f"<li>{_led(item)}</li>" for item in bullets.items) + "\n</ul>"


def _tag_files(files: Files) -> str:
    items = [
        f'<li><a href="{escape(name)}">{escape(name)}</a>: {escape(what)}</li>'
        for name, what in files.items
    ]
    return "<ul>\n" + "\n".join(items) + "\n</ul>"


def _tag_table(table: Table) -> str:
    kinds = [' class="number"' * bool(is_number) for is_number in table.numeric]
    head = "".join(
        f'<th scope="col"{kind}>{escape(pasted(str(name)))}</th>'
        for name, kind in zip(table.shown.columns, kinds, strict=True)
    )
    kind = "wide short" if len(table.shown) <= SHORT else "wide"
    rows = []
    for row in table.shown.head(table.rows).itertuples(index=False, name=None):
        first, *others = (escape(pasted(str(cell))) for cell in row)
        cells = "".join(
            f"<td{kind}>{cell}</td>" for cell, kind in zip(others, kinds[1:], strict=True)
        )
        rows.append(f'<tr><th scope="row"{kinds[0]}>{first}</th>{cells}</tr>')
    text = "\n".join(
        [
            f'<div class="{kind}" tabindex="0">',
            f"<table>\n<caption>{escape(table.caption)}</caption>",
            f"<thead>\n<tr>{head}</tr>\n</thead>\n<tbody>",
            *rows,
            "</tbody>\n</table>\n</div>",
        ]
    )
    return text + (f"\n<p>{escape(table.left_out)}</p>" if table.left_out else "")


def _tag_picture(picture: Picture) -> str:
    name = escape(picture.name)
    kind = ' class="narrow"' * picture.narrow
    return (
        f'<figure{kind}>\n<a href="{name}.pdf">'
        f'<img src="{name}.png" alt="{escape(picture.alt)}"></a>\n'
        f"<figcaption>{escape(picture.caption)} "
        f'<a href="{name}.pdf">{name}.pdf</a></figcaption>\n</figure>'
    )


HTML: dict[type[Any], Callable[[Any], str]] = {
    Text: _tag_text,
    Bullets: _tag_bullets,
    Code: lambda code: f"<pre>{escape(code.text)}</pre>",
    Table: _tag_table,
    Picture: _tag_picture,
    Files: _tag_files,
}


# --------------------------------------------------------------------------------- Markdown


def to_markdown(document: Document) -> str:
    """The document as Markdown."""
    blocks = [f"# {_plain(document.title)}", *(_mark(block) for block in document.blocks)]
    return "\n\n".join(blocks) + "\n"


def _mark(block: Block) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.level} {_plain(block.text)}"
    return MARKDOWN[type(block)](block)


def _plain(text: str) -> str:
    """Text in which nothing is a sign of Markdown or HTML."""
    text = re.sub(r"\s+", " ", str(text))
    text = re.sub(r"([\\`*\[\]|~]|(?<![^\W_])_|_(?![^\W_]))", r"\\\1", text)
    return re.sub(r"&(?=#?\w+;)", "&amp;", text).replace("<", "&lt;")


def _mark_led(text: Text) -> str:
    if text.lead:
        return f"**{_plain(text.lead)}** {_plain(text.text)}".strip()
    return re.sub(r"^(\d+)([.)] )|^([#>+=-])", _first, _plain(text.text))


def _first(found: re.Match[str]) -> str:
    """What would begin a list or a heading."""
    number, stop, sign = found.groups()
    return f"\\{sign}" if sign else f"{number}\\{stop}"


def _mark_table(table: Table) -> str:
    def line(cells: Sequence[Any]) -> str:
        return "| " + " | ".join(_plain(pasted(str(cell))) for cell in cells) + " |"

    rule = "| " + " | ".join("---:" if number else "---" for number in table.numeric) + " |"
    rows = [line(row) for row in table.shown.head(table.rows).to_numpy(dtype=object)]
    text = "\n".join([f"*{_plain(table.caption)}*\n", line(list(table.shown.columns)), rule, *rows])
    return text + (f"\n\n{_plain(table.left_out)}" if table.left_out else "")


def _mark_picture(picture: Picture) -> str:
    alt = _plain(picture.alt)
    return (
        f"![{alt}]({picture.name}.png)\n\n"
        f"*{_plain(picture.caption)}* [{picture.name}.pdf]({picture.name}.pdf)"
    )


MARKDOWN: dict[type[Any], Callable[[Any], str]] = {
    Text: _mark_led,
    Bullets: lambda bullets: "\n".join(f"- {_mark_led(item)}" for item in bullets.items),
    Code: lambda code: "    " + code.text.replace("\n", "\n    "),
    Table: _mark_table,
    Picture: _mark_picture,
    Files: lambda files: "\n".join(
        f"- [{name}]({name}): {_plain(what)}" for name, what in files.items
    ),
}
