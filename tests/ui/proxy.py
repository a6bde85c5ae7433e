"""A TCP proxy for tests: it delays both directions, or drops and refuses all connections."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


class Proxy:
    """Forwards bytes. `delay` is in seconds for each direction; `cut()` and `mend()` may be called from any thread."""

    def __init__(self, target: str, delay: float = 0.0) -> None:
        parts = urlsplit(target)
        assert parts.hostname
        assert parts.port
        self._target, self.delay = (parts.hostname, parts.port), delay
        self._loop = asyncio.new_event_loop()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task] = set()
        self._refusing = self._swallowing = False
        self.refused = 0  # connections that were closed at once
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def _do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    def cut(self) -> None:
        """Drop every connection, and close new ones at once."""
        self._do(self._cut())

    async def _cut(self) -> None:
        self._refusing, self._swallowing = True, False
        for writer in list(self._writers):
            writer.transport.abort()

    def swallow(self) -> None:
        """Lose all bytes from now on in both directions, while the connections look alive; `cut` ends it."""
        self._swallowing = True

    def mend(self) -> None:
        """Let connections through again."""
        self._refusing = False

    def close(self) -> None:
        async def end() -> None:
            self._server.close()
            await self._cut()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

        self._do(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            if self._refusing:
                self.refused += 1
                writer.transport.abort()
                return
            onward, back = await asyncio.open_connection(*self._target)
            self._writers |= {writer, back}
            try:
                await asyncio.gather(self._pass_on(reader, back), self._pass_on(onward, writer))
            finally:
                self._writers -= {writer, back}
                for end in (writer, back):
                    end.transport.abort()
        except (OSError, asyncio.CancelledError):  # a cancelled task is reported as an error by the streams
            writer.transport.abort()
        finally:
            self._tasks.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Each chunk leaves `delay` after it arrived, so the delay does not limit the bandwidth."""
        pieces: asyncio.Queue = asyncio.Queue()

        async def send() -> None:
            while (item := await pieces.get())[1]:
                await asyncio.sleep(item[0] - self._loop.time())
                if self._swallowing:
                    continue
                writer.write(item[1])
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()

        sending = asyncio.ensure_future(send())
        try:
            while True:
                piece = await reader.read(65536)
                pieces.put_nowait((self._loop.time() + self.delay, piece))
                if not piece:
                    break
            await sending
        except OSError:
            pass
        finally:
            sending.cancel()


@contextmanager
def proxy(target: str, delay: float = 0.0) -> Iterator[Proxy]:
    """A proxy in front of an address."""
    made = Proxy(target, delay)
    try:
        yield made
    finally:
        made.close()
