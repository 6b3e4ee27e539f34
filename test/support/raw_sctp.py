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
"""SCTP packets that no browser sends, over the DTLS connection of a viewer for tests."""

from struct import pack

from google_crc32c import value as crc32c

DATA, INIT, INIT_ACK, SACK, HEARTBEAT, HEARTBEAT_ACK, ABORT, SHUTDOWN = range(8)
SHUTDOWN_ACK, ERROR, COOKIE_ECHO, COOKIE_ACK = range(8, 12)
RECONFIG, FORWARD_TSN = 130, 192
DCEP, STRING = 50, 51
# First and last fragment; not in order.
WHOLE, UNORDERED = 3, 4


def chunk(kind, body=b'', flags=0, length=None):
    """Return a chunk; ``length`` is what it says of itself."""
    size = len(body) + 4 if length is None else length
    return pack('!BBH', kind, flags, size) + body + bytes(-len(body) % 4)


def data(tsn, payload, stream=0, sequence=0, protocol=STRING, flags=WHOLE):
    return chunk(DATA, pack('!LHHL', tsn & 0xFFFFFFFF, stream, sequence, protocol) + payload,
                 flags)


def sack(cumulative, blocks=(), duplicates=(), window=1 << 20):
    return chunk(SACK, pack('!LLHH', cumulative & 0xFFFFFFFF, window, len(blocks),
                            len(duplicates))
                 + b''.join(pack('!HH', *block) for block in blocks)
                 + b''.join(pack('!L', tsn) for tsn in duplicates))


def forward_tsn(cumulative, streams=()):
    return chunk(FORWARD_TSN, pack('!L', cumulative & 0xFFFFFFFF)
                 + b''.join(pack('!HH', *stream) for stream in streams))


def parameter(kind, body=b'', length=None):
    return pack('!HH', kind, len(body) + 4 if length is None else length) + body


def init(tag=1, tsn=1, parameters=b''):
    return chunk(INIT, pack('!LLHHL', tag, 1 << 20, 10, 10, tsn) + parameters)


def open_channel(label, kind=0):
    text = label.encode()
    return pack('!BBHLHH', 3, kind, 0, 0, len(text), 0) + text


def packet(sctp, *chunks, tag=None):
    """Return a packet of the association of aiortc's ``sctp``."""
    tag = sctp._remote_verification_tag if tag is None else tag
    head, body = pack('!HHL', sctp.port, sctp._remote_port, tag), b''.join(chunks)
    return head + pack('<L', crc32c(head + bytes(4) + body)) + body


async def send(viewer, *chunks, tag=None):
    """Send one packet to the robot of a viewer."""
    sctp = viewer.pc.sctp
    await sctp.transport._send_data(packet(sctp, *chunks, tag=tag))


def next_tsn(viewer):
    """Return the TSN that the viewer's aiortc would use next."""
    return viewer.pc.sctp._local_tsn
