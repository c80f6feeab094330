"""The one HTTP client: time limits, size caps, a guard for addresses, and what an answer means for a delivery.

    addresses   which addresses on the internet we talk to at all
    connection  requests and urllib3, made to connect only to an address that was checked
    client      RequestsHttpClient: one request, once
    capture     CapturingHttpClient: the same port in a rehearsal
    outcomes    answer -> Outcome, for every adapter that speaks HTTP
    form_data   bodies with fields and a file

Nothing else in the program opens an HTTP connection; `requests` is loaded with the first request.
"""

from __future__ import annotations

from publisher.fetch.addresses import host_of
from publisher.fetch.capture import CapturingHttpClient
from publisher.fetch.client import RequestsHttpClient
from publisher.fetch.form_data import FormPart, encode_form
from publisher.fetch.outcomes import (
    accepted,
    ask,
    by_the_table,
    deliver,
    json_of,
    nonsense,
    reset_seconds,
    take_step,
)

__all__ = [
    "CapturingHttpClient",
    "FormPart",
    "RequestsHttpClient",
    "accepted",
    "ask",
    "by_the_table",
    "deliver",
    "encode_form",
    "host_of",
    "json_of",
    "nonsense",
    "reset_seconds",
    "take_step",
]
