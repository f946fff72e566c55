"""What the tests of the data share: a web server that can misbehave, and small data files."""

import io
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest


class Server:
    """Serves `body` at any address; the attributes make it misbehave, the lists record what happened."""

    def __init__(self, body):
        self.body = body
        self.status = None                  # answer every request with this error
        self.understands_ranges = True
        self.stop_after = None              # close the connection after so many bytes of the answer
        self.silent = threading.Event()     # set: send nothing at all until `wake`
        self.wake = threading.Event()
        self.wrong_range = False            # answer 206 with another part than the one asked for
        self.ranges = []                    # the Range header of each request, or None
        self.sent = []                      # the bytes sent in answer to each request

    def answer(self, request):
        """The status, headers and content of an answer."""
        asked = request.headers.get("Range")
        self.ranges.append(asked)
        if self.status:
            return self.status, {}, b"an error page"
        if not asked or not self.understands_ranges:
            return 200, {}, self.body
        start = 0 if self.wrong_range else int(asked.removeprefix("bytes=").removesuffix("-"))
        if start >= len(self.body):
            return 416, {"Content-Range": f"bytes */{len(self.body)}"}, b""
        end = f"{len(self.body) - 1}/{len(self.body)}"
        return 206, {"Content-Range": f"bytes {start}-{end}"}, self.body[start:]


def handler(server):
    """A request handler class for one Server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if server.silent.is_set():
                server.wake.wait(10)
                return
            status, headers, content = server.answer(self)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": len(content)}.items():
                self.send_header(name, str(value))
            self.end_headers()
            content = content[: server.stop_after]
            server.sent.append(len(content))
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    return Handler


@pytest.fixture
def serve(monkeypatch):
    """serve(body) -> (Server, url): a running web server, closed at the end of the test."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    running = []

    def start(body):
        server = Server(body)
        web = ThreadingHTTPServer(("127.0.0.1", 0), handler(server))
        thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, web, thread))
        return server, f"http://127.0.0.1:{web.server_port}/archive.tar.gz"

    yield start
    for server, web, thread in running:
        server.wake.set()
        web.shutdown()
        web.server_close()
        thread.join()


@pytest.fixture
def no_folders(monkeypatch, tmp_path):
    """No MINIBNN_DATA, and an empty place for the cache, which is returned."""
    monkeypatch.delenv("MINIBNN_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "minibnn"


@pytest.fixture
def rows():
    """rows(count, seed): random images in order of channel, row, column, (count, 3072) uint8."""
    return lambda count, seed: np.random.default_rng(seed).integers(0, 256, (count, 3072), np.uint8)


@pytest.fixture
def pixel_by_pixel():
    """The definition of the order of bytes, in a loop: (N, 3072) -> (N, 32, 32, 3)."""

    def convert(images):
        pixels = np.empty((len(images), 32, 32, 3), np.uint8)
        for channel in range(3):
            for row in range(32):
                for column in range(32):
                    pixels[:, row, column, channel] = images[:, channel * 1024 + row * 32 + column]
        return pixels

    return convert


@pytest.fixture
def tar():
    """tar(members) -> bytes of a .tar.gz; members: (name, content) or (name, type, link target)."""

    def pack(members):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            for name, *rest in members:
                member = tarfile.TarInfo(name)
                if len(rest) == 1:
                    member.size = len(rest[0])
                    archive.addfile(member, io.BytesIO(rest[0]))
                else:
                    member.type, member.linkname = rest
                    archive.addfile(member)
        return buffer.getvalue()

    return pack
