"""Posts: templates, the author's own words, warnings, and what cannot be sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.domain.article import Article, Image, Source
from publisher.domain.networks import KNOWN_LIMITS
from publisher.domain.post import Post, PostImage
from publisher.domain.text_limits import TextLimits, measure
from publisher.errors import PostTooLong, PublisherError, QueueError, TemplateError
from publisher.rendering.post import PostRules, RenderedPost, plain_paragraphs, render_post
from publisher.rendering.templates import Templates

SHIPPED = Path(__file__).parents[2] / "templates"

ARTICLE = Article(
    slug="neue-pumpe",
    title="Neue Pumpe spart Köln 3,5 Mio. € Stromkosten",
    kicker="Wasser",
    teaser="Die Stadtwerke haben das Pumpwerk Süd erneuert. Es braucht nun halb so viel Strom wie bisher.",
    body_markdown="Am 3. Oktober ging das **Pumpwerk** in Betrieb.\n\n## Zahlen\n\n- eins\n\nMehr [hier](https://a.de).",
    lang="de",
    url="https://www.example.org/aktuelles/neue-pumpe-fuer-koeln",
    tags=("Wasser", "erneuerbare Energien", "2026", "Köln"),
    image=Image(src="https://www.example.org/pumpe.jpg", alt="Eine Pumpe", credit="Jörg Weber"),
    source=Source("Stadtwerke Köln"),
    path="queue/2026-11-23-neue-pumpe.md",
)


def rendered(
    article: Article = ARTICLE,
    network: str = "x",
    *,
    limits: TextLimits | None = None,
    templates: Templates | None = None,
    template_name: str | None = None,
    default_template: str = "",
    author_text: str | None = None,
    language: str = "de",
) -> RenderedPost:
    rules = PostRules(
        name=f"our-{network}",
        network=network,
        limits=limits or KNOWN_LIMITS[network],
        template_name=template_name,
        default_template=default_template,
    )
    return render_post(article, rules, templates or Templates([SHIPPED]), language=language, author_text=author_text)


EXPECTED = {
    "x": """\
Neue Pumpe spart Köln 3,5 Mio. € Stromkosten

Die Stadtwerke haben das Pumpwerk Süd erneuert. Es braucht nun halb so viel Strom wie bisher.

https://www.example.org/aktuelles/neue-pumpe-fuer-koeln

#Wasser #ErneuerbareEnergien""",
    "mastodon": """\
Neue Pumpe spart Köln 3,5 Mio. € Stromkosten

Die Stadtwerke haben das Pumpwerk Süd erneuert. Es braucht nun halb so viel Strom wie bisher.

https://www.example.org/aktuelles/neue-pumpe-fuer-koeln

#Wasser #ErneuerbareEnergien #Köln

Foto: Jörg Weber""",
    "linkedin": """\
Wasser: Neue Pumpe spart Köln 3,5 Mio. € Stromkosten

Die Stadtwerke haben das Pumpwerk Süd erneuert. Es braucht nun halb so viel Strom wie bisher.

Am 3. Oktober ging das Pumpwerk in Betrieb.

Mehr hier.

https://www.example.org/aktuelles/neue-pumpe-fuer-koeln

#Wasser #ErneuerbareEnergien #Köln

Foto: Jörg Weber""",
    "slack": """\
Neue Pumpe spart Köln 3,5 Mio. € Stromkosten

Die Stadtwerke haben das Pumpwerk Süd erneuert. Es braucht nun halb so viel Strom wie bisher.

https://www.example.org/aktuelles/neue-pumpe-fuer-koeln

Quelle: Stadtwerke Köln""",
}


@pytest.mark.parametrize("network", EXPECTED)
def test_shipped_templates(network: str) -> None:
    """The post of each template that we ship, letter by letter."""
    result = rendered(network=network)
    assert result.post.text == EXPECTED[network]
    assert (result.cut, result.warnings) == (None, ())


