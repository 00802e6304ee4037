"""Asking the scripted server, well-behaved or byte by byte."""

import json
import socket
import time
from contextlib import contextmanager
from urllib.parse import urlsplit

PROMPT = 'Which one?\nOFFERED: ["left", "right", "straight on"]\nAnswer with one JSON object.'


def request(prompt=PROMPT, **fields):
    return {"model": "r1", "messages": [{"role": "user", "content": prompt}], **fields}


def ask(http, model, dialect, fault="none", prompt=PROMPT, **fields):
    url = model.base_url(dialect, fault) + "/chat/completions"
    return http.post(url, json=request(prompt, **fields))


def message(response):
    return response.json()["choices"][0]["message"]


def answer_text(response):
    """The content behind the last closing tag."""
    return message(response)["content"].rpartition("</think>")[2]


@contextmanager
def raw_request(model, dialect, fault):
    """A socket on which a correct request has been sent."""
    url = urlsplit(model.base_url(dialect, fault))
    body = json.dumps(request()).encode()
    head = (
        f"POST {url.path}/chat/completions HTTP/1.1\r\nhost: {url.netloc}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((url.hostname, url.port), timeout=5) as sock:
        sock.sendall(head.encode() + body)
        yield sock


def bytes_within(sock, seconds):
    """What arrives in this time, and whether the stream ended: (bytes, ended)."""
    got, end = b"", time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        sock.settimeout(left)
        try:
            part = sock.recv(65536)
        except TimeoutError:
            break
        if not part:
            return got, True
        got += part
    return got, False
