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
A hostile WebRTC peer: a session of a stranger whose SCTP packets are made by hand.

Packets go out through the DTLS of a stock aiortc connection, in this process's own event loop.
"""

import asyncio
import contextlib
import struct

from aiortc.rtcsctptransport import (
    DATA_CHANNEL_OPEN, DATA_CHANNEL_RELIABLE, DataChunk, ForwardTsnChunk, SackChunk,
    SCTP_DATA_FIRST_FRAG, SCTP_DATA_LAST_FRAG, SCTP_DATA_UNORDERED, serialize_packet,
    WEBRTC_DCEP, WEBRTC_STRING)
from support.page_client import PageClient

WHOLE = SCTP_DATA_FIRST_FRAG | SCTP_DATA_LAST_FRAG
# Chunk types (RFC 9260, section 3.2; RFC 6525).
INIT, HEARTBEAT, ABORT, ERROR, COOKIE_ECHO, SHUTDOWN, RECONFIG = 1, 4, 6, 9, 10, 7, 130
# A packet that fits a path of 1280 bytes.
MAX_PACKET = 1180


class RawChunk:
    """A chunk of any type and body; ``length`` may lie."""

    def __init__(self, kind, body=b'', flags=0, length=None):
        """Take its parts."""
        self.kind, self.body, self.flags = kind, body, flags
        self.length = len(body) + 4 if length is None else length

    def __bytes__(self):
        """Return it with its padding."""
        return (struct.pack('!BBH', self.kind, self.flags, self.length) + self.body
                + b'\0' * (-len(self.body) % 4))


class Bundle:
    """Several chunks in one packet."""

    def __init__(self, *chunks):
        """Take the chunks."""
        self.chunks = chunks

    def __bytes__(self):
        """Return them one after the other."""
        return b''.join(map(bytes, self.chunks))


def parameter(kind, body=b'', length=None):
    """Return a parameter of a chunk; ``length`` may lie."""
    return struct.pack('!HH', kind, len(body) + 4 if length is None else length) + body + (
        b'\0' * (-len(body) % 4))


class Attacker:
    """A session whose channel ``control`` is open."""

    def __init__(self, url, fragment=None):
        """Prepare; ``connect`` begins."""
        self.page = PageClient(url, fragment)

    async def connect(self):
        """Connect as a page would, and prove the invite if there is one."""
        await self.page.enter()
        self.sctp = self.page.pc.sctp
        self._tsn = self.sctp._local_tsn
        return self

    @property
    def gone(self):
        """Return why the session is over, or ``None``."""
        return self.page.gone

    async def send(self, chunk, tag=None):
        """Send a chunk, or several as one packet; return whether it could go out."""
        sctp = self.sctp
        packet = serialize_packet(
            sctp._local_port, sctp._remote_port,
            sctp._remote_verification_tag if tag is None else tag, chunk)
        return await self.send_packet(packet)

    async def send_packet(self, packet):
        """Send bytes as an SCTP packet; return whether it could go out."""
        with contextlib.suppress(ConnectionError, OSError, RuntimeError):
            await self.sctp.transport._send_data(packet)
            return self.gone is None
        return False

    async def send_all(self, chunks, pause_every=16):
        """Send chunks, as many as go out."""
        for number, chunk in enumerate(chunks):
            if not await self.send(chunk):
                return
            if number % pause_every == pause_every - 1:
                # So that the socket's buffer does not drop them.
                await asyncio.sleep(0.005)

    def data(self, payload, stream=0, sequence=0, flags=WHOLE, protocol=WEBRTC_STRING, skip=0):
        """Return a DATA chunk with the next transmission sequence number, or one further on."""
        chunk = DataChunk(flags=flags)
        self._tsn += skip
        chunk.tsn, chunk.stream_id = self._tsn % 2 ** 32, stream
        chunk.stream_seq, chunk.protocol, chunk.user_data = sequence % 2 ** 16, protocol, payload
        self._tsn += 1
        return chunk

    def open_channel(self, stream, label=b'x', kind=DATA_CHANNEL_RELIABLE):
        """Return the chunk that opens a data channel (RFC 8832)."""
        return self.data(struct.pack('!BBHLHH', DATA_CHANNEL_OPEN, kind, 0, 0, len(label), 0)
                         + label, stream, protocol=WEBRTC_DCEP)

    def sack(self, gaps, cumulative=None, duplicates=()):
        """Return a SACK of what the robot sent."""
        chunk = SackChunk()
        chunk.cumulative_tsn = (self.sctp._last_received_tsn if cumulative is None
                                else cumulative)
        chunk.advertised_rwnd = 131072
        chunk.gaps, chunk.duplicates = list(gaps), list(duplicates)
        return chunk

    def forward(self, ahead, streams):
        """Return a FORWARD TSN; ``streams`` are pairs of stream and sequence number."""
        chunk = ForwardTsnChunk()
        self._tsn += ahead
        chunk.cumulative_tsn = (self._tsn - 1) % 2 ** 32
        chunk.streams = list(streams)
        return chunk

    async def ended(self, seconds):
        """Wait until the robot has ended the session; return whether it has."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self.page._changed:
                await self.page._changed.wait_for(lambda: self.page.gone)
        return self.page.gone is not None

    async def close(self):
        """End the session."""
        await self.page.close()