@pytest.mark.parametrize("network", KNOWN_LIMITS)
def test_every_network_gets_a_post_that_fits(network: str) -> None:
    post = rendered(replace(ARTICLE, teaser="Das ist ein sehr langer Satz zum Thema. " * 3000), network).post
    measured = measure(post.text, KNOWN_LIMITS[network])
    assert measured.fits
    assert (post.count, post.limit, post.unit) == (measured.length, measured.max_length, str(measured.unit))
    assert ARTICLE.url and ARTICLE.url in post.text


def test_english_words_for_an_english_article() -> None:
    assert rendered(replace(ARTICLE, lang="en"), "mastodon").post.text.endswith("Photo: Jörg Weber")
    assert rendered(replace(ARTICLE, lang=None), "slack", language="en").post.text.endswith("Source: Stadtwerke Köln")


def test_credit_that_names_its_kind_gets_no_other_name() -> None:
    article = replace(ARTICLE, image=Image(src="a.png", alt="Bild", credit="Illustration: FHWW"))
    assert rendered(article, "mastodon").post.text.endswith("\n\nIllustration: FHWW")


def test_post_carries_the_article_for_link_cards() -> None:
    post = rendered().post
    assert (post.slug, post.title, post.lang, post.teaser) == (ARTICLE.slug, ARTICLE.title, "de", ARTICLE.teaser)
    assert (post.url, post.tags) == (ARTICLE.url, ARTICLE.tags)
    assert post.image == PostImage(alt="Eine Pumpe", url="https://www.example.org/pumpe.jpg", credit="Jörg Weber")
    assert Post.from_bytes(post.to_bytes()) == post


def test_without_an_address_the_post_has_no_link() -> None:
    post = rendered(replace(ARTICLE, url=None)).post
    assert "http" not in post.text
    assert post.text.endswith("wie bisher.\n\n#Wasser #ErneuerbareEnergien")


def test_without_a_teaser_the_text_is_taken() -> None:
    text = rendered(replace(ARTICLE, teaser=None)).post.text
    assert "\n\nAm 3. Oktober ging das Pumpwerk in Betrieb.\n\nMehr hier.\n\n" in text


def test_title_alone_makes_a_post() -> None:
    assert rendered(Article(slug="a", title="Nur ein Titel")).post.text == "Nur ein Titel"


@pytest.mark.parametrize("gap", ["\n\n", " "])
def test_title_of_several_lines_is_one(gap: str) -> None:
    post = rendered(Article(slug="a", title=f"Ein{gap}Titel"), limits=replace(KNOWN_LIMITS["x"], max_length=10)).post
    assert post.text.startswith("Ein")


def test_dropped_hashtags_are_named() -> None:
    result = rendered(limits=replace(KNOWN_LIMITS["x"], max_length=82))
    assert result.post.text == f"{ARTICLE.title}\n\n{ARTICLE.url}\n\n#Wasser"
    assert result.warnings == ("There was no room for #ErneuerbareEnergien.",)


