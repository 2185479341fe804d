"""An authenticator app: RFC 6238, as a phone computes it."""

import base64
import hmac
import struct
import time


def code_for(secret: str, in_seconds: int = 0) -> str:
    """The six digits that the app shows, now or a little later."""
    counter = struct.pack(">Q", int(time.time() + in_seconds) // 30)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
