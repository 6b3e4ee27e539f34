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
Bad input at the robot: what a relay, a viewer and a link say.

As ``test_fuzz.py`` for the relay; ``RTC_BRIDGE_FUZZ`` asks for more inputs here, too. What was an
attack once (``attack_texts.py``, ``attack_peer.py``) is where the inputs begin.
"""

import asyncio
import json

from aiortc import RTCSctpTransport
from aiortc.rtcsctptransport import WEBRTC_STRING
from hypothesis import given, strategies as st
import pytest
from rtc_bridge.core.access.invite import (
    bearer_text, Invite, invite_text, parse_payload, split_bearer, split_invite,
)
from rtc_bridge.core.access.invite_url import parse_invite_url
from rtc_bridge.core.access.policy import AccessPolicy
from rtc_bridge.core.errors import ProtocolError, SignalingError
from rtc_bridge.core.limits.peer_limits import PeerLimits
from rtc_bridge.core.limits.rate_limit import RateLimiter
from rtc_bridge.core.limits.sctp_limits import (
    MAX_CHANNELS, MAX_MISORDERED, MAX_STREAMS, MAX_UNFINISHED_CHUNKS)
from rtc_bridge.core.limits.sdp_limits import check_sdp
from rtc_bridge.core.protocol.control_messages import parse_control
from rtc_bridge.core.protocol.robot_link import RobotLink
from rtc_bridge.core.protocol.teleop_messages import parse_teleop
from rtc_bridge.peer.aiortc_compat.peer_limits import limited_by
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from rtc_bridge.peer.remote_description import read_offer
from rtc_bridge.signaling.relay_client import RelayClient
from rtc_bridge.system.files.key_store import KeyStore
from support import raw_sctp as raw
from support.attack_corpus import HostileRelay
from support.attack_texts import (
    candidates, LONE_SURROGATE, MESSAGES, offer, OFFERS, OTHER_LINE_ENDS, sections,
)
from support.browsers import Loop
from support.fuzzing import BATCH, batches, COUNT, edit, edits, fuzz, hostile, plain, values
from support.processes import free_port
from support.viewer import make_sessions, TestCamera, until, Viewer

# Sizes around what messages may have (docs/protocol.md).
EDGES = st.sampled_from([0, 1, 63, 64, 65, 255, 256, 257, 1023, 1024, 1025, 4095, 4096, 4097,
                         16_383, 16_384, 16_385, 65_535, 65_536, 65_537])
NUMBERS = st.sampled_from([0, -1, 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 53 + 1, 2 ** 64,
                           -2 ** 63, 10 ** 308, 1e308, -0.0, 0.5])
BAD = st.sampled_from([LONE_SURROGATE, '\0', 'x\n[ERROR] forged', '\x1b[2J', '\u202e',
                       *OTHER_LINE_ENDS.values()])
scalars = plain | NUMBERS | BAD | EDGES.map(lambda size: 'x' * size)

CONTROL = {
    'prove': ('nonce', 'payload', 'mac'), 'select': ('slot', 'camera'),
    'shown': ('slot', 'frames', 'packets'), 'ping': ('id',),
    'figures': ('fps', 'delay_ms', 'codec'),
    'want': ('lease', 'take'), 'yield': ('request',), 'refuse': ('request',), 'release': ('id',),
    'message': ('data',), 'call': ('request', 'name', 'value'), 'nonsense': ('x',)}
TELEOP = {
    'drive': ('epoch', 'seq', 'tick', 'frame', 'linear_x', 'linear_y', 'linear_z',
              'angular_z'),
    'joy': ('epoch', 'seq', 'tick', 'frame', 'axes', 'buttons'), 'stop': ('request',)}
RELAY = {
    'offer': ('session', 'sdp', 'door', 'trickle', 'camera', 'source', 'bearer'),
    'candidate': ('session', 'candidate', 'sdpMid', 'sdpMLineIndex'), 'close': ('session',),
    'call': ('session', 'door', 'cameras', 'source', 'bearer'), 'answer': ('session', 'sdp'),
    'admit': ('session', 'door', 'cameras', 'source', 'bearer'), 'renew': (),
    'error': ('code', 'message', 'session'), 'registered': ('url',), 'servers': ('ice_servers',)}


def messages(kinds, inner=scalars | values):
    """Return texts of messages whose members are of any kind, most of them there."""
    def one(kind):
        return st.fixed_dictionaries(
            {'type': st.just(kind)},
            optional={name: inner for name in kinds[kind]}).map(json.dumps)
    return st.sampled_from(sorted(kinds)).flatmap(one)


frames = st.one_of(messages(CONTROL), messages(TELEOP), hostile, st.text(max_size=60),
                   st.binary(max_size=60), EDGES.map(lambda size: '"' + 'x' * size + '"'))


@pytest.fixture
def loop():
    """Return a loop in a thread; what fails unseen in it fails the test."""
    loop, faults = Loop(), []
    loop.loop.set_exception_handler(lambda _, context: faults.append(str(context)))
    yield loop
    loop.close()
    assert faults == []


# Texts

@fuzz()
@given(frames)
def test_channel_messages_are_read_or_refused(text):
    for parse in (parse_control, parse_teleop):
        try:
            assert parse(text) is not None
        except ProtocolError as error:
            assert len(str(error)) < 500 and str(error).isprintable()


@pytest.fixture(scope='module')
def store(tmp_path_factory):
    """Return a robot's secret."""
    return KeyStore(tmp_path_factory.mktemp('keys'))