class TestWhichTemplate:
    """The channel's template, else the network's, else the adapter's own, else the default."""

    @pytest.fixture
    def templates(self, tmp_path: Path) -> Templates:
        (tmp_path / "post").mkdir()
        for name in ("own", "x", "default"):
            text = f"{{% block lead %}}{name}: {{{{ article.title }}}}{{% endblock %}}"
            (tmp_path / "post" / f"{name}.txt.j2").write_text(text, "utf-8")
        return Templates([tmp_path])

    def test_named(self, templates: Templates) -> None:
        assert rendered(templates=templates, template_name="own").post.text.startswith("own: ")

    def test_of_the_network(self, templates: Templates) -> None:
        post = rendered(templates=templates, default_template="{% block lead %}adapter{% endblock %}").post
        assert post.text.startswith("x: ")

    def test_of_the_adapter(self, templates: Templates) -> None:
        text = "{% block lead %}adapter{% endblock %}"
        assert rendered(network="threads", templates=templates, default_template=text).post.text == "adapter"

    def test_default(self, templates: Templates) -> None:
        assert rendered(network="threads", templates=templates).post.text.startswith("default: ")

    def test_missing(self, templates: Templates) -> None:
        with pytest.raises(TemplateError, match=r"post/nothing\.txt\.j2"):
            rendered(templates=templates, template_name="nothing")

    def test_unknown_block(self, tmp_path: Path) -> None:
        (tmp_path / "post").mkdir()
        (tmp_path / "post" / "x.txt.j2").write_text("{% block leed %}a{% endblock %}", "utf-8")
        with pytest.raises(TemplateError) as error:
            rendered(templates=Templates([tmp_path]))
        assert str(error.value) == (
            'templates/post/x.txt.j2: a post has no block "leed"\n'
            "hint: Use lead, link, hashtags, credit, for example {% block lead %}{{ article.title }}{% endblock %}."
        )

    def test_error_in_a_template_names_file_and_line(self, tmp_path: Path) -> None:
        (tmp_path / "post").mkdir()
        (tmp_path / "post" / "x.txt.j2").write_text("{% block lead %}\n{{ artcle.title }}{% endblock %}", "utf-8")
        with pytest.raises(TemplateError) as error:
            rendered(templates=Templates([tmp_path]))
        assert error.value.where.endswith("post/x.txt.j2:2")


class TestAuthorsOwnText:
    """It is used as it is, and only checked."""

    def test_as_it_is(self) -> None:
        result = rendered(author_text="Eigene  Worte!\n\nOhne Link.\n")
        assert result.post.text == "Eigene  Worte!\n\nOhne Link."
        assert (result.cut, result.post.count) == (None, 26)

    def test_too_long(self) -> None:
        with pytest.raises(PostTooLong) as error:
            rendered(author_text="Wort " * 60)
        assert str(error.value) == (
            "queue/2026-11-23-neue-pumpe.md [posts.our-x]: the author's own text is too long for this post: 299 of at "
            "most 280 X characters\n"
            "hint: Shorten it by 19, or leave posts.our-x out: the post is then made of title and teaser."
        )

    def test_exactly_at_the_limit(self) -> None:
        assert rendered(author_text="ä" * 280).post.count == 280

    def test_too_many_bytes(self) -> None:
        with pytest.raises(PostTooLong, match="5,000 of at most 3,000 UTF-8 bytes"):
            rendered(network="bluesky", author_text="👨‍👩‍👧‍👦" * 200)

    def test_empty(self) -> None:
        with pytest.raises(QueueError, match="the post is empty"):
            rendered(author_text=" \n")


class TestWarnings:
    """In plain sentences, for what will surprise."""

    def test_accidental_link_on_x(self) -> None:
        result = rendered(author_text="Das gilt ab heute.In Köln. Siehe README.md und wilo.de")
        assert result.warnings == (
            'X makes a link of "heute.In", which counts 23: put a space after the full stop, or write it in another '
            "way.",
            'X makes a link of "README.md", which counts 23: put a space after the full stop, or write it in another '
            "way.",
        )

    def test_many_links_on_threads(self) -> None:
        text = " ".join(f"https://example.org/{number}" for number in range(6))
        assert rendered(network="threads", author_text=text).warnings == (
            "Threads refuses a post with more than 5 links, and this one has 6.",
        )
        assert rendered(network="threads", author_text="https://a.de " * 6).warnings == ()

    def test_domain_without_a_scheme_on_mastodon(self) -> None:
        assert rendered(network="mastodon", author_text="Mehr auf wilo.de, https://a.de, a@b.de").warnings == (
            'Mastodon makes no link of "wilo.de": write "https://wilo.de" if it is to be one.',
        )

    @pytest.mark.parametrize(
        ("network", "text", "call"),
        [
            ("slack", "Hallo @channel", "@channel"),
            ("slack", "Hallo <!here>", "<!here>"),
            ("mattermost", "Hallo @all", "@all"),
            ("discord", "Hallo @everyone", "@everyone"),
            ("google_chat", "Hallo <users/all>", "<users/all>"),
        ],
    )
    def test_call_to_everybody(self, network: str, text: str, call: str) -> None:
        assert rendered(network=network, author_text=text).warnings == (
            f'"{call}" would notify everybody; it is sent so that it notifies nobody.',
        )

    def test_newer_emoji_near_the_limit_of_x(self) -> None:
        assert rendered(author_text="🧑‍🎄 " + "a" * 270).warnings == (
            "X may count 🧑‍🎄 as more than 2, and this post is near the limit; it is counted at the larger value.",
        )
        assert rendered(author_text="🧑‍🎄").warnings == ()


