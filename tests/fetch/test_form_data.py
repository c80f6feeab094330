from __future__ import annotations

import email
import email.policy

from hypothesis import given
from hypothesis import strategies as st

from publisher.fetch import FormPart, encode_form

NAMES = st.from_regex(r"[a-z_]{1,12}(\[[0-9]\])?", fullmatch=True)
PARTS = st.builds(
    FormPart,
    name=NAMES,
    content=st.binary(max_size=200) | st.sampled_from([b"\r\n--form-", b"--\r\n", b"\n"]),
    media_type=st.sampled_from(["", "image/png", "application/json"]),
    file_name=st.sampled_from(["", "image.png"]),
)


@given(st.lists(PARTS, min_size=1, max_size=5))
def test_a_mail_parser_reads_it_back(parts: list[FormPart]) -> None:
    """Names, types, file names and every byte of the contents arrive."""
    content_type, body = encode_form(parts)
    head = f"Content-Type: {content_type}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n".encode()
    form = email.message_from_bytes(head + body, policy=email.policy.HTTP)
    assert not form.defects
    read = list(form.iter_parts())
    assert [part.get_param("name", header="content-disposition") for part in read] == [part.name for part in parts]
    assert [part.get_filename() or "" for part in read] == [part.file_name for part in parts]
    assert [part["content-type"] or "" for part in read] == [part.media_type for part in parts]
    boundary = b"--" + content_type.partition("boundary=")[2].encode()
    contents = [piece.partition(b"\r\n\r\n")[2][:-2] for piece in body.split(boundary)[1:-1]]
    assert contents == [part.content for part in parts]


@given(st.lists(PARTS, min_size=1, max_size=3))
def test_the_same_parts_give_the_same_bytes(parts: list[FormPart]) -> None:
    """Another attempt sends what the first one sent, and the boundary is in none of the contents."""
    content_type, body = encode_form(parts)
    assert (content_type, body) == encode_form(list(parts))
    boundary = content_type.partition("boundary=")[2].encode()
    assert not any(boundary in part.content for part in parts)