fragments = st.lists(st.sampled_from([
    'v1', '.', 'v2', 'e30', 'eyJyb2JvdF9pZCI6InIifQ', 'A' * 43, '=', '-', '#', '\ud800', '\0',
    'A' * 5000, '%00', 'é']) | st.text(max_size=10), max_size=8).map(''.join)
members = st.fixed_dictionaries({}, optional={
    name: scalars | values for name in ('robot_id', 'id', 'role', 'name', 'iat', 'exp', 'more')})


@fuzz()
@given(fragments)
def test_links_and_bearers_are_read_or_refused(text):
    for parse in (split_invite, parse_payload, split_bearer,
                  lambda t: parse_invite_url(f'https://r.example.org/r#{t}')):
        try:
            assert parse(text) is not None
        except ProtocolError as error:
            assert len(str(error)) < 500 and str(error).isprintable()


def test_no_bearer_of_strangers_is_let_in(store):
    access = AccessPolicy('robot', store=store, wall=lambda: 4_000_000_000.0)
    good = bearer_text(store.secret, Invite(
        'robot', 'i', 'view', 'n', 3_999_999_900, 4_000_000_100))
    payload = invite_text(store.secret, Invite('robot', 'i', 'drive', 'n', 1, 4_000_000_100))

    @fuzz()
    @given(st.integers(0, len(good) - 1), st.characters(codec=None), st.booleans(), fragments)
    def example(place, character, other, fragment):
        text = fragment if other else good[:place] + character + good[place + 1:]
        if text == good:
            return
        for bearer in (text, payload):
            with pytest.raises(SignalingError):
                access.verify_bearer(bearer, 'server')
    example()


# Descriptions

GOOD = [offer(), offer(*candidates(20)), offer(*(f'a=ssrc:{n} cname:x' for n in range(10))),
        sections(5), offer('a=rtcp-fb:96 nack', 'a=rtcp-fb:* transport-cc', 'a=fmtp:96 a=1;b=2')]
CORPUS_OFFERS = {name: make() for name, make in OFFERS.items()}
# Numbers of lines around what a section, or a description, may have (core/limits/sdp_limits.py).
AROUND = st.sampled_from([1, 2, 3, 4, 5, 15, 16, 17, 31, 32, 33, 63, 64, 65, 99, 100, 101, 255,
                          256, 257, 511, 512, 513])
more_lines = st.lists(st.tuples(st.sampled_from([
    lambda n: f'a=candidate:{n} 1 udp {n} 10.0.0.1 {n + 1} typ host', lambda n: f'a=ssrc:{n} x:y',
    lambda n: f'a=extmap:{n + 1} urn:x', lambda n: 'a=rtcp-fb:96 nack', lambda n: f'a=x:{n}',
    lambda n: f'a=rtpmap:{n} VP8/90000', lambda n: f'a=fmtp:{n} a=1', lambda n: f'a=mid:{n}',
    lambda n: 'm=video 9 UDP/TLS/RTP/SAVPF 96', lambda n: 'a=fingerprint:sha-256 AB',
    lambda n: 'a=' + 'x' * n, lambda n: f'a=ssrc-group:FID {n} {n + 1}', lambda n: f'b=AS:{n}',
    lambda n: 'm=audio 9 UDP/TLS/RTP/SAVPF ' + ' '.join(map(str, range(n)))]), AROUND), max_size=2)


@fuzz()
@given(st.sampled_from(GOOD) | st.sampled_from(sorted(CORPUS_OFFERS)).map(CORPUS_OFFERS.get),
       edits | st.just([]), more_lines, BAD | st.just(''), st.integers(0, 10 ** 6))