def gap_blocks(count=285):
    """Return gap blocks that name all that can be named."""
    return [(1, 65535)] * count


def _fragments(attacker, payload, count, each):
    """Return fragments of one message that never ends: each is compared with all before it."""
    return (Bundle(*(attacker.data(
        payload, flags=SCTP_DATA_FIRST_FRAG if packet == number == 0 else 0)
        for number in range(each))) for packet in range(count // each))


def _loose(attacker, payload, count, each):
    """Return fragments of the middle of messages that may come in any order."""
    return (Bundle(*(attacker.data(payload, flags=SCTP_DATA_UNORDERED) for _ in range(each)))
            for _ in range(count // each))


def _every_second(attacker, count):
    return (Bundle(*(attacker.data(b'x', flags=WHOLE | SCTP_DATA_UNORDERED, skip=1)
                     for _ in range(55))) for _ in range(count // 55))


def _params(kind, body):
    return RawChunk(kind, body)


# What a stranger's packets may be, by name: a function of the attacker that returns chunks.
# Each must end the stranger's session, or do nothing, and cost nobody else anything.
PACKETS = {
    'SACK with 285 gap blocks, 1 packet': lambda a: [a.sack(gap_blocks())],
    'SACK with 285 gap blocks, 20 packets': lambda a: [a.sack(gap_blocks()) for _ in range(20)],
    'SACK with 285 duplicates, 200 packets': lambda a: (
        a.sack([], duplicates=range(285)) for _ in range(200)),
    'SACK of what was never sent': lambda a: (
        a.sack([(1, 10)], cumulative=(a.sctp._last_received_tsn + 2 ** 30) % 2 ** 32)
        for _ in range(50)),
    '70 SACKs in each of 60 packets': lambda a: (
        Bundle(*(a.sack([]) for _ in range(70))) for _ in range(60)),
    'DATA chunks that are empty': lambda a: _fragments(a, b'', 7000, 70),
    'DATA chunks of one byte': lambda a: _fragments(a, b'x', 7040, 55),
    'DATA chunks that are empty, unordered': lambda a: _loose(a, b'', 7000, 70),
    'DATA chunks of one byte, unordered': lambda a: _loose(a, b'x', 7040, 55),
    'whole messages without a byte': lambda a: (
        Bundle(*(a.data(b'', flags=WHOLE | SCTP_DATA_UNORDERED) for _ in range(70)))
        for _ in range(200)),
    'every second TSN missing, 3,000 chunks': lambda a: _every_second(a, 3025),
    'fragments that never end, 300 kB': lambda a: (
        a.data(b'x' * 1100, flags=SCTP_DATA_FIRST_FRAG if n == 0 else 0) for n in range(290)),
    'DATA on 30,000 streams': lambda a: (
        Bundle(*(a.data(b'x', stream=p * 50 + n, flags=SCTP_DATA_FIRST_FRAG, skip=1)
                 for n in range(50))) for p in range(600)),
    'FORWARD TSN that names 60,000 streams': lambda a: (
        a.forward(1, [(p * 280 + n, 1) for n in range(280)]) for p in range(215)),
    'FORWARD TSN, 2,000 of one stream': lambda a: (
        a.forward(1, [(1, n)]) for n in range(2000)),
    'FORWARD TSN half round': lambda a: [a.forward(2 ** 31 - 2, []), a.forward(2 ** 31 - 2, [])],
    '20 MB on another channel': lambda a: (
        a.data(b'x' * 1100, stream=8, sequence=n) for n in range(18_000)),
    '20,000 channels': lambda a: (
        Bundle(*(a.open_channel(2 + p * 30 + n) for n in range(30))) for p in range(667)),
    'channels with labels of 1 kB': lambda a: (
        a.open_channel(2 + n, b'\n\x1b' * 500) for n in range(500)),
    'a channel that is opened 3,000 times': lambda a: (
        Bundle(*(a.open_channel(8) for n in range(30))) for p in range(100)),
    'DCEP messages that are cut': lambda a: [
        a.data(b'\3', stream=8, protocol=WEBRTC_DCEP), a.data(b'\2', stream=9, protocol=50),
        a.data(b'\3\0\0\0\0\0\0\0\xff\xff\xff\xff', stream=10, protocol=WEBRTC_DCEP)],
    'a text that is no UTF-8': lambda a: [a.data(b'\xff\xfe' * 20, sequence=99, flags=7)],
    'HEARTBEAT with a parameter of length 0': lambda a: [
        _params(HEARTBEAT, parameter(1, length=0) * 4)],
    'ERROR with a parameter of length 0': lambda a: [_params(ERROR, parameter(1, length=0))],
    'RECONFIG with a parameter of length 0': lambda a: [
        _params(RECONFIG, parameter(13, length=0))],
    'ABORT with a parameter of length 0': lambda a: [_params(ABORT, parameter(1, length=0))],
    'HEARTBEAT, 290 in each of 60 packets': lambda a: (
        Bundle(*[RawChunk(HEARTBEAT)] * 290) for _ in range(60)),
    'COOKIE ECHO, 40 in each of 60 packets': lambda a: (
        Bundle(*[RawChunk(COOKIE_ECHO, b'\0' * 24)] * 40) for _ in range(60)),
    'RECONFIG, stream resets cut short': lambda a: [
        _params(RECONFIG, parameter(13, b'\0' * n)) for n in range(12)],
    'RECONFIG, 290 streams to reset, 200 times': lambda a: (
        _params(RECONFIG, parameter(13, struct.pack(
            '!LLL', n + 5, 0, (a._tsn - 1) % 2 ** 32) + struct.pack('!290H', *range(290))))
        for n in range(200)),
    'RECONFIG, 65,535 streams more, 500 times': lambda a: (
        _params(RECONFIG, parameter(17, struct.pack('!LHH', n + 5, 65535, 0)))
        for n in range(500)),
    'FORWARD TSN cut short': lambda a: [RawChunk(192, b'\0' * n) for n in (1, 3, 5, 6, 7)],
    'SACK that names more than it has': lambda a: [
        RawChunk(3, struct.pack('!LLHH', 0, 0, 65535, 65535))],
    'chunks whose lengths lie': lambda a: [
        RawChunk(0, b'x' * 12, length=n) for n in (0, 1, 3, 65535)],
    'DATA chunks cut short': lambda a: [RawChunk(0, b'x' * n) for n in (1, 5, 11)],
}


def garbage(count):
    """Return packets that are no SCTP packets."""
    return [bytes([n % 256]) * (n % 1200 + 1) for n in range(count)]


async def send_inits(attacker, count):
    """Send INIT chunks (RFC 9260, section 3.3.2) in the middle of the association."""
    for number in range(count):
        body = struct.pack('!LLHHL', number + 1, 131072, 65535, 65535, number)
        if not await attacker.send(RawChunk(INIT, body), tag=0):
            return
    # Two chunks where one is allowed.
    body = struct.pack('!LLHHL', 1, 131072, 1, 1, 1) + parameter(7, length=0)
    await attacker.send(Bundle(RawChunk(INIT, body), RawChunk(INIT, body)), tag=0)
