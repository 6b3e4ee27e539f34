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
All attacks on a robot and its relay that are known, each by name, ready to be played.

``python attack_corpus.py NAME TARGET`` plays one in a process of its own (``main``): it prints
``ready``, waits for a line, plays, and prints what came of it as JSON.
"""

import asyncio
from collections.abc import Awaitable, Callable
import contextlib
from dataclasses import dataclass, field
import json
import re
import secrets
import socket
import sys
import zlib

from aiohttp import ClientError, ClientSession, web, WSMsgType
from aioice import stun
from support.attack_peer import Attacker, garbage, PACKETS, send_inits
from support.attack_texts import (
    candidates, description, LONE_SURROGATE, MESSAGES, offer, OFFERS, section, short_sections,
    TWO_BYTES,
)
from support.page_client import PageClient, Refused, signal, SUBPROTOCOL
from support.patience import PATIENCE
from support.whep_player import session_path

# A stranger's session that is not ended at once is by then, as it never proves anything.
ENDS_IN_S = 20.0
# Addresses that robots may send checks to for one who is unproven, of two sessions at once.
MAX_CHECKED = 2 * 32
# Outcomes.
REFUSED, ENDED, NOTHING, ANSWERED, SENT = 'refused', 'ended', 'nothing', 'answered', 'sent'


@dataclass
class Target:
    """
    Where an attack goes.

    :param url: of a server, ``http://host:port``: the robot's own or a relay
    :param robot: its name
    :param fragment: an invite, for attacks by somebody who has one
    :param bearer: of a WHEP player, for attacks by one who may watch
    :param listen: port on which the robot expects its relay, for attacks by a relay
    :param address: at which sockets of the attacker hear what robots send
    :param hostile: a relay that the robot is connected to already
    :param checks_take_s: so long robots may go on with checks of addresses
    :param share: of what floods send; a replay needs less of it than a measurement
    """

    url: str = ''
    robot: str = ''
    fragment: str | None = None
    bearer: str = ''
    listen: int = 0
    address: str = '127.0.0.1'
    hostile: 'HostileRelay | None' = None
    share: float = 1.0
    checks_take_s: float = 8.0
    go: Callable[[], Awaitable[None]] = field(default=lambda: asyncio.sleep(0))
    notes: dict = field(default_factory=dict)

    @property
    def page(self):
        """Return the URL of the robot's page."""
        return f'{self.url}/{self.robot}'

    def some(self, count):
        """Return the numbers of a flood of so many."""
        return range(max(1, round(count * self.share)))


@dataclass(frozen=True)
class Attack:
    """
    One attack.

    :param name: for people
    :param entry: where it comes in: ``native``, ``rtcbot``, ``whep``, ``kscale``, ``peer`` (data
        channels), ``http``, ``relay`` (the robot's relay is hostile)
    :param play: plays it, and returns what came of it
    :param expected: outcomes of a robot that holds; the first word of what ``play`` returns
    """

    name: str
    entry: str
    play: Callable[[Target], Awaitable[str]]
    expected: frozenset[str]


CORPUS: dict[str, Attack] = {}


def _attack(name, entry, *expected):
    def add(play):
        assert name not in CORPUS, name
        CORPUS[name] = Attack(name, entry, play, frozenset(expected))
        return play
    return add


async def _offer(target, sdp, **members):
    async with ClientSession() as http:
        try:
            await signal(http, target.page, sdp, **members)
        except Refused as refused:
            return f'{REFUSED} {refused}'
        except (ClientError, ConnectionError) as error:
            return f'{REFUSED} {type(error).__name__}'
    return ANSWERED


async def _answer(target):
    """Return the answer to a good offer, as soon as there is a place."""
    async with ClientSession() as http:
        while True:
            try:
                return await signal(http, target.page, offer())
            except Refused as refused:
                if str(refused) != 'busy':
                    raise
                await asyncio.sleep(0.5)


async def _post(url, body, kind='text/plain', method='POST', **headers):
    async with ClientSession() as http:
        try:
            async with http.request(method, url, data=body, headers={
                    'Content-Type': kind, **headers}) as response:
                await response.read()
                if response.status < 300:
                    return f'{ANSWERED} {response.status}'
                return f'{REFUSED} {response.status}'
        except (ClientError, ConnectionError) as error:
            return f'{REFUSED} {type(error).__name__}'


# Offers of strangers

def _offers(name, make):
    @_attack(f'offer: {name}', 'native', REFUSED)
    async def play(target):
        await target.go()
        return await _offer(target, make())