def test_descriptions_are_bounded_then_read(sdp, changes, more, bad, place):
    sdp = edit(sdp, changes)
    for make, count in more:
        sdp += ''.join(f'{make(n)}\r\n' for n in range(count))
    if bad:
        place %= len(sdp) + 1
        sdp = sdp[:place] + bad + sdp[place:]
    try:
        check_sdp(sdp)
    except SignalingError as error:
        assert error.code == 'bad-offer' and len(str(error)) < 500 and str(error).isprintable()
        return
    # What passed is small, and has the same lines for every reader.
    assert len(sdp.encode()) <= 12 * 1024 * 19 and sdp.splitlines() == sdp.removesuffix(
        '\r\n').split('\r\n')
    assert sum(line.startswith('m=') for line in sdp.splitlines()) <= 18
    assert sum(line.startswith('a=candidate') for line in sdp.splitlines()) <= 100
    try:
        assert read_offer(sdp).sdp
    except SignalingError as error:
        assert error.code == 'bad-offer' and len(str(error)) < 500


# Data channels of a real session

def test_channels_take_anything(loop, monkeypatch):
    """No text ends the event loop, or others' sessions; the session itself may end."""
    # Here it is about what comes, not how much.
    monkeypatch.setattr(RateLimiter, 'allow', lambda self, *_, **__: True)

    async def start():
        sessions = make_sessions(TestCamera('front', 60))
        witness = Viewer()
        await witness.connect(LocalRobotLink(sessions, 'server'))
        await until(lambda: witness.got('control', 'hello'))
        return sessions, witness, []
    sessions, witness, current = loop.run(start())

    async def session():
        """Return a session that lives, and its viewer."""
        if not current or current[0].session_id not in sessions.sessions:
            if current:
                await current[1].close()
            viewer = Viewer(labels=('control', 'teleop', 'default'))
            await viewer.connect(LocalRobotLink(sessions, 'server'))
            await until(lambda: viewer.got('control', 'hello'))
            current[:] = sessions.sessions[viewer.id], viewer
        return current[0]

    @fuzz(BATCH)
    @given(batches(st.tuples(st.sampled_from(['control', 'teleop', 'default']), frames)))
    def example(messages):
        async def take():
            for label, text in messages:
                channel = (await session()).channels.get(label)
                if channel is not None:
                    channel._on_message(text)
        loop.run(take())

    async def end():
        sent = len(witness.got('control', 'pong'))
        witness.send('control', type='ping', id=1)
        await until(lambda: len(witness.got('control', 'pong')) > sent)
        for viewer in [witness, *current[1:]]:
            await viewer.close()
        await sessions.close('the test ends')
    example()
    loop.run(end())


# What a relay says

class Dummy(RobotLink):
    """A robot that answers at once, to see what reaches it."""

    trickle = True

    def __init__(self):
        """Begin without offers."""
        super().__init__()
        self.offers = 0

    async def ice_servers(self):
        """Return none."""
        return []

    async def answer(self, offer):
        """Count."""
        self.offers += 1
        return 'v=0\r\n'

    async def admit(self, call):
        """Let nobody in."""
        raise SignalingError('denied', 'no')

    async def offer(self, call):
        """Let nobody in."""
        raise SignalingError('denied', 'no')

    async def accept(self, session, sdp):
        """Take no answer."""
        raise SignalingError('bad-answer', 'no')

    async def add_candidate(self, session, candidate):
        """Take a candidate."""

    async def close_session(self, session):
        """End a session."""


def test_a_relay_says_anything(loop, monkeypatch):
    """The link may be given up and made again; it never dies, and takes good offers after."""
    monkeypatch.setattr(RateLimiter, 'allow', lambda self, *_, **__: True)
    inner = scalars | values | st.sampled_from(['s', offer()]) | st.sampled_from(
        sorted(OFFERS)).map(lambda name: OFFERS[name]()[:20_000])
    said = messages(RELAY, inner) | hostile | st.binary(max_size=60) | st.sampled_from(
        sorted(MESSAGES)).map(lambda name: MESSAGES[name]('s').encode(
            'utf-8', 'replace').decode())
    dummy, port = Dummy(), free_port()

    async def start():
        relay = HostileRelay(port)
        client = RelayClient(f'ws://127.0.0.1:{port}/r', 'r', dummy, ping=300.0)
        running = asyncio.create_task(client.run())
        await relay.__aenter__()
        return relay, running
    relay, running = loop.run(start())

    @fuzz(BATCH)
    @given(batches(said))
    def example(texts):
        async def say():
            assert not running.done()
            for text in texts:
                await relay.send(text.encode('utf-8', 'surrogatepass').decode('utf-8', 'replace')
                                 if isinstance(text, str) else text)
            if len(relay.answers) > 1000:
                relay.answers.clear()
        loop.run(say())

    async def end():
        async with asyncio.timeout(60):
            # Offers of before may still wait; at the end a good one is answered.
            while not any(m.get('session') == 'last' for m in relay.answers):
                await relay.offer('last')
                await asyncio.sleep(0.05)
        assert not running.done()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await relay.__aexit__()
    example()
    loop.run(end(), 90)
    assert COUNT


