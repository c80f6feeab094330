"""Fetch an article's image from the web, through the one HTTP client."""

from __future__ import annotations

from publisher.errors import QueueError
from publisher.ports.http import HttpClient, HttpRequest, NoAnswer, NotReached

MAX_IMAGE_BYTES = 40 * 1024 * 1024


def read_remote_image(http: HttpClient, src: str) -> bytes:
    """Give the bytes of an image on the web. Errors: QueueError; nothing is retried."""
    hint = "Check the address in a browser, or put the file into queue/images/ and name that."
    request = HttpRequest("GET", src, follow_redirects=True, max_answer_bytes=MAX_IMAGE_BYTES + 1)
    try:
        answer = http.send(request)
    except (NotReached, NoAnswer) as error:
        raise QueueError(f'the image "{src}" cannot be fetched: {error}', hint=hint, field="image.src") from None
    if answer.status != 200:
        raise QueueError(f'the image "{src}" cannot be fetched: HTTP {answer.status}', hint=hint, field="image.src")
    if len(answer.body) > MAX_IMAGE_BYTES:
        raise QueueError(f'the image "{src}" is larger than 40 MiB', hint="Use a smaller one.", field="image.src")
    return answer.body
