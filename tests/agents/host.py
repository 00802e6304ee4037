"""A tiny host on loopback whose every byte a test decides. It has no model: it answers by rote."""

import asyncio
import json
import threading
from contextlib import contextmanager

GOOD = {"choice": "mail", "reasons": ["a mailbox"], "evidence": ["e1"], "confidence": "likely"}
USAGE = {"prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150}


def completion(content=None, *, finish_reason="stop", usage=USAGE, **message):
    """The body of a completion; ``content`` defaults to a valid answer."""
    said = {"role": "assistant", "content": json.dumps(GOOD) if content is None else content}
    choice = {"index": 0, "message": {**said, **message}, "finish_reason": finish_reason}
    found = {"id": "x", "object": "chat.completion", "model": "r1-served", "choices": [choice]}
    return {**found, "usage": usage} if usage else found


def response(body, status=200, kind="application/json", **headers):
    """Bytes of a whole HTTP response."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    given = {"content-type": kind, "content-length": len(body), **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + body


class Host:
    """Answers the n-th request with the n-th of ``steps`` (the last one again and again).

    A step is bytes to send, a number of seconds to wait, None to close the connection, or a list
    of these.
    """

    def __init__(self, *steps):
        self.steps = list(steps) or [response(completion())]
        self.requests = []
        self.open = 0
        self.url = ""

    async def serve(self, reader, writer):
        self.open += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.requests.append((head[0], headers, json.loads(body)))
                step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
                for part in step if isinstance(step, list) else [step]:
                    if part is None:
                        return
                    if isinstance(part, bytes):
                        writer.write(part)
                        await writer.drain()
                    else:
                        await asyncio.sleep(part)
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            self.open -= 1
            writer.close()


@contextmanager
def running(*steps):
    """A ``Host`` on a loop and thread of its own, gone when the block is left."""
    host = Host(*steps)
    started, ending = threading.Event(), []

    async def main():
        server = await asyncio.start_server(host.serve, "127.0.0.1", 0, backlog=1000)
        host.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        ending.extend([asyncio.get_running_loop(), asyncio.Event()])
        started.set()
        await ending[1].wait()
        server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield host
    finally:
        ending[0].call_soon_threadsafe(ending[1].set)
        thread.join(10)
