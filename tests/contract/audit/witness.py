"""A small witness: an HTTP server that speaks c2sp.org/tlog-witness and checks everything before it signs."""

import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from shared.tlog import verify
from shared.tlog.notes import Signer
from shared.tlog.verify import EMPTY_ROOT, Checkpoint, Unproven, Vkey, open_checkpoint

AT = 1_763_424_000


class SmallWitness:
    """Remembers the latest checkpoint of one log. `url` is where it listens."""

    def __init__(self, log: Vkey, *, name: str = "witness.example/w1", seed: bytes = bytes(range(1, 33))) -> None:
        self.signer = Signer.from_seed(name, seed, kind=verify.COSIGNATURE)
        self.log = log
        self.latest = Checkpoint(origin=log.name, size=0, root=EMPTY_ROOT)
        self.asked = 0
        self.url = ""
        self._lock = threading.Lock()

    def add_checkpoint(self, body: str) -> tuple[int, str]:
        """Answer as the specification says."""
        head, _, note = body.partition("\n\n")
        lines = head.split("\n")
        with self._lock:
            self.asked += 1
            try:
                old = int(lines[0].removeprefix("old "))
                hashes = [b64decode(line, validate=True) for line in lines[1:]]
                checkpoint = open_checkpoint(note, self.log).checkpoint
            except Unproven:
                return 403, "it is not signed"
            except ValueError:  # Unreadable among them
                return 400, "it cannot be read"
            if old > checkpoint.size:
                return 400, "it shrank"
            if old != self.latest.size:
                return 409, f"{self.latest.size}\n"
            try:
                verify.verify_consistency(
                    old_size=old,
                    old_root=self.latest.root,
                    new_size=checkpoint.size,
                    new_root=checkpoint.root,
                    hashes=hashes,
                )
            except Unproven:
                return (409, f"{old}\n") if old == checkpoint.size else (422, "it did not only grow")
            self.latest = checkpoint
            return 200, str(self.signer.sign(verify.Note.parse(note).text, at=AT))


@contextmanager
def listening(witness: SmallWitness) -> Iterator[SmallWitness]:
    """Serve a witness as long as the block lasts."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            status, text = witness.add_checkpoint(body) if self.path == "/add-checkpoint" else (404, "")
            self.send_response(status)
            self.send_header("Content-Type", "text/x.tlog.size" if status == 409 else "text/plain")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name that it has there
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    witness.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield witness
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
