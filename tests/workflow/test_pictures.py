"""The picture goes along where the network shows it, described and small enough; else the post is listed, not sent."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image

from publisher.domain.image_limits import ImageLimits
from publisher.domain.post import Post
from publisher.errors import Problems
from publisher.workflow.application import Application
from publisher.workflow.check import check
from tests.journeys.project import Project
from tests.workflow.office import now, opened
from tests.workflow.posting import Network, on_network

LIMITS = ImageLimits(max_bytes=200_000, max_side_px=300, max_alt_characters=40)
PICTURE = {"src": "images/pumpe.png", "alt": "Eine Pumpe", "credit": "Foto: Weber"}


@pytest.fixture
def network() -> Network:
    return Network()


@pytest.fixture
def app(project: Project, network: Network) -> Iterator[Application]:
    folder = project.folder / "queue" / "images"
    folder.mkdir()
    Image.linear_gradient("L").resize((600, 400)).convert("RGB").save(folder / "pumpe.png")
    with opened(project) as opened_app:
        yield on_network(opened_app, network, image_limits=LIMITS)


def test_the_picture_goes_along_scaled_and_described(project: Project, app: Application, network: Network) -> None:
    project.article(channels=["mastodon"], image=PICTURE)
    assert now(app, "neue-pumpe").exit_code == 0
    (sealed,) = network.handed
    image = Image.open(BytesIO(base64.b64decode(sealed.sections["image"])))
    assert image.size == (300, 200)
    post = Post.from_bytes(sealed.sections["post"])
    assert post.image
    assert (post.image.alt, post.image.credit) == ("Eine Pumpe (Foto: Weber)", "Foto: Weber")
    assert post.image.media_type == Image.MIME[image.format or ""]
    assert post.image.url is None


def test_the_same_picture_is_the_same_message(project: Project, app: Application) -> None:
    """What was shown is what is sent: the hash covers the picture."""
    project.article(channels=["mastodon"], image=PICTURE)
    hashes = []
    for _ in range(2):
        report = now(app, "neue-pumpe", ask=lambda offer: False)
        assert report.offer
        hashes.append(report.offer.frozen.posts[0].row.content_hash)
    assert hashes[0] == hashes[1]


def test_a_network_that_shows_no_pictures_gets_none(project: Project, app: Application, network: Network) -> None:
    project.article(channels=["mastodon"], image=PICTURE)
    now(on_network(app, network), "neue-pumpe")
    assert set(network.handed[0].sections) == {"post"}


WRONG = {
    "no alt text": ({"src": "images/pumpe.png"}, "[image.alt]"),
    "none of the kind": ({**PICTURE, "src": "images/fehlt.png"}, "[image.src]"),
    "outside": ({**PICTURE, "src": "../config.toml"}, "image.src"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_with_a_picture_is_listed_and_the_rest_goes_on(
    project: Project, app: Application, network: Network, kind: str
) -> None:
    """Exit 2 where the article was named, and then nothing is sent; check reports it as an error."""
    image, where = WRONG[kind]
    project.article("gut", channels=["mastodon"], image=PICTURE)
    project.article("schlecht", channels=["mastodon"], image=image)
    errors = [error for error in check(app, all_articles=True, online=False).errors if "schlecht" in error.where]
    assert any(where in error.where for error in errors) or kind == "outside"
    assert errors
    if kind != "outside":
        with pytest.raises(Problems) as caught:
            now(app, "schlecht")
        assert where in str(caught.value)
        assert "hint: " in str(caught.value)
        assert network.handed == []
    report = now(app)
    assert len(network.handed) == 1
    assert report.exit_code == 0


def test_a_file_that_is_no_picture(project: Project, app: Application) -> None:
    (project.folder / "queue" / "images" / "pumpe.png").write_text("keines")
    project.article(channels=["mastodon"], image=PICTURE)
    with pytest.raises(Problems, match="not an image"):
        now(app, "neue-pumpe")


def test_a_picture_from_the_web_comes_over_the_one_client(project: Project, app: Application, network: Network) -> None:
    """A private address is refused there, whatever the article says."""
    project.article(channels=["mastodon"], image={**PICTURE, "src": "https://127.0.0.1/pumpe.png"})
    with pytest.raises(Problems, match="cannot be fetched"):
        now(app, "neue-pumpe")
    assert network.handed == []
