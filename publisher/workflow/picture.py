"""The picture that goes along with a post: it must be described, readable, and small enough for the network."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from publisher.domain.article import Article
from publisher.domain.image_limits import ImageLimits
from publisher.errors import QueueError
from publisher.rendering.post import PostRules
from publisher.rendering.post_image import FittedImage, fit_image
from publisher.workflow.application import Application

REMEMBERED_PICTURES = 32


def with_memory(app: Application) -> Application:
    """Give an application that reads each of the last pictures once: several channels take the same."""
    return replace(app, read_image=lru_cache(REMEMBERED_PICTURES)(app.read_image))


def refuse_undescribed(article: Article, rules: PostRules) -> None:
    """Stop a picture without alt text where it would go along. Errors: QueueError."""
    image = article.image
    if rules.image_limits and image and image.src and not image.alt:
        raise QueueError(
            f'the picture has no alt text, so it cannot go to "{rules.name}"',
            where=f"{article.path} [image.alt]",
            hint='Say what it shows, for people who do not see it, for example alt: "A new pump in a cellar".',
            field="image.alt",
        )


def read_picture(app: Application, article: Article, limits: ImageLimits) -> FittedImage:
    """Read an article's picture and make it what the network takes. Errors: QueueError."""
    src = (article.image and article.image.src) or ""
    try:
        return fit_image(app.read_image(src), limits)
    except QueueError as error:
        where = f"{article.path} [image.src]"
        raise QueueError(error.what, where=where, hint=error.hint, field="image.src") from error