# SCTP packets

class Wire:
    """The DTLS below an association, which takes all and gives nothing."""

    state = 'connected'

    async def _send_data(self, data):
        pass

    def _register_data_receiver(self, receiver):
        pass

    def _unregister_data_receiver(self, receiver):
        pass


TSNS = st.sampled_from([0, 1, 2, 3, 5, 100, 1023, 1024, 1025, 1026, 2 ** 16, 2 ** 31 - 1, 2 ** 31,
                        2 ** 31 + 1, 2 ** 32 - 1])
STREAMS = st.sampled_from([0, 1, 2, 8, 15, 16, 17, 64, 65, 65_534, 65_535])
lengths = st.none() | st.sampled_from([0, 1, 3, 4, 5, 15, 16, 17, 1024, 65_535])
bodies = st.binary(max_size=24) | st.sampled_from([0, 1, 3, 4, 8, 11, 12, 13, 16, 1100]).map(bytes)
pairs = st.lists(st.tuples(STREAMS, STREAMS), max_size=5) | st.just([(1, 65_535)] * 280)
payloads = st.sampled_from([b'', b'x', b'\3', b'\2', bytes(1100), b'{"type":"ping","id":1}',
                            raw.open_channel('control'), raw.open_channel('x' * 500),
                            raw.open_channel('default', 0x81), b'\3' + b'\xff' * 11])
parameters = st.lists(st.builds(raw.parameter, st.sampled_from([1, 7, 13, 14, 15, 16, 17, 18]),
                                bodies, lengths), max_size=4).map(b''.join)
packets = st.lists(st.one_of(
    st.builds(raw.data, TSNS, payloads, STREAMS, TSNS.map(lambda n: n % 65_536),
              st.sampled_from([0, 50, 51, 53, 56, 57, 2 ** 32 - 1]), st.integers(0, 15)),
    st.builds(raw.sack, TSNS, pairs, st.lists(TSNS, max_size=5)),
    st.builds(raw.forward_tsn, TSNS, pairs), st.builds(raw.init, TSNS, TSNS, parameters),
    st.builds(raw.chunk, st.integers(0, 255) | st.sampled_from([130, 192]), bodies | parameters,
              st.integers(0, 7), lengths)), min_size=1, max_size=6).map(b''.join)


def test_associations_take_anything(loop):
    """A packet is read, dropped, or the end of its association; what is kept has bounds."""
    @fuzz(BATCH)
    @given(batches(packets | st.binary(max_size=60)), st.booleans())
    def example(bodies, trusted):
        loop.run(take(bodies, trusted))

    async def take(bodies, trusted):
        breaches = []
        with limited_by(PeerLimits(breaches.append, trusted)):
            sctp = RTCSctpTransport(Wire())
        sctp._set_state(sctp.State.ESTABLISHED)
        sctp._remote_port, sctp._last_received_tsn, sctp._local_tsn = 5000, 0, 3
        sctp._last_sacked_tsn = sctp._advanced_peer_ack_tsn = 2
        channels = []
        sctp.on('datachannel', channels.append)
        await sctp._send(0, WEBRTC_STRING, bytes(3000))
        for body in bodies:
            await sctp._handle_data(raw.packet(sctp, body, tag=sctp._local_verification_tag))
            kept = [chunk for stream in sctp._inbound_streams.values()
                    for chunk in stream.reassembly]
            assert len(kept) <= MAX_UNFINISHED_CHUNKS and len(channels) <= MAX_CHANNELS
            assert len(sctp._inbound_streams) <= MAX_STREAMS
            assert len(sctp._sack_misordered) <= MAX_MISORDERED
        if breaches:
            assert len(breaches) == 1 and breaches[0].isprintable()
            assert sctp.state == 'closed'
        sctp._set_state(sctp.State.CLOSED)
        # What has been queued for listeners runs before the next one.
        await asyncio.sleep(0)
    example()
