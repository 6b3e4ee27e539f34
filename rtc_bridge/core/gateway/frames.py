# Copyright 2026 The rtc_bridge authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""
Frames on the data channel of a connection to a local service, as ``docs/protocol.md`` has them.

Each message of the channel is one frame: a byte that says what it is, and what belongs to it.
"""

from dataclasses import dataclass
from enum import IntEnum
import struct

from ..errors import ProtocolError
from ..protocol.strict_json import dump, load_object, member

# Bytes of a program's data in one frame: a command that waits behind it waits 50 ms at 500 kbit/s.
MAX_DATA = 3 * 1024
# Bytes of one message, and its frames: the last one may be shorter.
MAX_MESSAGE = 4 * 1024 ** 2
MAX_FRAMES = -(-MAX_MESSAGE // MAX_DATA)
# Bytes that each frame with data counts besides its data: what it takes in memory.
OVERHEAD = 64
# Characters of an error, and bytes of its JSON, in which each may be written as ``\uXXXX``.
_MAX_TEXT = 256
_MAX_ERROR = 12 * _MAX_TEXT
# The message goes on in the next frame.
_MORE = 0x80


class Kind(IntEnum):
    """What a frame is."""

    # Part of a stream of bytes, of a text message, of a binary message.
    BYTES = 0
    TEXT = 1
    BINARY = 2
    # The program is there.
    OPENED = 3
    # The sender has sent all that it will send.
    END = 4
    # Nothing goes on; JSON with code and message.
    ERROR = 5
    # The sender has taken so many bytes more: a number of four bytes.
    CREDIT = 6


@dataclass(frozen=True)
class Frame:
    """
    One frame.

    :ivar more: the message goes on in the next frame of this kind
    """

    kind: Kind
    data: bytes = b''
    more: bool = False

    def dump(self) -> bytes:
        """Return the frame as the channel has it."""
        return bytes([self.kind | (_MORE if self.more else 0)]) + self.data

    @property
    def has_data(self) -> bool:
        """Tell whether it carries the program's data, which flow control counts."""
        return self.kind <= Kind.BINARY

    @property
    def cost(self) -> int:
        """Return what flow control counts, in bytes."""
        return len(self.data) + OVERHEAD if self.has_data else 0


def read_frame(message: bytes | str) -> Frame:
    """
    Return the frame that a message of the channel is.

    :raises ProtocolError: it is none
    """
    if isinstance(message, str) or not message:
        raise ProtocolError('a message to a service is a frame of bytes')
    number, more = message[0] & ~_MORE, bool(message[0] & _MORE)
    try:
        kind = Kind(number)
    except ValueError:
        raise ProtocolError(f'a frame of the kind {number} is not known') from None
    frame = Frame(kind, message[1:], more)
    if frame.has_data:
        if len(frame.data) > MAX_DATA:
            raise ProtocolError(f'a frame with {len(frame.data)} bytes, at most {MAX_DATA} are '
                                'allowed')
        if kind is Kind.BYTES and (more or not frame.data):
            raise ProtocolError('a part of a stream that is empty, or goes on')
    elif kind is Kind.ERROR and len(frame.data) > _MAX_ERROR:
        raise ProtocolError(f'an error of {len(frame.data)} bytes')
    elif more or (kind is Kind.CREDIT) != (len(frame.data) == 4) and kind is not Kind.ERROR:
        raise ProtocolError(f'a frame {kind.name} with {len(frame.data)} bytes is none')
    return frame


def data_frames(kind: Kind, data: bytes) -> list[Frame]:
    """Return the frames of a message, or of a part of a stream; one at least for a message."""
    parts = [data[start:start + MAX_DATA] for start in range(0, len(data), MAX_DATA)]
    if not parts and kind is not Kind.BYTES:
        parts = [b'']
    last = len(parts) - 1
    return [Frame(kind, part, kind is not Kind.BYTES and number < last)
            for number, part in enumerate(parts)]


def credit(count: int) -> Frame:
    """Return the frame that lets the other end send so many bytes more."""
    return Frame(Kind.CREDIT, struct.pack('>I', count))


def credit_of(frame: Frame) -> int:
    """Return how many bytes more a frame ``CREDIT`` allows."""
    return int(struct.unpack('>I', frame.data)[0])


def error(code: str, message: str) -> Frame:
    """Return the frame that says why nothing goes on."""
    return Frame(Kind.ERROR, dump({'code': code, 'message': message[:_MAX_TEXT]}).encode())


def error_of(frame: Frame) -> tuple[str, str]:
    """
    Return code and message of a frame ``ERROR``.

    :raises ProtocolError: it has none
    """
    obj = load_object(frame.data, _MAX_ERROR)
    return member(obj, 'code', str), member(obj, 'message', str, '')