for _name, _make in OFFERS.items():
    _offers(_name, _make)


@_attack('offer: 1,800 candidates, 20 times', 'native', REFUSED)
async def _again_and_again(target):
    await target.go()
    text = offer(*candidates(1800))
    outcomes = [await _offer(target, text) for _ in range(20)]
    return next((o for o in outcomes if o == ANSWERED), outcomes[-1])


@_attack('offer: 49 kB by RTCBot POST, 5 at once', 'rtcbot', REFUSED)
async def _post_offers(target):
    body = json.dumps({'sdp': OFFERS['rtpmap x rtcp-fb:* of 49 kB'](), 'type': 'offer'})
    await target.go()
    return max(await asyncio.gather(*(_post(target.page, body) for _ in range(5))))


@_attack('offer: 49 kB by WHEP POST, 5 at once', 'whep', REFUSED)
async def _post_whep(target):
    body = OFFERS['rtpmap x rtcp-fb:* of 49 kB']()
    await target.go()
    return max(await asyncio.gather(*(
        _post(f'{target.url}/whep/{target.robot}', body, 'application/sdp') for _ in range(5))))


@_attack('offer: 12 strangers, all kinds at once', 'native', REFUSED)
async def _mixed(target):
    texts = [OFFERS[name]() for name in (
        'rtpmap x rtcp-fb:* of 49 kB', '1,800 candidates', '500 video sections',
        'ssrc lines, 115 kB')] * 3
    await target.go()
    outcomes = await asyncio.gather(*(_offer(target, text) for text in texts))
    return next((o for o in outcomes if o == ANSWERED), outcomes[0])


@_attack('offer: the answer exceeds the frame', 'native', REFUSED)
async def _long_answer(target):
    await target.go()
    return await _offer(target, short_sections(510))


def _full_section(mid):
    """Return a section with as much of each kind as is allowed."""
    # RFC 5761, section 4: the others are taken for RTCP.
    kinds = [*range(96, 127), *range(35, 64)]
    codecs = ['H264'] * 16 + ['VP8'] * 16 + ['VP9'] * 16 + ['rtx'] * 32
    lines = [*(f'a=rtpmap:{n} {codec}/90000' for n, codec in zip(kinds, codecs)),
             *(f'a=fmtp:{n} packetization-mode=1;profile-level-id=42e01f' for n in kinds),
             *(f'a=rtcp-fb:{n} nack' for n in kinds),
             *(f'a=extmap:{n + 1} urn:x{n}' for n in range(14)),
             *(f'a=ssrc:{n} cname:x' for n in range(16)), *candidates(5)]
    return section(mid, 'video', *lines, codec='', payload_types=' '.join(map(str, kinds)))


@_attack('offer: the worst within the bounds, 30 times', 'native', REFUSED, ANSWERED)
async def _worst(target):
    await target.go()
    text = description(*map(_full_section, range(5)), section(5, 'application'))
    outcomes = [await _offer(target, text) for _ in target.some(30)]
    target.notes['answered'] = outcomes.count(ANSWERED)
    return outcomes[0]


@_attack('offer: 100 good ones, each closed at once', 'native', NOTHING)
async def _come_and_go(target):
    await target.go()
    text, answered = offer(), 0
    async with ClientSession() as http, http.ws_connect(
            target.page, protocols=[SUBPROTOCOL]) as ws:
        await ws.send_json({'type': 'watch'})
        with contextlib.suppress(TimeoutError, ConnectionError):
            for _ in target.some(100):
                while (message := await ws.receive_json(timeout=5))['type'] != 'ready':
                    answered += message['type'] == 'answer'
                session = message['session']
                await ws.send_json({'type': 'offer', 'session': session, 'sdp': text})
                await ws.send_json({'type': 'close', 'session': session})
                await ws.send_json({'type': 'renew'})
                await asyncio.sleep(0.1)
    return NOTHING


# Sessions that take places

@_attack('places: 8 offers that never connect', 'native', NOTHING)
async def _never_connect(target):
    """Somebody else gets in beside them."""
    await target.go()
    async with ClientSession() as http:
        for _ in range(8):
            with contextlib.suppress(Refused):
                await signal(http, target.page, offer())
    page = PageClient(target.page, target.fragment)
    try:
        await page.connect()
        await page.prove()
    except Refused as refused:
        return f'kept out: {refused}'
    except (ConnectionError, TimeoutError) as error:
        return f'kept out: {error}'
    finally:
        await page.close()
    return NOTHING


