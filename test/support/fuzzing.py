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
Bad input for every protocol: texts, frames, messages, descriptions.

``RTC_BRIDGE_FUZZ=100000`` in the environment asks for so many inputs a test, instead of a few.
"""

import json
import os

from hypothesis import HealthCheck, settings, strategies as st

COUNT = int(os.environ.get('RTC_BRIDGE_FUZZ', 60))
# Inputs of one example, where several come in the same protocol one after the other.
BATCH = 5


def fuzz(of=1):
    """Return a decorator that plays as many inputs as are asked for, ``of`` in each example."""
    return settings(max_examples=-(-COUNT // of), deadline=None, database=None,
                    derandomize=COUNT < 1000, suppress_health_check=list(HealthCheck))


def batches(strategy):
    """Return lists of inputs for one example."""
    return st.lists(strategy, min_size=BATCH, max_size=BATCH)


NAMES = ('type', 'session', 'sdp', 'candidate', 'sdpMid', 'sdpMLineIndex', 'robot_id', 'version',
         'ice_servers', 'urls', 'username', 'credential', 'code', 'message', 'door', 'trickle',
         'camera', 'source', 'bearer', 'kind', 'url', 'identity', 'salt', 'digest', 'key',
         'cameras')
TYPES = ('register', 'registered', 'watch', 'renew', 'ready', 'offer', 'answer', 'candidate',
         'close', 'error', 'challenge', 'prove', 'admit', 'call', 'done', 'nonsense')
texts = st.text(st.characters(codec=None), max_size=40) | st.sampled_from(
    ['', 'o', 'ws', '../..', '\ud800', '\0', '\r\nX: y', 'x' * 5000])
plain = st.none() | st.booleans() | st.integers() | st.floats() | texts
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
    st.sampled_from(NAMES) | texts, inner, max_size=5), max_leaves=10)
objects = st.builds(
    lambda kind, members: {'type': kind, **members}, st.sampled_from(TYPES) | values,
    st.dictionaries(st.sampled_from(NAMES), values, max_size=6)).map(json.dumps)
kscale = st.fixed_dictionaries({}, optional={
    'role': st.sampled_from(['robot', 'app', 'boss']) | plain, 'token': values,
    'robot_id': st.sampled_from(['witness', 'fuzzed', 'ws', '']) | plain,
    'service': st.sampled_from(['video', 'video/x', 'policy']) | plain,
    'type': st.sampled_from(['Negotiate', 'robot_available', 'connection_closed']) | values,
    'cameras': st.lists(st.integers() | texts, max_size=20) | values,
    'sdp': st.builds(lambda t, s: {'type': t, 'sdp': s}, st.sampled_from(['answer', 'offer']),
                     texts) | values,
    'ice': st.builds(lambda c, i: {'candidate': c, 'sdpMLineIndex': i}, texts, plain) | values,
}).map(json.dumps)
hostile = st.sampled_from(['[' * 100_000, '{"type":' * 30_000, '"' + 'x' * 200_000 + '"', '1e999',
                           '{"type":"offer","type":"close"}', 'NaN', '1' * 5000, '\ufeff{}'])
frames = objects | hostile | st.text(max_size=60) | st.binary(max_size=60)

# Descriptions

lines = st.sampled_from([
    'a=', 'm=', 'v=', 'a=rtpmap:', 'a=fmtp:96 ' + 'x=' * 500, 'a=setup:', 'a=mid:',
    'a=group:BUNDLE', 'a=fingerprint:sha-256 00', 'a=ice-ufrag:',
    'a=candidate:1 1 udp 1 999.9.9.9 99999 typ host',
    'a=candidate:1 1 udp 99999999999999999999 1.1.1.1 1 typ host', 'a=ssrc:x y',
    'a=extmap:9999 urn:x',
    'm=video 99999999 UDP/TLS/RTP/SAVPF 96', 'm=audio 9 UDP/TLS/RTP/SAVPF 0', 'a=sctp-port:-1',
    'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'm=text 9 X 0', 'a=rtcp-fb:* nack',
    'a=max-message-size:x', 'c=IN IP4 \ud800', 'a=sendrecv', 'a=inactive', 'a=rtcp-mux'])
edits = st.lists(st.tuples(
    st.sampled_from(['drop', 'double', 'insert', 'cut', 'swap', 'garble', 'number', 'again']),
    st.integers(0, 10 ** 6), lines | st.text(max_size=20)), min_size=1, max_size=6)


def edit(sdp, changes):
    """Return an offer with some lines spoilt."""
    text = sdp.split('\r\n')
    for what, where, line in changes:
        n = where % max(1, len(text))
        match what:
            case 'drop':
                del text[n:n + 1]
            case 'double':
                text[n:n] = text[n:n + 1] * 3
            case 'insert':
                text.insert(n, line)
            case 'cut':
                text = text[:n]
            case 'swap':
                text.append(text.pop(n) if text else line)
            case 'garble' if text:
                text[n] = text[n][:where % 20] + line
            case 'number' if text:
                text[n] = ''.join('9' * 30 if c.isdigit() else c for c in text[n])
            case 'again':
                text = text * 2 if len(text) < 500 else text
    return '\r\n'.join(text)