class TestBadInput:
    """A clear error or a correct post; never a traceback, never slow."""

    @pytest.mark.parametrize(("text", "code"), [("a\ud800b", "D800"), ("a\x00b", "0000"), ("a\x1bb", "001B")])
    def test_what_cannot_be_sent(self, text: str, code: str) -> None:
        for article, own in (
            (ARTICLE, text),
            (replace(ARTICLE, title=text), None),
            (replace(ARTICLE, teaser=text), None),
        ):
            with pytest.raises(QueueError) as error:
                rendered(article, author_text=own)
            assert error.value.what == f"the post contains a character that cannot be sent: U+{code}"
            assert error.value.where == "queue/2026-11-23-neue-pumpe.md [posts.our-x]"

    def test_marks_of_direction(self) -> None:
        text = "\u202bאבג דהו\u202c und \u2067אבג\u2069"
        assert rendered(replace(ARTICLE, teaser=text)).post.text.split("\n\n")[1] == text

    def test_link_of_5000_characters(self) -> None:
        with pytest.raises(PostTooLong) as error:
            rendered(replace(ARTICLE, url="https://example.org/" + "x" * 5000))
        assert error.value.where == "queue/2026-11-23-neue-pumpe.md [posts.our-x]"
        assert "5,020 of at most 280 X characters" in error.value.what

    def test_only_emoji(self) -> None:
        post = rendered(Article(slug="a", title="🎉" * 500)).post
        assert post.text == "🎉" * 138 + " …"
        assert post.count == 279

    @pytest.mark.parametrize(
        "network", ["x", *(pytest.param(name, marks=pytest.mark.long) for name in ("linkedin", "mattermost"))]
    )
    @pytest.mark.parametrize(
        "piece", ["a", "Wort ", "*", "[", "> ", "`", "- ", "\n", "👩🏽‍🚒", "https://a.de ", "![", "<"]
    )
    def test_ten_megabytes(self, network: str, piece: str) -> None:
        huge = piece * (10_000_000 // len(piece))
        rendered(replace(ARTICLE, teaser=None, body_markdown=huge), network)
        rendered(replace(ARTICLE, teaser=huge), network)
        with pytest.raises(PublisherError):
            rendered(author_text=huge, network=network)

    @settings(max_examples=150, deadline=None)
    @given(
        st.text(max_size=60),
        st.text(max_size=300),
        st.text(max_size=300),
        st.lists(st.text(max_size=15), max_size=3),
        st.sampled_from(list(KNOWN_LIMITS)),
    )
    def test_any_article(self, title: str, teaser: str, body: str, tags: list[str], network: str) -> None:
        article = Article(slug="a", title=title, teaser=teaser, body_markdown=body, tags=tuple(tags), url=ARTICLE.url)
        try:
            post = rendered(article, network).post
        except PublisherError as error:
            assert error.where and error.hint
        else:
            assert measure(post.text, KNOWN_LIMITS[network]).fits
            assert Post.from_bytes(post.to_bytes()) == post


def test_plain_paragraphs_are_the_running_text() -> None:
    markdown = (
        "# Titel\n\nEin *Satz*\nüber `x` &amp; <b>y</b>.\n\n![Bild](a.png)\n\n> Zitat\n\n- Liste\n\nEnde.\\\nNeu."
    )
    assert plain_paragraphs(markdown) == "Ein Satz über x & <b>y</b>.\n\nEnde. Neu."


# Threads.

THREAD = PostRules(name="our-bluesky", network="bluesky", limits=KNOWN_LIMITS["bluesky"], numbering="1/4")


def as_thread(article: Article, author_text: str | None = None, rules: PostRules = THREAD) -> RenderedPost:
    return render_post(article, rules, Templates([SHIPPED]), language="de", author_text=author_text)


def test_a_long_article_becomes_a_numbered_thread() -> None:
    """Title and whole body; link and hashtags in the first post."""
    article = replace(ARTICLE, body_markdown="Die Pumpe läuft seit Montag ohne jede Störung.\n\n" * 12)
    post = as_thread(article).post
    assert len(post.segments) == 3
    assert post.segments[0].startswith(f"{ARTICLE.title}\n\nDie Pumpe läuft")
    assert post.segments[0].endswith(f"{ARTICLE.url}\n\n#Wasser #ErneuerbareEnergien #Köln\n\n1/3")
    assert post.segments[2].endswith("\n\n3/3")
    assert post.text_of(2) == post.segments[1]
    assert max(measure(text, THREAD.limits).length for text in post.segments) == post.count <= 300
    assert Post.from_bytes(post.to_bytes()) == post


def test_a_rule_in_the_body_begins_a_new_post() -> None:
    article = replace(ARTICLE, body_markdown="Eins.\n\n---\n\nZwei.\n\n***\n\nDrei.")
    assert [text.split("\n\n")[0] for text in as_thread(article).post.segments] == [ARTICLE.title, "Zwei.", "Drei."]


def test_lists_tables_and_links_are_text_in_a_thread() -> None:
    body = "## Zahlen\n\n- *eins*\n- [zwei](https://a.example)\n\n3. drei\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    text = as_thread(replace(ARTICLE, body_markdown=body)).post.text
    assert "Zahlen\n\n– eins\n– zwei\n\n3. drei\n\na | b\n1 | 2\n\nhttps" in text


def test_a_short_article_is_a_single_post() -> None:
    post = as_thread(replace(ARTICLE, body_markdown="Kurz.")).post
    assert post.segments == ()
    assert post.text == f"{ARTICLE.title}\n\nKurz.\n\n{ARTICLE.url}\n\n#Wasser #ErneuerbareEnergien #Köln"


def test_an_authors_own_text_is_taken_apart_at_the_marks_and_nothing_is_added() -> None:
    assert as_thread(ARTICLE, "Eins.\n---\nZwei.").post.segments == ("Eins.\n\n1/2", "Zwei.\n\n2/2")
    assert as_thread(ARTICLE, "Eins. Zwei.").post.text == "Eins. Zwei."


def test_errors_of_a_thread_name_article_and_field() -> None:
    with pytest.raises(PostTooLong) as caught:
        as_thread(ARTICLE, "x" * 400)
    assert caught.value.where == "queue/2026-11-23-neue-pumpe.md [posts.our-bluesky]"
    with pytest.raises(QueueError, match="the post is empty"):
        as_thread(ARTICLE, " ")


def test_a_picture_without_alt_text_is_left_out_with_a_warning() -> None:
    article = replace(ARTICLE, image=Image(src="a.png"))
    assert rendered(article).post.image is None
    assert rendered(article).warnings == ("The picture does not go along: it has no alt text.",)


def test_what_was_cut_is_said() -> None:
    result = rendered(replace(ARTICLE, teaser="Der erste Satz ist da. " + "Der zweite Satz ist viel länger. " * 20))
    assert result.cut == "sentence"
    assert result.left_out.startswith("Der zweite Satz")
    assert (
        result.post.text.split("\n\n")[1] + " " + result.left_out
        == ("Der erste Satz ist da. " + "Der zweite Satz ist viel länger. " * 20).strip()
    )