@_attack('places: 300 offers that never connect', 'native', REFUSED, NOTHING)
async def _many_offers(target):
    await target.go()
    text = offer()
    for _ in target.some(30):
        outcomes = await asyncio.gather(*(_offer(target, text) for _ in range(10)))
        if all(o.endswith('too-many') for o in outcomes):
            return f'{REFUSED} too-many'
    return NOTHING


# Addresses

def _sockets(target, count):
    """Return UDP sockets at addresses of the attacker's."""
    sockets = []
    for _ in range(count):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((target.address, 0))
        sock.setblocking(False)
        sockets.append(sock)
    return sockets


def _count_checks(target, sockets, most):
    """Count the binding requests (RFC 8489) that came, and close the sockets."""
    hit, packets = 0, 0
    for sock in sockets:
        came = 0
        with contextlib.suppress(BlockingIOError, ConnectionError):
            while True:
                came += sock.recv(2048)[:2] == b'\0\1'
        hit, packets = hit + bool(came), packets + came
        sock.close()
    target.notes |= {'packets': packets, 'addresses': hit}
    return NOTHING if hit <= most else f'{packets} packets to {hit} addresses'


@_attack('addresses: 300 candidates of others', 'native', NOTHING)
async def _spray(target):
    """Count what goes to addresses that a stranger only names."""
    sockets = _sockets(target, 300)
    ports = [sock.getsockname()[1] for sock in sockets]
    await target.go()
    # All at once, then as many as one section may have.
    await _offer(target, offer(*candidates(300, lambda n: target.address, lambda n: ports[n])))
    for begin in range(0, 300, 30):
        await _offer(target, offer(*candidates(
            30, lambda n: target.address, lambda n, b=begin: ports[b + n])))
    await asyncio.sleep(target.checks_take_s)
    return _count_checks(target, sockets, MAX_CHECKED)


def _credentials(sdp):
    """Return the ICE user name fragment and password of a description."""
    return [re.search(rf'^a={kind}:(\S+)', sdp, re.M)[1] for kind in ('ice-ufrag', 'ice-pwd')]


def _host_candidate(sdp):
    """Return the first address in a description."""
    found = re.search(r'^a=candidate:\S+ 1 udp \d+ ([\d.]+) (\d+) typ host', sdp, re.M)
    return found[1], int(found[2])


@_attack('addresses: 80,000 packets to a session that never connects', 'native', NOTHING)
async def _packets_before_ice(target):
    """Send what nobody reads before the connection is there."""
    await target.go()
    sock = _sockets(target, 1)[0]
    there = _host_candidate(await _answer(target))
    for number in target.some(80_000):
        with contextlib.suppress(OSError):
            # The first byte is that of DTLS.
            sock.sendto(b'\x16' * 1200, there)
        if number % 20 == 19:
            await asyncio.sleep(0.0005)
    sock.close()
    return NOTHING


@_attack('addresses: 500 sources of checks', 'native', NOTHING)
async def _reflexive(target):
    """Count what goes to addresses from which valid checks come (peer-reflexive candidates)."""
    sockets = _sockets(target, 500)
    await target.go()
    answer = await _answer(target)
    (name, password), there = _credentials(answer), _host_candidate(answer)
    for number, sock in enumerate(sockets):
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes |= {'USERNAME': f'{name}:abcd', 'PRIORITY': 1_000_000 + number,
                               'ICE-CONTROLLING': 2 ** 63}
        request.add_message_integrity(password.encode())
        with contextlib.suppress(OSError):
            sock.sendto(bytes(request), there)
        if number % 20 == 19:
            await asyncio.sleep(0.01)
    await asyncio.sleep(target.checks_take_s)
    return _count_checks(target, sockets, MAX_CHECKED)


# Data channels

def _peer(name, *expected):
    """Decorate what a stranger does once the channels are open."""
    def add(act):
        @_attack(f'peer: {name}', 'peer', *expected)
        async def play(target):
            attacker = await Attacker(target.page).connect()
            try:
                await target.go()
                await act(attacker)
                # Where the session may live on, its end need not be waited for.
                wait = ENDS_IN_S if NOTHING not in expected else 0.3
                return f'{ENDED} {attacker.gone}' if await attacker.ended(wait) else NOTHING
            finally:
                await attacker.close()
    return add


# Whoever sends these is above the bounds of a stranger, and is sent away at once.
MUST_END = ('DATA chunks that are empty', 'DATA chunks of one byte',
            'every second TSN missing, 3,000 chunks', 'fragments that never end, 300 kB',
            'DATA on 30,000 streams', '20 MB on another channel', '20,000 channels',
            'a channel that is opened 3,000 times')
