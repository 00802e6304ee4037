"""A wire that can be cut: TCP between a server and its database, as through a pooler that fails."""

from __future__ import annotations

import contextlib
import socket
import threading
import time


class Proxy:
    """Forwards a loopback port to ``target`` until it is told not to."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.refusing = False
        self.cuts = 0
        # How many commits are still to reach the server while what it says to them does not return.
        self.lose_answers = 0
        self.lost = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Reset every connection, in the middle of whatever it says."""
        with self._lock:
            cut, self._open = self._open, set()
        for one in cut:
            with contextlib.suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                one.shutdown(socket.SHUT_RDWR)
                one.close()
        self.cuts += len(cut) // 2

    def close(self) -> None:
        self._listening.close()
        self.cut()

    def _loses(self) -> bool:
        with self._lock:
            if not self.lose_answers:
                return False
            self.lose_answers -= 1
            self.lost += 1
            return True

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            if self.refusing:
                client.close()
                continue
            try:
                server = socket.create_connection(self._target)
            except OSError:
                client.close()
                continue
            with self._lock:
                self._open |= {client, server}
            for one, other, asks in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pump, args=(one, other, asks), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket, asks: bool) -> None:
        with contextlib.suppress(OSError):
            while said := one.recv(65536):
                if asks and b"COMMIT" in said and self._loses():
                    # The way back is closed first, then the commit goes its way.
                    one.shutdown(socket.SHUT_RDWR)
                    other.sendall(said)
                    time.sleep(0.2)
                    break
                other.sendall(said)
        for end in (one, other):
            with contextlib.suppress(OSError):
                end.close()
        with self._lock:
            self._open -= {one, other}
