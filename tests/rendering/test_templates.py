"""Templates: which one is taken, what is escaped, and where an error is."""

from __future__ import annotations

from pathlib import Path

import pytest

from publisher.errors import TemplateError
from publisher.rendering.templates import MAX_OUTPUT_CHARACTERS, Templates


def _folder(root: Path, name: str, **files: str) -> Path:
    folder = root / name / "templates"
    for path, text in files.items():
        target = folder / path.replace("__", "/").replace("_j2", ".j2").replace("_html", ".html")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    return folder


def test_the_first_folder_that_has_the_file_wins(tmp_path: Path) -> None:
    own = _folder(tmp_path, "own", mail__a_j2="own {{ x }}")
    shipped = _folder(tmp_path, "shipped", mail__a_j2="shipped", mail__b_j2="shipped {{ x }}")
    templates = Templates([own, shipped])
    assert templates.render("mail/a.j2", {"x": "ü"}) == "own ü"
    assert templates.render("mail/b.j2", {"x": "ü"}) == "shipped ü"
    assert templates.exists("mail/b.j2")
    assert not templates.exists("mail/c.j2")


def test_a_file_that_comes_or_goes_is_seen_at_once(tmp_path: Path) -> None:
    """In a process that has rendered before: one's own goes before the shipped one, with what it includes; and back."""
    own, shipped = tmp_path / "own", _folder(tmp_path, "shipped", mail__a_j2='{% include "./b.j2" %}', mail__b_j2="1")
    templates = Templates([own, shipped])
    assert templates.render("mail/a.j2", {}) == "1"
    with pytest.raises(TemplateError, match="there is no template"):
        templates.render("mail/c.j2", {})
    (own / "mail").mkdir(parents=True)
    for name, text in (("b.j2", "own"), ("c.j2", "new")):
        (own / "mail" / name).write_text(text)
    assert templates.render("mail/a.j2", {}) == "own"
    assert templates.render("mail/c.j2", {}) == "new"
    (own / "mail" / "a.j2").write_text('{% block x %}<{% include "./b.j2" %}>{% endblock %}')
    assert templates.render_blocks("mail/a.j2", {}) == {"x": "<own>"}
    (own / "mail" / "b.j2").unlink()
    assert templates.render("mail/a.j2", {}) == "<1>"
    (own / "mail" / "a.j2").unlink()
    assert templates.render("mail/a.j2", {}) == "1"


def test_only_html_is_escaped_and_neighbours_are_included_by_a_dot(tmp_path: Path) -> None:
    folder = _folder(
        tmp_path,
        "own",
        mail__page_html_j2='{% include "./part.html.j2" %}|{% include "./sheet.j2" %}',
        mail__part_html_j2="{{ x }}",
        mail__sheet_j2="{{ x }}",
    )
    assert Templates([folder]).render("mail/page.html.j2", {"x": "<b>"}) == "&lt;b&gt;|<b>"


def test_blocks_are_rendered_alone_and_see_what_was_set_outside() -> None:
    text = '{% set y = x ~ "!" %}{% block lead %}{{ y }}{% block inner %}i{% endblock %}{% endblock %}'
    text += "{% block end %}{% endblock %}"
    assert Templates([]).render_blocks_of_text(text, "channels.x", {"x": "a<"}) == {"lead": "a<!i", "end": ""}


def test_blocks_of_a_file(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "own", post__x_j2="{% block a %}1{% endblock %} {% block b %}{{ x }}{% endblock %}")
    assert Templates([folder]).render_blocks("post/x.j2", {"x": 2}) == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("\n{{ titel }}", '"titel" is not known here', 'Did you mean "title"?'),
        ("\n{{ article.headlin }}", '"headlin" is not known here', 'Did you mean "headline"?'),
        ("\n{{ zzz }}", '"zzz" is not known here', "Use one of: article, title."),
        ("\n{% if %}", "Expected an expression", "Correct the template"),
        ("\n{% include 'nothing.j2' %}", 'there is no template "nothing.j2"', "Check the name"),
        ("\n{{ title | loud }}", "No filter named 'loud'", "Correct the template"),
        ("\n{{ 1 + title }}", "TypeError: unsupported operand", "Correct the template"),
        ("\n{{ title.__class__.__mro__ }}", '"__class__" is not known here', "Use one of"),
        ("\n{{ 'a' * 100000000 }}", "* makes more than 1,000,000", "shorter"),
        ("\n{{ 9 ** 99999999 }}", "** makes more than 1,000,000", "shorter"),
        ("\n{{ '%999999999d' % 1 }}", "cannot be formatted with %", "shorter"),
        ("\n{% for a in range(200) %}{% for b in range(200) %}{% endfor %}{% endfor %}", "range() gave", "shorter"),
    ],
)
def test_every_error_has_a_place_and_a_hint(tmp_path: Path, text: str, what: str, hint: str) -> None:
    folder = _folder(tmp_path, "own", email__digest__html_j2=text)
    with pytest.raises(TemplateError) as caught:
        Templates([folder]).render("email/digest/html.j2", _VALUES)
    assert caught.value.where == "templates/email/digest/html.j2:2"
    assert what in caught.value.what
    assert hint in caught.value.hint
    assert str(tmp_path) not in str(caught.value)


def test_output_without_end_is_stopped() -> None:
    with pytest.raises(TemplateError, match="the output is longer"):
        Templates([]).render_blocks_of_text("{% for a in range(9000) %}{{ title * 1000 }}{% endfor %}", "x.j2", _VALUES)


_VALUES = {"title": "Titel", "article": {"headline": "Kopf"}}


def test_an_error_in_an_included_file_names_that_file(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "own", a_html_j2='x\n{% include "./b.html.j2" %}', b_html_j2="\n\n{{ nope }}")
    with pytest.raises(TemplateError) as caught:
        Templates([folder]).render("a.html.j2", {"x": 1})
    assert caught.value.where == "templates/b.html.j2:3"


def test_a_missing_template_and_one_that_is_not_utf8(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "own", a_j2="")
    with pytest.raises(TemplateError) as caught:
        Templates([folder]).render("email/gone/html.j2", {})
    assert caught.value.where == "email/gone/html.j2"
    (folder / "a.j2").write_bytes(b"\xff\xfe")
    with pytest.raises(TemplateError, match="not UTF-8"):
        Templates([folder]).render("a.j2", {})


def test_a_template_that_includes_itself_is_an_error(tmp_path: Path) -> None:
    folder = _folder(tmp_path, "own", a_j2='{% include "./a.j2" %}')
    with pytest.raises(TemplateError, match="RecursionError"):
        Templates([folder]).render("a.j2", {})


def test_the_limit_of_the_output_leaves_room_for_a_large_mail() -> None:
    assert MAX_OUTPUT_CHARACTERS > 60 * 20_000