assert set(MUST_END) <= set(PACKETS)
for _name, _make in PACKETS.items():
    _peer(_name, *((ENDED,) if _name in MUST_END else (ENDED, NOTHING)))(
        lambda attacker, make=_make: attacker.send_all(make(attacker)))


@_peer('INIT again and again', ENDED, NOTHING)
async def _inits(attacker):
    await send_inits(attacker, 500)


@_peer('garbage instead of SCTP', ENDED, NOTHING)
async def _garbage(attacker):
    for packet in garbage(2000):
        await attacker.send_packet(packet)


@_peer('texts on control, as many as go', ENDED)
async def _control_texts(attacker):
    for number in range(3000):
        attacker.page.send('control', type='select', slot=number, camera='x' * 50)
        attacker.page.send('teleop', type='drive', x=number)
        if number % 50 == 49:
            await asyncio.sleep(0.01)


@_attack('peer: 4 strangers, packets of all kinds at once', 'peer', ENDED, NOTHING, REFUSED)
async def _mixed_packets(target):
    attackers = []
    with contextlib.suppress(Refused):
        for _ in range(4):
            attackers.append(await Attacker(target.page).connect())
    await target.go()
    kinds = [name for name in PACKETS if 'length 0' not in name]
    await asyncio.gather(*(attacker.send_all(chunk for kind in kinds[place::4]
                                             for chunk in PACKETS[kind](attacker))
                           for place, attacker in enumerate(attackers)))
    for attacker in attackers:
        await attacker.close()
    return NOTHING


def _proven(name):
    def add(act):
        @_attack(f'proven viewer: {name}', 'peer', ENDED, NOTHING)
        async def play(target):
            attacker = await Attacker(target.page, target.fragment).connect()
            await target.go()
            await act(attacker, target)
            # The session must do its work until the robot has read all of it.
            ended = await attacker.ended(1)
            await attacker.close()
            return ENDED if ended else NOTHING
    return add


@_proven('10,000 selects')
async def _selects(attacker, target):
    cameras = [c['name'] for c in attacker.page.hello['cameras']] or ['x']
    for number in target.some(10_000):
        attacker.page.send('control', type='select', slot=0,
                           camera=None if number % 2 else cameras[0])
        if number % 50 == 49:
            await asyncio.sleep(0.01)


@_proven('10,000 wants')
async def _wants(attacker, target):
    for number in target.some(10_000):
        attacker.page.send('control', type='want', lease=number % 2 == 0)
        if number % 50 == 49:
            await asyncio.sleep(0.01)


@_proven('10,000 pings, shown and figures')
async def _pings(attacker, target):
    for number in target.some(3333):
        attacker.page.send('control', type='ping', id=number)
        attacker.page.send('control', type='shown', slot=0, frames=number, packets=number)
        attacker.page.send('control', type='figures', fps=number)
        if number % 25 == 24:
            await asyncio.sleep(0.01)


@_proven('1,000 messages of 60 kB')
async def _long_messages(attacker, target):
    for number in target.some(1000):
        attacker.page.send('control', type='message', data=[0] * 15_000)
        attacker.page.send('control', type='select', slot=0, camera='x' * 60_000)
        await asyncio.sleep(0.02)


@_proven('SACK with 285 gap blocks, 20 packets')
async def _proven_gaps(attacker, target):
    await attacker.send_all(PACKETS['SACK with 285 gap blocks, 20 packets'](attacker))


# Messages at the relay, or the robot's own server

def _messages(name, make):
    @_attack(f'message: {name}', 'native', REFUSED, ANSWERED)
    async def play(target):
        async with ClientSession() as http, http.ws_connect(
                target.page, protocols=[SUBPROTOCOL], max_msg_size=2 ** 22) as ws:
            await ws.send_json({'type': 'watch'})
            ready = await ws.receive_json()
            await target.go()
            for _ in range(3):
                with contextlib.suppress(ConnectionError, ClientError):
                    await ws.send_str(make(ready.get('session', 's')).encode(
                        'utf-8', 'surrogatepass').decode('utf-8', 'replace'))
            with contextlib.suppress(TimeoutError):
                while (frame := await ws.receive(11)).type == WSMsgType.TEXT:
                    message = json.loads(frame.data)
                    if message['type'] == 'answer':
                        return ANSWERED
                    if message['type'] == 'error':
                        return f'{REFUSED} {message["code"]}'
            return f'{REFUSED} {ws.close_code}'


