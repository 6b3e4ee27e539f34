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
A page without a browser, as a program: ``python plain_viewer.py URL TRANSPORT``.

It uses the first TURN server over ``udp``, ``tcp`` or ``tls`` that the relay tells of, or none
with ``none``. It prints the robot's candidates, and the route once it sees a picture.
"""

import asyncio
import sys

import aiohttp
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from rtc_bridge.core.protocol.signaling_messages import SUBPROTOCOL
# Lets aiortc take IPv6 literals.
import rtc_bridge.peer.aiortc_compat  # noqa: F401

KINDS = {'none': ('none', ''), 'udp': ('turn:', '=udp'), 'tcp': ('turn:', '=tcp'),
         'tls': ('turns:', '=tcp')}


def _first(servers, transport):
    scheme, end = KINDS[transport]
    return [RTCIceServer([url], s['username'], s['credential']) for s in servers
            for url in s['urls'] if url.startswith(scheme) and url.endswith(end)][:1]


async def main(url, transport):
    """Watch until killed."""
    async with (aiohttp.ClientSession() as http,
                http.ws_connect(url, protocols=[SUBPROTOCOL]) as ws):
        await ws.send_json({'type': 'watch'})
        ready = await ws.receive_json()
        servers = _first(ready['ice_servers'], transport)
        assert servers or transport == 'none', ready
        pc = RTCPeerConnection(RTCConfiguration(servers))
        pc.createDataChannel('control')
        transceiver = pc.addTransceiver('video', 'recvonly')
        await pc.setLocalDescription()
        await ws.send_json({'type': 'offer', 'session': ready['session'], 'trickle': False,
                            'sdp': pc.localDescription.sdp})
        answer = await ws.receive_json()
        await pc.setRemoteDescription(RTCSessionDescription(answer['sdp'], 'answer'))
        for words in map(str.split, answer['sdp'].splitlines()):
            if words[0].startswith('a=candidate:'):
                print('candidate', words[7], words[4], words[5], words[3], flush=True)
        frame = await transceiver.receiver.track.recv()
        pair = pc.sctp.transport.transport._connection._nominated[1]
        print('picture', frame.width, pair.local_candidate.type, pair.remote_candidate.type,
              flush=True)
        while True:
            await transceiver.receiver.track.recv()


if __name__ == '__main__':
    asyncio.run(main(*sys.argv[1:]))
