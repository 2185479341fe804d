"""MLLP's frames, pure: bytes as they come in, cut into messages. VT, the message, FS, CR."""

from collections.abc import Iterator
from typing import Final

START: Final = b"\x0b"
END: Final = b"\x1c\r"


class TooLong(ValueError):
    """A message that goes on past what we take; nothing after it on this connection can be trusted."""


def framed(message: bytes) -> bytes:
    return START + message + END


class Framer:
    """Collects the bytes of one connection. What stands outside a frame is passed over, as MLLP says."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self._inside = bytearray()
        self._begun = False

    @property
    def begun(self) -> bool:
        """Whether a message has begun and has not ended yet."""
        return self._begun

    def feed(self, received: bytes) -> Iterator[bytes]:
        """Every message that these bytes complete. Raises `TooLong`."""
        rest = received
        while rest:
            if not self._begun:
                _, mark, rest = rest.partition(START)
                self._begun = bool(mark)
                continue
            # The end mark may come in two pieces, so look from one byte back.
            looked_at = max(len(self._inside) - 1, 0)
            self._inside += rest
            end = self._inside.find(END, looked_at)
            if end < 0:
                if len(self._inside) > self.longest + len(END):
                    raise TooLong
                return
            message, rest = bytes(self._inside[:end]), bytes(self._inside[end + len(END) :])
            self._inside.clear()
            self._begun = False
            if len(message) > self.longest:
                raise TooLong
            # A start inside a frame: its sender gave up the one before.
            yield message.rpartition(START)[2]
