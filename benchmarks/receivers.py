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
Viewers that receive and do not decode, any number in one process: aiortc with no jitter buffer.

They report three times a second, as browsers do, and make no estimate of their path: this process
can be late itself, which an estimate would take for a queue.

Writes a line of JSON twice a second: how many are ``connected``, and the ``received`` packets, the
``lost`` ones, the ``bytes`` and the ``frames`` of all so far. A packet that was sent again is lost
all the same.
"""

import argparse
import asyncio
import contextlib
import json
import signal
import socket

import aiohttp
import aioice.ice
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.rate import RemoteBitrateEstimator
import aiortc.rtcrtpreceiver
from aiortc.rtcrtpreceiver import JitterBuffer, RTCRtpReceiver, StreamStatistics
from aiortc.rtp import RtpPacket

PERIOD_S = 0.5
# Room for a burst to all of them while another is being read.
_BUFFER = 4 << 20
_streams: list[StreamStatistics] = []


class _Counted(StreamStatistics):
    """Packets of one stream, which we find again."""

    def __init__(self, clockrate: int) -> None:
        """Count from zero."""
        super().__init__(clockrate)
        self.payload = self.frames = 0
        _streams.append(self)

    def add(self, packet: RtpPacket) -> None:
        """Count a packet."""
        self.frames += packet.timestamp != self._last_timestamp
        super().add(packet)
        self.payload += len(packet.payload)


def total(what: str) -> int:
    """Return ``received``, ``lost``, ``bytes`` or ``frames`` of all viewers so far."""
    name = {'received': 'packets_received', 'lost': 'packets_lost', 'bytes': 'payload',
            'frames': 'frames'}[what]
    return sum(getattr(stream, name) for stream in _streams)


class _Evenly:
    """In the place of the module ``random``, by which aiortc waits 0.5 to 1.5 s for a report."""

    @staticmethod
    def random() -> float:
        """Return what makes that a third of a second."""
        return 0.33 - 0.5


def receive_only() -> None:
    """Let aiortc count and report what it receives, and throw it away."""
    aiortc.rtcrtpreceiver.StreamStatistics = _Counted
    aiortc.rtcrtpreceiver.random = _Evenly
    JitterBuffer.add = lambda self, packet: (False, None)
    RemoteBitrateEstimator.add = lambda self, **_: None
    made = aioice.ice.StunProtocol.connection_made

    def connection_made(self: aioice.ice.StunProtocol, transport: asyncio.BaseTransport) -> None:
        sock = transport.get_extra_info('socket')
        with contextlib.suppress(OSError, AttributeError):
            # Beyond the system's limit, where we may.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUFFORCE, _BUFFER)
        made(self, transport)
    aioice.ice.StunProtocol.connection_made = connection_made


async def connect(url: str, camera: str | None = None) -> RTCPeerConnection:
    """
    Return a connection to a sender that takes offers by POST.

    :param camera: to be chosen of a bridge, if not its first
    :raises aiohttp.ClientError: it does not answer
    """
    pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connected = asyncio.Event()
    pc.on('connectionstatechange', lambda: pc.connectionState == 'connected' and connected.set())
    channel = pc.createDataChannel('control' if camera else 'default')
    if camera:
        select = {'type': 'select', 'slot': 0, 'camera': camera}
        channel.on('open', lambda: channel.send(json.dumps(select)))
    pc.addTransceiver('video', 'recvonly')
    await pc.setLocalDescription(await pc.createOffer())
    offer = {'sdp': pc.localDescription.sdp, 'type': 'offer'}
    async with aiohttp.ClientSession(raise_for_status=True) as http:
        async with http.post(url, data=json.dumps(offer)) as response:
            answer = json.loads(await response.text())
    await pc.setRemoteDescription(RTCSessionDescription(**answer))
    async with asyncio.timeout(15):
        await connected.wait()
    return pc


async def flood(receiver: RTCRtpReceiver, rate: float) -> None:
    """Ask for keyframes for ever."""
    while True:
        for source in receiver.getSynchronizationSources():
            await receiver._send_rtcp_pli(source.source)
        await asyncio.sleep(1 / rate)


async def run(url: str, count: int, keyframes: float, camera: str | None) -> None:
    """Receive until SIGTERM."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    connections: list[RTCPeerConnection] = []

    async def report() -> None:
        while True:
            print(json.dumps({
                'connected': sum(pc.connectionState == 'connected' for pc in connections),
                **{what: total(what) for what in ('received', 'lost', 'bytes', 'frames')}}),
                flush=True)
            await asyncio.sleep(PERIOD_S)

    tasks = [asyncio.create_task(report())]
    for _ in range(count):
        connections.append(await connect(url, camera))
        if keyframes:
            tasks.append(asyncio.create_task(
                flood(connections[-1].getReceivers()[0], keyframes)))
    await ended.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*(pc.close() for pc in connections))


def main() -> None:
    """Run until SIGTERM."""
    # Blocked, or it would end us if it came before we wait for it.
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--url', required=True, help='to which offers are posted')
    parser.add_argument('--count', type=int, default=1)
    parser.add_argument('--keyframes', type=float, default=0.0,
                        help='that each asks for in a second')
    parser.add_argument('--camera', help="of the bridge, if not the first; the others' have none")
    parser.add_argument('--wait', action='store_true', help='for SIGUSR1 before connecting')
    args = parser.parse_args()
    receive_only()
    if args.wait:
        signal.sigwait([signal.SIGUSR1])
    asyncio.run(run(args.url, args.count, args.keyframes, args.camera))


if __name__ == '__main__':
    main()
