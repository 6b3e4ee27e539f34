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
A bad network between a sender and a viewer on this host, outside both.

The viewer posts its offer here instead of to the sender. Offer and answer go on with the
addresses of a UDP relay of this program in the place of all their candidates, so that neither side
learns the other's address and no packet can go around the relay. Each session has a link of its
own, with the same properties. Needs no rights. Works with every sender that takes an offer by
``POST`` as JSON and answers with all its candidates: the bridge, stock aiortc, RTCBot.

    link.py --sender http://127.0.0.1:8080 --port 8090 --down rate=4,delay=50 --step 20 rate=0.6

``POST /connect`` and every other path are passed to the sender. ``POST /path`` with
``{"down": {"rate": 0.6, ...}, "up": {...}}`` changes the links at once; ``GET /path`` tells what
went through. Mbit/s, ms, ms, percent: see ``Path`` in pipe.py.
"""

import argparse
import asyncio
from dataclasses import asdict
import json
import socket
from typing import Any

from aiohttp import ClientSession, web
from pipe import Path, Pipe, read_path
from redirect import host_candidate, redirect

CORS = {'Access-Control-Allow-Origin': '*'}
# A link without a packet for so long is taken away.
IDLE_S = 30.0
# RTCP packet types (RFC 5761, section 4) in the place of marker and payload type.
_RTCP = range(192, 224)


class _Face(asyncio.DatagramProtocol):
    """
    The relay's socket towards one side.

    Takes packets only from ``peer``, the address in that side's description.
    """

    def __init__(self) -> None:
        """Start deaf."""
        self.peer: tuple[str, int] | None = None
        self.pipe: Pipe | None = None
        self.other: '_Face | None' = None
        self.bytes = 0
        self.frames = 0
        self.last = 0.0
        self._times: dict[bytes, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        """Make room for bursts, which the pipe is to judge and not the kernel."""
        self.transport = transport
        sock = transport.get_extra_info('socket')
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.address = sock.getsockname()[:2]

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        """Put a packet into the pipe."""
        if self.pipe is None or source != self.peer:
            return
        now = self._loop.time()
        self.last = now
        self.bytes += len(data)
        self._count_frame(data)
        self.pipe.push(now, len(data), data)
        self.pass_on()

    def error_received(self, error: OSError) -> None:
        """Nobody listens there any more: the session has ended."""

    def pass_on(self) -> None:
        """Send what has arrived, and come back when the next packet does."""
        for packet in self.pipe.pop(self._loop.time()):
            if self.other.peer is not None:
                self.other.transport.sendto(packet, self.other.peer)
        if self._timer is not None:
            self._timer.cancel()
        due = self.pipe.next_arrival()
        self._timer = None if due is None else self._loop.call_at(due, self.pass_on)

    def close(self) -> None:
        """Close the socket."""
        if self._timer is not None:
            self._timer.cancel()
        self.transport.close()

    def _count_frame(self, data: bytes) -> None:
        """Count pictures: RTP headers are not encrypted, and each picture has its own time."""
        if len(data) < 12 or data[0] >> 6 != 2 or data[1] in _RTCP:
            return
        stamp = data[4:8]
        if stamp not in self._times:
            self._times[stamp] = None
            self.frames += 1
            if len(self._times) > 1000:
                # What is sent again has its old time; nothing is that old.
                del self._times[next(iter(self._times))]


class Link:
    """
    The relay of one session, between two sockets of its own.

    :param down: from sender to viewer
    """

    def __init__(self, down: Path, up: Path, seed: int = 1) -> None:
        """Prepare; :meth:`start` makes the sockets."""
        self._down = Pipe(down, seed)
        self._up = Pipe(up, seed + 1)

    async def start(self, host: str) -> None:
        """Make both sockets on an address of this host."""
        loop = asyncio.get_running_loop()
        self.sender, self.viewer = [
            (await loop.create_datagram_endpoint(_Face, local_addr=(host, 0)))[1]
            for _ in range(2)]
        self.sender.pipe, self.viewer.pipe = self._down, self._up
        self.sender.other, self.viewer.other = self.viewer, self.sender
        self.sender.last = loop.time()

    def set_paths(self, down: Path, up: Path) -> None:
        """Change both directions."""
        for face, path in ((self.sender, down), (self.viewer, up)):
            face.pipe.set_path(asyncio.get_running_loop().time(), path)
            face.pass_on()

    def stats(self) -> dict[str, dict[str, float]]:
        """Return what went in on each side so far; ``frames`` are pictures, ``waiting`` s."""
        now = asyncio.get_running_loop().time()
        return {name: {'packets': face.pipe.sent, 'bytes': face.bytes, 'frames': face.frames,
                       'full': face.pipe.full, 'lost': face.pipe.lost,
                       'waiting': face.pipe.waiting(now)}
                for name, face in (('down', self.sender), ('up', self.viewer))}

    @property
    def idle(self) -> float:
        """Return for how many seconds no packet came."""
        return asyncio.get_running_loop().time() - max(self.sender.last, self.viewer.last)

    def close(self) -> None:
        """Close both sockets."""
        self.sender.close()
        self.viewer.close()


class Emulator:
    """
    The signaling in front of a sender, and the links of its sessions.

    :param sender: URL up to and without the path
    :param steps: seconds after the offer, and down and up from then on
    """

    def __init__(self, sender: str, down: Path, up: Path,
                 steps: list[tuple[float, Path, Path]] = ()) -> None:
        """Remember."""
        self._sender = sender.rstrip('/')
        self._paths = (down, up)
        self._steps = steps
        self._number = 0
        self.links: list[Link] = []

    def app(self) -> web.Application:
        """Return the server."""
        app = web.Application()
        app.router.add_get('/path', self._tell)
        app.router.add_post('/path', self._change)
        app.router.add_post('/{any:.*}', self._connect)
        app.on_cleanup.append(self._close)
        return app

    async def _close(self, _: web.Application) -> None:
        for link in self.links:
            link.close()

    async def _tell(self, _: web.Request) -> web.Response:
        return web.json_response([link.stats() for link in self.links])

    async def _change(self, request: web.Request) -> web.Response:
        try:
            values = await request.json()
            # Links to come are made so, too.
            self._paths = tuple(Path(**values[name]) for name in ('down', 'up'))
        except (ValueError, TypeError, KeyError) as error:
            return web.Response(status=400, text=repr(error))
        for link in self.links:
            link.set_paths(*self._paths)
        return web.json_response({name: asdict(path)
                                  for name, path in zip(('down', 'up'), self._paths)})

    async def _connect(self, request: web.Request) -> web.Response:
        try:
            offer = await request.json()
            viewer = host_candidate(offer['sdp'])
        except (ValueError, TypeError, KeyError) as error:
            return web.Response(status=400, text=repr(error), headers=CORS)
        self._number += 1
        link = Link(*self._paths, seed=2 * self._number)
        await link.start(viewer[0])
        link.viewer.peer = viewer
        offer['sdp'] = redirect(offer['sdp'], link.sender.address)
        async with ClientSession() as http, http.post(
                self._sender + request.path_qs, data=json.dumps(offer)) as response:
            text, status = await response.text(), response.status
        try:
            answer: dict[str, Any] = json.loads(text) if status < 300 else None
            link.sender.peer = host_candidate(answer['sdp'])
        except (ValueError, TypeError, KeyError):
            link.close()
            return web.Response(status=max(status, 400), text=text, headers=CORS)
        answer['sdp'] = redirect(answer['sdp'], link.viewer.address)
        self.links.append(link)
        loop = asyncio.get_running_loop()
        for seconds, down, up in self._steps:
            loop.call_later(seconds, link.set_paths, down, up)
        self._end_when_idle(link)
        return web.json_response(answer, headers=CORS)

    def _end_when_idle(self, link: Link) -> None:
        if link not in self.links:
            return
        if link.idle > IDLE_S:
            self.links.remove(link)
            link.close()
        else:
            asyncio.get_running_loop().call_later(IDLE_S / 10, self._end_when_idle, link)


async def serve(emulator: Emulator, port: int) -> web.AppRunner:
    """Start the signaling on a port of this host."""
    runner = web.AppRunner(emulator.app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, '127.0.0.1', port).start()
    return runner


async def _forever(emulator: Emulator, port: int) -> None:
    await serve(emulator, port)
    await asyncio.Event().wait()


def main() -> None:
    """Run until Ctrl-C."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--sender', required=True, help='its URL, without the path')
    parser.add_argument('--port', type=int, required=True, help='for the viewers')
    parser.add_argument('--down', type=read_path, default=Path(), metavar='PATH',
                        help='from sender to viewer: rate=1.2,delay=50,queue=400,loss=3')
    parser.add_argument('--up', type=read_path, metavar='PATH', help='back; as down, by default')
    parser.add_argument('--step', nargs=2, action='append', default=[],
                        metavar=('SECONDS', 'PATH'),
                        help='another path, both ways, so long after the offer; any number')
    args = parser.parse_args()
    try:
        steps = [(float(seconds), *[read_path(path)] * 2) for seconds, path in args.step]
    except ValueError as error:
        parser.error(str(error))
    try:
        asyncio.run(_forever(Emulator(args.sender, args.down, args.up or args.down, steps),
                             args.port))
    except KeyboardInterrupt:
        pass


if __name__ == '__main__':
    main()