for _name, _make in MESSAGES.items():
    _messages(_name, _make)


@_attack('message: 240 kB of two-byte characters by RTCBot POST', 'rtcbot', REFUSED)
async def _post_two_bytes(target):
    body = json.dumps({'sdp': 'v=0\r\n' + TWO_BYTES * 120_000, 'type': 'offer'},
                      ensure_ascii=False).encode()
    await target.go()
    return max([await _post(target.page, body) for _ in range(3)])


@_attack('message: 240 kB of two-byte characters by WHEP POST', 'whep', REFUSED)
async def _whep_two_bytes(target):
    body = ('v=0\r\n' + TWO_BYTES * 120_000).encode()
    await target.go()
    return max([await _post(f'{target.url}/whep/{target.robot}', body, 'application/sdp')
                for _ in range(3)])


@_attack('message: a WHEP bearer and camera of 8,000 characters', 'whep', REFUSED)
async def _whep_bearer(target):
    await target.go()
    outcomes = [await _post(f'{target.url}/whep/{target.robot}/' + 'c' * 7000, offer(),
                            'application/sdp', Authorization='Bearer ' + 'b' * 7000),
                await _post(f'{target.url}/whep/{target.robot}', offer(), 'application/sdp',
                            Authorization='Bearer \xe9\xe9')]
    return max(outcomes)


@_attack('message: 30 WHEP candidates behind 300 media lines', 'whep', REFUSED)
async def _whep_media_lines(target):
    fragment = 'm=x\r\n' * 300 + 'a=candidate:x\r\n' * 30
    await target.go()
    async with ClientSession() as http:
        async with http.post(f'{target.url}/whep/{target.robot}', data=offer(), headers={
                'Content-Type': 'application/sdp',
                'Authorization': f'Bearer {target.bearer}'}) as response:
            if response.status != 201:
                return f'not let in: {response.status} {await response.text()}'
            session = target.url + session_path(response)
    try:
        return await _post(session, fragment, 'application/trickle-ice-sdpfrag', 'PATCH')
    finally:
        await _post(session, b'', method='DELETE')


@_attack('message: 200 renewals, 40 a second', 'native', NOTHING, REFUSED)
async def _renew(target):
    """Count the TURN credentials that a stranger gets."""
    given = set()
    await target.go()
    async with ClientSession() as http, http.ws_connect(
            target.page, protocols=[SUBPROTOCOL]) as ws:
        await ws.send_json({'type': 'watch'})

        async def ask():
            with contextlib.suppress(ConnectionError, ClientError):
                for _ in target.some(200):
                    await asyncio.sleep(0.025)
                    await ws.send_json({'type': 'renew'})
        asking = asyncio.create_task(ask())
        with contextlib.suppress(TimeoutError):
            while (frame := await ws.receive(2)).type == WSMsgType.TEXT:
                message = json.loads(frame.data)
                for server in message.get('ice_servers', ()):
                    given.add(server.get('credential'))
        await asking
    target.notes['credentials'] = len(given - {None})
    return NOTHING


@_attack('message: 50,000 WebSocket pings', 'native', NOTHING, REFUSED)
async def _pings_of_websocket(target):
    async with ClientSession() as http, http.ws_connect(
            target.page, protocols=[SUBPROTOCOL]) as ws:
        await target.go()
        with contextlib.suppress(ConnectionError, ClientError, RuntimeError):
            for number in target.some(50_000):
                await ws.ping(b'x' * 100)
                if number % 500 == 0:
                    await asyncio.sleep(0)
    return NOTHING


@_attack("message: an app of K-Scale's sends anything", 'kscale', NOTHING, REFUSED)
async def _kscale(target):
    await target.go()
    async with ClientSession() as http:
        for first in ({'role': 'app', 'robot_id': target.robot}, {'role': 'robot',
                      'robot_id': 'x'}, {'type': 'Negotiate', 'cameras': list(range(20_000))}):
            async with http.ws_connect(target.url + '/', max_msg_size=2 ** 22) as ws:
                with contextlib.suppress(ConnectionError, ClientError, TimeoutError):
                    await ws.send_json(first)
                    for text in (json.dumps({'type': 'Negotiate', 'service': 'video/\ud800\n',
                                             'cameras': ['x' * 1000] * 200}),
                                 json.dumps({'sdp': {'type': 'answer', 'sdp': OFFERS[
                                     'rtpmap x rtcp-fb:* of 49 kB']()}}),
                                 json.dumps({'ice': {'candidate': TWO_BYTES * 100_000,
                                                     'sdpMLineIndex': 10 ** 30}}),
                                 '[' * 100_000, '{"token":"\\ud800"}'):
                        await ws.send_str(text)
                    while (await ws.receive(2)).type == WSMsgType.TEXT:
                        pass
    return NOTHING


