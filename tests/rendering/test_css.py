"""The style sheet goes into the elements; nothing is fetched, nothing but the look changes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import premailer
import pytest

from publisher.errors import TemplateError
from publisher.rendering.css import inline_css, refuse_changes

PAGE = """<!DOCTYPE html>
<html lang="de"><head><meta charset="utf-8">
<style>{inlined}</style>
<style data-premailer="ignore">@media (max-width: 600px) {{ .a {{ color: #ff0000 !important; }} }}</style>
<!--[if mso]><noscript><xml><o:x></o:x></xml></noscript><![endif]-->
</head><body lang="de" xml:lang="de">
<!--[if !mso]><!--><p class="a">„Grüße“\u00a0&amp; <a class="l" href="https://x.example/?a=1&amp;b=2">Link</a></p><!--<![endif]-->
<img class="i" src="cid:1@publisher" width="536" height="300" alt="">{body}
</body></html>
"""


def _page(inlined: str = ".a { margin: 0 0 8px 0; color: #aabbcc; }", body: str = "") -> str:
    return PAGE.format(inlined=inlined, body=body)


def test_rules_become_attributes_and_the_rest_stays() -> None:
    html = inline_css(_page(".a { margin: 0 0 8px 0; color: #aabbcc; } .i { width: 100%; max-width: 536px; }"))
    assert '<p class="a" style="margin:0 0 8px 0; color:#aabbcc">' in html
    assert 'width="536" height="300"' in html
    assert "@media (max-width: 600px) { .a { color: #ff0000 !important; } }" in html
    assert "<!--[if !mso]><!-->" in html
    assert "<!--<![endif]-->" in html
    assert 'xml:lang="de"' in html
    assert "premailer" not in html
    assert html.startswith("<!DOCTYPE html>")


def test_placeholder_tokens_survive() -> None:
    html = inline_css(_page(body='<a href="ph-12ab-unsubscribe_url-hp">ph-12ab-greeting-hp</a>'))
    assert '<a href="ph-12ab-unsubscribe_url-hp">ph-12ab-greeting-hp</a>' in html


@pytest.mark.parametrize(
    ("html", "what"),
    [
        ("<html></html>", "does not start with"),
        (_page(body="<![if !mso]>x<![endif]>"), "rewritten by inliners"),
        (_page("@import url(https://x.example/a.css);"), "from elsewhere"),
        (_page("@font-face { font-family: x; src: url(https://x.example/a.woff); }"), "from elsewhere"),
        ("<!DOCTYPE html><style>.a{}</style><p><table><tr><td>x</table><body><!--[if mso]>a<![endif]--></p>", None),
    ],
)
def test_what_an_inliner_would_break_is_an_error(html: str, what: str | None) -> None:
    if what is None:
        assert "x" in inline_css(html)
        return
    with pytest.raises(TemplateError, match=what):
        inline_css(html)


@pytest.mark.parametrize(
    ("sheet", "own", "expected"),
    [
        (".b { margin-top: 5px; } .b { margin: 0; } .b { margin-top: 9px; }", "", "margin:0; margin-top:9px"),
        (".b { margin: 0; } .b { margin-top: 5px; } .b { margin: 1px; }", "", "margin-top:5px; margin:1px"),
        (".b { color: #ff0000 !important; } .b { color: #00ff00; }", "color: #0000ff", "color:#ff0000 !important"),
        (".b { width: 1px; }", "width: 2px !important; width: 3px", "width:2px !important"),
        (".b { border: 0; border-top: 1px solid #112233; }", "", "border:0; border-top:1px solid #112233"),
    ],
)
def test_the_order_of_declarations_is_the_cascades(sheet: str, own: str, expected: str) -> None:
    assert f'<b class="b" style="{expected}">' in inline_css(_page(sheet, f'<b class="b" style="{own}">x</b>'))


def test_sizes_and_media_queries_stay_as_they_are() -> None:
    body = '<table width="100%" height="9"><tr><td width="600" align="right" bgcolor="#aabbcc">x</td></tr></table>'
    html = inline_css(_page("td { width: 50%; height: 3px; text-align: left; background-color: #ffffff; }", body))
    assert '<table width="100%" height="9">' in html
    assert '<td width="600" align="right" bgcolor="#aabbcc" style="width:50%; height:3px;' in html
    assert html.count("<style>@media (max-width: 600px) { .a { color: #ff0000 !important; } }</style>") == 1


def test_a_rule_of_a_phone_in_the_wrong_sheet_stays_too() -> None:
    html = inline_css(_page(".a { color: #112233; } @media (max-width: 500px) { .a { color: #445566 !important; } }"))
    assert "#445566 !important" in html
    assert html.count("@media") == 2


SWAPS = {
    "the text": ("Grüße", "Grusse"),
    "the links": ("a=1&amp;b=2", "a=1"),
    "the image addresses": ("cid:1@", "cid:2@"),
    "the alternative texts": ('alt=""', 'alt="x"'),
    "the languages": ('<html lang="de">', '<html lang="en">'),
    "the classes": ('class="l"', 'class="m"'),
    "the widths and heights": ('width="536"', 'width="537"'),
    "the rules for phones and dark mode": ("#ff0000 !important", "#ff0000"),
    "the conditional comments": ("<!--<![endif]-->", "<!-- -->"),
    "the doctype": ("<!DOCTYPE html>", ""),
    "an address": ("margin:0", "margin:0; background:url(//evil.example/x.png)"),
}


@pytest.mark.parametrize("what", SWAPS)
def test_each_comparison_sees_what_it_is_for(what: str) -> None:
    """Controls: what an inliner could spoil is spoilt, and is named."""
    before = _page(".a { margin: 0; }")
    after = inline_css(before)
    refuse_changes(before, after)
    old, new = SWAPS[what]
    assert old in after
    with pytest.raises(TemplateError, match=what):
        refuse_changes(before, after.replace(old, new))


def test_broken_css_is_left_out_and_stops_nothing() -> None:
    assert "color:#112233" in inline_css(_page(".a { color: #112233; } }}}} .b { nonsense"))


class _Canary(BaseHTTPRequestHandler):
    seen: list[str]

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/css")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    seen: list[str] = []
    server = HTTPServer(("127.0.0.1", 0), type("Canary", (_Canary,), {"seen": seen}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    thread.join()
    server.server_close()


def test_nothing_is_fetched(canary: tuple[str, list[str]], tmp_path: Path) -> None:
    """A server named everywhere gets no request; a file named by @import is not read."""
    address, seen = canary
    (tmp_path / "secret.css").write_text(".a { color: #123456; }")
    body = (
        f'<link rel="stylesheet" href="{address}/l.css"><img src="{address}/i.png" alt="" srcset="{address}/j.png 2x">'
        f'<table background="{address}/b.png"><tr><td style="background:url({address}/s.png)">x</td></tr></table>'
    )
    html = inline_css(_page(f".a {{ background: url({address}/c.png); }}", body))
    assert "x</td>" in html
    for rule in (f"@import '{address}/i.css';", f"@import url(file://{tmp_path}/secret.css);"):
        with pytest.raises(TemplateError):
            inline_css(_page(f"{rule} .a {{ color: #ffffff; }}"))
    escaped = "@\\69mport url(file://" + str(tmp_path) + "/secret.css); .a { margin: 0; }"
    assert "#123456" not in inline_css(_page(escaped))
    assert seen == []


def test_the_control_premailer_as_it_comes_does_fetch(canary: tuple[str, list[str]]) -> None:
    """The same server sees requests where nobody forbids them."""
    address, seen = canary
    body = f'<link rel="stylesheet" href="{address}/l.css">'
    page = _page(f"@import '{address}/i.css'; .a {{ margin: 0; }}", body)
    premailer.transform(page, cssutils_logging_level=logging.CRITICAL)
    assert set(seen) == {"/l.css", "/i.css"}
