"""A real HTTP server on loopback that speaks as Twilio does: takes, refuses, stumbles or hangs up.

What it does next stands in `next`, taken one by one; then every text is taken.
"""

import hmac
import json
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.cast import NOW

SID, TOKEN = "AC0123", "a-secret-token"
PATH = f"/2010-04-01/Accounts/{SID}/Messages.json"


def signed(url: str, fields: dict[str, str]) -> str:
    """What a call of the provider's carries: a digest of the address, then each field, sorted by its name."""
    said = url + "".join(name + value for name, value in sorted(fields.items()))
    return b64encode(hmac.digest(TOKEN.encode(), said.encode(), "sha1")).decode()


@dataclass(frozen=True)
class Raw:
    """An answer to the letter, in parts: between two of them the server waits."""

    parts: Sequence[bytes]
    seconds_between: float = 0


@dataclass
class TwilioServer:
    """`next`: (status, code) refuses, with a number so often; "hang up" takes it and says nothing; "hang up
    first" does neither; "twice" takes it and gives its answer twice; a `Raw` is written down as it stands,
    and nothing taken."""

    next: list[Any] = field(default_factory=list)
    next_lists: list[int] = field(default_factory=list)  # statuses of what the next listings fail with
    hidden_listings: int = 0  # so many times it lists nothing of what it has taken
    taken: list[dict[str, str]] = field(default_factory=list)
    next_page: str | None = None  # named by every listing that has no further one
    created_at: datetime = NOW
    requests: int = 0
    connections: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def take(self, text: dict[str, str]) -> dict[str, str]:
        row = {
            "sid": f"SM{len(self.taken)}",
            "to": text["To"],
            "from": text["From"],
            "body": text["Body"],
            "date_created": format_datetime(self.created_at),
            "status": "queued",
            "status_callback": text["StatusCallback"],
        }
        self.taken.append(row)
        return row


def _handler(twilio: TwilioServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer leaves in one piece, and one that is given twice too

        def setup(self) -> None:
            twilio.connections += 1
            super().setup()

        def do_POST(self) -> None:
            twilio.requests += 1
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            known = b64encode(f"{SID}:{TOKEN}".encode()).decode()
            if self.headers["Authorization"] != f"Basic {known}" or self.path != PATH:
                return self.answer(401, {"code": 20003})
            text = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
            what = twilio.next.pop(0) if twilio.next else None
            if what == "hang up first":
                return self.hang_up()
            if isinstance(what, tuple):
                status, code, *times = what
                return self.answer(status, {"code": code, "message": f"not to {text['To']}"}, *times)
            if isinstance(what, Raw):
                return self.write_down(what)
            row = twilio.take(text)
            if what == "hang up":
                return self.hang_up()
            return self.answer(201, row, 2 if what == "twice" else 1)

        def do_GET(self) -> None:
            if twilio.next_lists:
                return self.answer(twilio.next_lists.pop(0), {})
            if twilio.hidden_listings:
                twilio.hidden_listings -= 1
                return self.answer(200, {"messages": [], "next_page_uri": None})
            asked = parse_qs(urlsplit(self.path).query)
            size, page = int(asked["PageSize"][0]), int(asked.get("Page", ["0"])[0])
            rows = [row for row in reversed(twilio.taken) if row["to"] == asked["To"][0]]
            here = rows[page * size : (page + 1) * size]
            more = len(rows) > (page + 1) * size
            to = asked["To"][0].replace("+", "%2B")
            following = f"{PATH}?To={to}&PageSize={size}&Page={page + 1}" if more else twilio.next_page
            return self.answer(200, {"messages": here, "next_page_uri": following})

        def answer(self, status: int, body: dict[str, Any], times: int = 1) -> None:
            content = json.dumps(body).encode()
            for _ in range(times):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        def write_down(self, raw: Raw) -> None:
            self.close_connection = True
            with suppress(ConnectionError):
                for part in raw.parts:
                    self.wfile.write(part)
                    self.wfile.flush()
                    time.sleep(raw.seconds_between)

        def hang_up(self) -> None:
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextmanager
def running(twilio: TwilioServer) -> Iterator[TwilioServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(twilio))
    twilio.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield twilio
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