# HTTP

@_attack('http: bodies that unpack to 250 MB', 'http', REFUSED)
async def _bomb(target):
    # In parts: whole, it would hold up the honest driver, who is in this process.
    compressor, zeros = zlib.compressobj(9), bytes(1_000_000)
    parts = [compressor.compress(b'v=0\r\n'), *(compressor.compress(zeros) for _ in range(250))]
    body = b''.join([*parts, compressor.flush()])
    await target.go()
    outcomes = [await _post(target.page, body, **{'Content-Encoding': 'deflate'})
                for _ in target.some(3)]
    return outcomes[0]


@_attack('http: WebSocket frames that unpack to 100 MB', 'http', NOTHING, REFUSED)
async def _compressed_frames(target):
    async with ClientSession() as http:
        await target.go()
        for _ in target.some(3):
            async with http.ws_connect(target.page, protocols=[SUBPROTOCOL], compress=15) as ws:
                with contextlib.suppress(ConnectionError, ClientError, TimeoutError):
                    await ws.send_str('x' * 100_000_000)
                    await ws.receive(5)
    return NOTHING


@_attack('http: 250 requests a byte at a time', 'http', NOTHING)
async def _slow(target):
    host, port = target.url.split('//')[1].rsplit(':', 1)
    await target.go()

    async def drip():
        with contextlib.suppress(OSError, ConnectionError):
            _, writer = await asyncio.open_connection(host, int(port))
            for byte in b'GET / HTTP/1.1\r\nHost: x\r\nX: yyyyy':
                writer.write(bytes([byte]))
                await asyncio.sleep(0.2)
            writer.close()
    await asyncio.gather(*(drip() for _ in range(250)))
    return NOTHING


@_attack('http: a foreign Host', 'http', REFUSED)
async def _host(target):
    """Ask by names that are rebound to loopback (DNS rebinding), which is refused."""
    await target.go()
    outcomes = [await _post(target.url + path, b'', method='GET', Host='evil.example')
                for path in (f'/{target.robot}', '/metrics')]
    return max(outcomes) if all(o.startswith(REFUSED) for o in outcomes) else min(outcomes)


@_attack('http: 60 connections of garbage', 'http', NOTHING)
async def _http_garbage(target):
    host, port = target.url.split('//')[1].rsplit(':', 1)
    await target.go()
    for number in range(60):
        with contextlib.suppress(OSError, ConnectionError, TimeoutError):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write([b'\x16\x03\x01' + b'\0' * 500, b'GET ' + b'/' * 60_000,
                          b'POST /connect HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n' +
                          b'x' * 300_000, b'\0' * 1000][number % 4])
            await asyncio.wait_for(reader.read(100), 1)
            writer.close()
    return NOTHING


async def _polled(http, target, *bodies):
    """Begin to signal over HTTP and post bodies; return the URL and the statuses."""
    url = f'{target.url}/signaling/{target.robot}/{secrets.token_urlsafe(16)}'
    statuses = []
    for body in (b'{"type":"watch"}', *bodies):
        async with http.post(url, data=body) as response:
            statuses.append(response.status)
    return url, statuses


@_attack('http: 200 pages that signal over HTTP and never poll', 'http', REFUSED, NOTHING)
async def _idle_pages(target):
    await target.go()
    async with ClientSession() as http:
        pages = [await _polled(http, target) for _ in target.some(200)]
        refused = sum(503 in statuses for _, statuses in pages)
        for url, _ in pages:
            await http.delete(url)
    return f'{REFUSED} {refused} pages' if refused else NOTHING


@_attack('http: 300 polls of one page at once', 'http', NOTHING)
async def _many_polls(target):
    await target.go()
    async with ClientSession() as http:
        url, _ = await _polled(http, target)
        # Each poll ends the one before it.
        polls = [asyncio.create_task(http.get(f'{url}?after=0')) for _ in target.some(300)]
        await asyncio.sleep(0.5)
        await http.delete(url)
        for response in await asyncio.gather(*polls):
            response.close()
    return NOTHING


