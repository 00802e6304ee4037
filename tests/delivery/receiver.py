"""A receiver of webhooks on loopback, in threads, that behaves as it is told."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG, DIE, GARBAGE, DRIP, FLOOD = "hang", "die", "garbage", "drip", "flood"
Answer = int | str | tuple[int, dict[str, str]]


class Receiver:
    """Everything it got is in ``got``, in order: (headers, body). ``behave`` answers."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.behave: Callable[[dict[str, Any]], Answer] = lambda event: 204
        self.over = threading.Event()
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver.take(self)

            def do_GET(self) -> None:
                receiver.got.append(({"method": "GET"}, b""))
                self.send_error(500)

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_: object) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    @property
    def events(self) -> list[dict[str, Any]]:
        with self.lock:
            return [json.loads(body) for _, body in self.got]

    @property
    def subjects(self) -> list[str]:
        return [event["subject"] for event in self.events]

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["content-length"]))
        event = json.loads(body)
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.got.append(({k.lower(): v for k, v in handler.headers.items()}, body))
        try:
            self._answer(handler, self.behave(event))
        finally:
            with self.lock:
                self.at_once -= 1

    def _answer(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        if isinstance(answer, int):
            answer = (answer, {})
        if isinstance(answer, tuple):
            status, headers = answer
            said = b"" if status in (204, 304) else b"what I have to say\x00\x1b[31m"
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name, value)
            if status not in (204, 304):
                handler.send_header("content-length", str(len(said)))
            handler.end_headers()
            handler.wfile.write(said)
            return
        handler.close_connection = True
        if answer == HANG:
            self.over.wait(60)
        elif answer == GARBAGE:
            handler.wfile.write(b"SSH-2.0-OpenSSH_9\r\n")
        elif answer == DIE:
            handler.connection.shutdown(socket.SHUT_RDWR)
        elif answer == DRIP:
            with contextlib.suppress(OSError):
                for one in b"HTTP/1.1 200 OK\r\nx-slow: " + b"x" * 6_000:
                    handler.wfile.write(bytes([one]))
                    if self.over.wait(0.05):
                        return
        elif answer == FLOOD:
            with contextlib.suppress(OSError):
                handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n")
                while not self.over.is_set():
                    handler.wfile.write(b"x" * 65_536)


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    """One that is up while this lasts."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        receiver.server.shutdown()
        receiver.server.server_close()