@_attack('http: nonsense and floods in place of signaling over HTTP', 'http', REFUSED)
async def _posted_nonsense(target):
    offers = json.dumps({'type': 'offer', 'session': 'x', 'sdp': LONE_SURROGATE}).encode()
    bodies = [b'\n'.join([b'{"type":"renew"}'] * 64) for _ in target.some(200)]
    await target.go()
    async with ClientSession() as http:
        pages = [await _polled(http, target, *bodies), await _polled(
            http, target, b'[' * 200_000, b'\xff' * 1000, b'{"type":"register","robot_id":"x"}',
            offers, b'\n' * 200_000, b'x' * 300_000)]
        for url, _ in pages:
            await http.delete(url)
    statuses = {status for _, found in pages for status in found}
    # The flood is sent away (404), the body that is too long is not taken (413).
    return f'{REFUSED} flood' if statuses >= {404, 413} else f'{sorted(statuses)}'


# A hostile relay

class HostileRelay:
    """
    The relay of a robot, which sends it what it likes.

    :param port: where the robot looks for it
    """

    def __init__(self, port):
        """Prepare; entering listens."""
        self._port = port
        self.robots = asyncio.Queue()
        self.answers = []
        self.closed = 0

    async def __aenter__(self):
        """Listen, and wait for the robot."""
        app = web.Application()
        app.router.add_get('/{path:.*}', self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, '127.0.0.1', self._port).start()
        async with asyncio.timeout(PATIENCE):
            self._ws = await self.robots.get()
        return self

    async def __aexit__(self, *_):
        """Listen no more."""
        await self._runner.cleanup()

    async def _serve(self, request):
        ws = web.WebSocketResponse(protocols=[SUBPROTOCOL], max_msg_size=2 ** 24)
        await ws.prepare(request)
        await ws.receive()
        await ws.send_json({'type': 'registered', 'url': '/x'})
        self._ws = ws
        self.robots.put_nowait(ws)
        async for frame in ws:
            if frame.type == WSMsgType.TEXT:
                self.answers.append(json.loads(frame.data))
        self.closed += 1
        return ws

    async def connected(self):
        """Wait until the robot is there, which leaves a relay that sends nonsense."""
        async with asyncio.timeout(PATIENCE):
            while self._ws.closed:
                await asyncio.sleep(0.05)

    async def send(self, text):
        """Send a text, escaped as JSON has it, or bytes; to the newest connection."""
        with contextlib.suppress(ConnectionError, RuntimeError):
            if isinstance(text, bytes):
                await self._ws.send_bytes(text)
            else:
                await self._ws.send_str(text)

    async def offer(self, session='s', sdp=None, **members):
        """Send an offer with any members."""
        await self.send(json.dumps({'type': 'offer', 'session': session,
                                    'sdp': offer() if sdp is None else sdp, 'door': 'v1',
                                    'trickle': False, **members}))

    async def has_read_all(self):
        """Wait until the robot refuses an offer, which it reads behind all that was sent."""
        async with asyncio.timeout(PATIENCE):
            while True:
                await self.connected()
                ws = self._ws
                await self.offer('the last', 'v=0')
                while not ws.closed:
                    if any(answer.get('session') == 'the last' for answer in self.answers):
                        return
                    await asyncio.sleep(0.02)

    async def pace(self, count=1, seconds=5.0):
        """Wait until the robot has said something to so many sessions, or a while."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while len(self.answers) < count:
                    await asyncio.sleep(0.02)


def _by_relay(name):
    def add(act):
        @_attack(f'relay: {name}', 'relay', NOTHING)
        async def play(target):
            async with contextlib.AsyncExitStack() as stack:
                relay = target.hostile or await stack.enter_async_context(
                    HostileRelay(target.listen))
                await relay.connected()
                await target.go()
                await act(relay, target)
                relay.answers.clear()
                await relay.has_read_all()
            return NOTHING
    return add


STRANGE = {'lone surrogates': LONE_SURROGATE, 'line ends': 'x\n[ERROR] [1.0] [rtc_bridge]: forged',
           'escape sequences': '\x1b[2J\x1b[31m', 'NUL': '\0', 'bidirectional': '\u202etxt',
           '100 kB': 'x' * 100_000, 'NEL and LS': 'x\x85y\u2028z'}


def _strange(name, text):
    @_by_relay(f'{name} in every member')
    async def act(relay, _):
        for number, member in enumerate(('source', 'camera', 'bearer', 'door', 'session')):
            await relay.offer(**{'session': f's{number}', member: text})
        for message in (
                {'type': 'close', 'session': text}, {'type': 'error', 'code': text,
                                                     'message': text},
                {'type': 'error', 'code': 'x', 'message': text, 'session': text},
                {'type': 'candidate', 'session': 's0', 'candidate': 'candidate:' + text,
                 'sdpMid': text, 'sdpMLineIndex': 0},
                {'type': 'call', 'session': 'c' + text, 'door': 'kscale', 'cameras': [text],
                 'source': text},
                {'type': 'admit', 'session': 'a', 'door': text, 'cameras': [], 'source': text,
                 'bearer': text},
                {'type': 'answer', 'session': text, 'sdp': text},
                {'type': text}, {'type': 'registered', 'url': text}):
            await relay.send(json.dumps(message))
        await relay.pace(5)


for _name, _text in STRANGE.items():
    _strange(_name, _text)


@_by_relay('300 different sources of 200 kB')
async def _sources(relay, target):
    for number in target.some(300):
        await relay.offer(f's{number}', 'v=0', source=f'{number}' + 'x' * 200_000)
        if number % 20 == 19:
            await relay.pace(number - 50, 1.0)
    await relay.pace(len(target.some(300)), 20.0)


@_by_relay('20,000 different sources of 60 characters')
async def _short_sources(relay, target):
    for number in target.some(20_000):
        await relay.offer(f's{number}', 'v=0', source=f'{number}' + 'x' * 54)
        if number % 50 == 49:
            await relay.pace(number - 100, 0.2)


@_by_relay('offers of all kinds')
async def _relay_offers(relay, _):
    for number, make in enumerate(OFFERS.values()):
        await relay.offer(f's{number}', make())
    await relay.pace(len(OFFERS), 60.0)


@_by_relay('20,000 candidates for one session')
async def _relay_candidates(relay, target):
    await relay.offer('s', trickle=True)
    for number in target.some(20_000):
        await relay.send(json.dumps({
            'type': 'candidate', 'session': 's', 'sdpMid': '0', 'sdpMLineIndex': 0,
            'candidate': f'candidate:{number} 1 udp 1 127.0.0.1 {number + 1} typ host'}))


@_by_relay('candidates for 20,000 sessions that are not there')
async def _candidates_of_nobody(relay, target):
    for number in target.some(20_000):
        await relay.send(json.dumps({
            'type': 'candidate', 'session': f's{number}', 'sdpMid': '0', 'sdpMLineIndex': 0,
            'candidate': 'candidate:1 1 udp 1 127.0.0.1 9 typ host'}))


@_by_relay('30,000 messages of no kind')
async def _nonsense(relay, target):
    for number in target.some(30_000):
        await relay.send(('{}', 'x', '[1]', '{"type":"x"}', b'x')[number % 5])


@_by_relay('2,000 errors and 2,000 renewals')
async def _errors(relay, target):
    for number in target.some(2000):
        await relay.send(json.dumps({'type': 'error', 'code': f'c{number}', 'message': 'm' * 500}))
        await relay.send('{"type":"renew"}')


@_by_relay('2,000 good offers, each closed at once')
async def _relay_churn(relay, target):
    text = offer()
    for number in target.some(2000):
        await relay.offer(f's{number}', text, source=f'10.0.{number // 250}.{number % 250}')
        await relay.send(json.dumps({'type': 'close', 'session': f's{number}'}))
        await asyncio.sleep(0.005)


@_by_relay('300 of the worst offers within the bounds')
async def _relay_worst(relay, target):
    text = description(*map(_full_section, range(5)), section(5, 'application'))
    for number in target.some(300):
        await relay.offer(f's{number}', text, source=f'10.0.{number // 250}.{number % 250}')
    await relay.pace(len(target.some(300)), 30)


@_by_relay('calls of 64 apps at once')
async def _calls(relay, _):
    for number in range(64):
        await relay.send(json.dumps({'type': 'call', 'session': f'c{number}', 'door': 'kscale',
                                     'cameras': list(range(16))}))
    await relay.pace(64)


async def play(attack, target):
    """Play an attack, and return what came of it."""
    async with asyncio.timeout(PATIENCE):
        return await attack.play(target)


def main():
    """Play one attack by name, in step with who has started this."""
    attack, options = CORPUS[sys.argv[1]], json.loads(sys.argv[2])

    async def go():
        print('ready', flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
        print('went', flush=True)
    target = Target(**options, go=go)
    try:
        outcome = asyncio.run(play(attack, target))
    except Exception as error:
        outcome = f'failed: {error!r}'
    print(json.dumps({'outcome': outcome, **target.notes}), flush=True)


if __name__ == '__main__':
    main()
