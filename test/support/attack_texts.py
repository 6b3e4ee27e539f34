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
Hostile texts: descriptions, messages and names that a stranger or a relay may send.

Each builder returns text and does no I/O. Sizes are those at which robots were once stalled.
"""

import json

FINGERPRINT = ':'.join(['AB'] * 32)
# A plain ASCII line is written again as it is; 'é' has 2 bytes in UTF-8 and 6 in JSON's escapes.
TWO_BYTES = 'é'
LONE_SURROGATE = '\ud800'
# What str.splitlines() takes for the end of a line, besides CR and LF.
OTHER_LINE_ENDS = {'VT': '\v', 'FF': '\f', 'FS': '\x1c', 'GS': '\x1d', 'RS': '\x1e',
                   'NEL': '\x85', 'LS': '\u2028', 'PS': '\u2029'}


def section(mid, kind='video', *lines, payload_types='96', codec='VP8/90000', port=9):
    """Return the lines of one media section."""
    if kind == 'application':
        head = [f'm=application {port} UDP/DTLS/SCTP webrtc-datachannel']
        own = ['a=sctp-port:5000', 'a=max-message-size:262144']
    else:
        head = [f'm={kind} {port} UDP/TLS/RTP/SAVPF {payload_types}']
        own = ['a=recvonly', 'a=rtcp-mux', *([f'a=rtpmap:96 {codec}'] if codec else [])]
    return [*head, 'c=IN IP4 0.0.0.0', f'a=mid:{mid}', *own, 'a=setup:actpass',
            'a=ice-ufrag:abcd', 'a=ice-pwd:abcdefghijklmnopqrstuv',
            f'a=fingerprint:sha-256 {FINGERPRINT}', *lines]


def description(*sections, session=(), bundle=True):
    """Return a description of sections; each is a list of lines."""
    mids = [line[6:] for lines in sections for line in lines if line.startswith('a=mid:')]
    group = [f'a=group:BUNDLE {" ".join(mids)}'] if bundle else []
    head = ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', *group, *session]
    return '\r\n'.join([*head, *(line for lines in sections for line in lines), ''])


def offer(*lines, data=True):
    """Return a good offer to receive video, with more lines at the end of the video section."""
    sections = [section(0, 'video', *lines)]
    if data:
        sections.append(section(1, 'application'))
    return description(*sections)


def filled(size, *make, fixed=lambda lines: offer(*lines)):
    """Return an offer of about ``size`` bytes, filled with lines of each kind in equal numbers."""
    lines, kinds, used = [], [], len(fixed([]))
    number = 0
    while used < size:
        row = [one(number) for one in make]
        kinds.append(row)
        used += sum(len(line) + 2 for line in row)
        number += 1
    # All lines of a kind follow each other: feedback is given to the codecs named before it.
    for place in range(len(make)):
        lines += [row[place] for row in kinds]
    return fixed(lines)


def sections(count, kind='video', lines=0):
    """Return an offer of many sections, each with ``lines`` lines more."""
    more = [f'a=x:{n}' for n in range(lines)]
    return description(*(section(n, kind, *more) for n in range(count - 1)),
                       section(count - 1, 'application'))


def short_sections(count):
    """Return an offer of many sections that are no longer than they must be."""
    return description(*(['m=video 9 UDP/TLS/RTP/SAVPF 96', f'a=mid:{n}', 'a=rtpmap:96 VP8/90000',
                          'a=ice-ufrag:abcd', 'a=ice-pwd:abcdefghijklmnopqrstuv',
                          'a=setup:actpass', f'a=fingerprint:sha-256 {FINGERPRINT}']
                         for n in range(count - 1)), section(count - 1, 'application'))


def candidates(count, address=lambda n: f'127.0.{n >> 8 & 255}.{n & 255}',
               port=lambda n: 10_000 + n % 50_000):
    """Return candidate lines."""
    return [f'a=candidate:{n} 1 udp {2_000_000_000 - n} {address(n)} {port(n)} typ host'
            for n in range(count)]


def _last_of_many_codecs(size):
    codecs = [f'a=rtpmap:{n} a/1' for n in range(3300)]
    codecs.append('a=rtpmap:9999 b/1')
    return filled(size, lambda n: 'a=fmtp:9999 a=1', fixed=lambda lines: offer(*codecs, *lines))


def _fragmented_codecs(size):
    codecs = [f'a=rtpmap:{n} a/1' for n in range(1500)]
    return filled(size, lambda n: 'a=rtcp-fb:9999 a', fixed=lambda lines: offer(*codecs, *lines))


# Offers by name; every one must be refused before it is parsed.
OFFERS = {
    'rtpmap x rtcp-fb:* of 33 kB': lambda: filled(
        33_000, lambda n: 'a=rtpmap:96 a/1', lambda n: 'a=rtcp-fb:* a'),
    'rtpmap x rtcp-fb:* of 49 kB': lambda: filled(
        49_000, lambda n: 'a=rtpmap:96 a/1', lambda n: 'a=rtcp-fb:* a'),
    'rtpmap x rtcp-fb:* of 65 kB': lambda: filled(
        65_000, lambda n: 'a=rtpmap:96 a/1', lambda n: 'a=rtcp-fb:* a'),
    '300 sections': lambda: sections(300, 'video'),
    '500 video sections': lambda: short_sections(500),
    '1,800 candidates': lambda: offer(*candidates(1800)),
    'ssrc lines, 115 kB': lambda: filled(115_000, lambda n: f'a=ssrc:{n} cname:x'),
    'rtcp-fb of no codec, 67 kB': lambda: _fragmented_codecs(67_000),
    'fmtp of the last of 3,300 codecs': lambda: _last_of_many_codecs(110_000),
    '26 sections of 60 x 190 lines': lambda: description(
        *(section(n, 'video', *(f'a=rtpmap:{m} a/1' for m in range(60)),
                  *('a=rtcp-fb:* a' for _ in range(190))) for n in range(25)),
        section(25, 'application')),
    'extmap lines, 100 kB': lambda: filled(100_000, lambda n: f'a=extmap:{n % 14 + 1} urn:x'),
    'ssrc-group lines, 100 kB': lambda: filled(
        100_000, lambda n: f'a=ssrc-group:FID {n} {n + 1}'),
    'a BUNDLE of 20,000 names': lambda: description(
        section(0), session=['a=group:BUNDLE ' + ' '.join(map(str, range(20_000)))],
        bundle=False),
    '20,000 groups': lambda: filled(
        120_000, lambda n: 'a=group:X 0',
        fixed=lambda lines: description(section(0), session=lines)),
    'an m-line of 30,000 formats': lambda: description(
        section(0, payload_types=' '.join(str(n % 128) for n in range(30_000)))),
    'one fmtp of 100 kB': lambda: offer('a=fmtp:96 ' + ';'.join(
        f'a{n}={n}' for n in range(9000))),
    '5,000 fingerprints': lambda: filled(
        120_000, lambda n: 'a=fingerprint:sha-256 AB'),
    'an ufrag of 100 kB': lambda: offer('a=ice-ufrag:' + 'u' * 100_000),
    'a candidate of 100 kB': lambda: offer(
        'a=candidate:' + 'f' * 100_000 + ' 1 udp 1 127.0.0.1 9 typ host'),
    '1,500 .local candidates': lambda: offer(*candidates(1500, lambda n: f'{n}.local')),
    '40,000 empty lines': lambda: offer().replace('s=-', 's=-' + '\r\n' * 40_000),
    '60,000 lines of one character': lambda: offer() + 'a\n' * 60_000,
    'numbers of 100,000 digits': lambda: offer('a=rtpmap:' + '9' * 100_000 + ' VP8/90000'),
    'rtcp-fb of 300 for one type': lambda: offer(*(f'a=rtcp-fb:96 x{n}' for n in range(300))),
    'candidates in 64 sections': lambda: description(*(
        section(n, 'video', *candidates(25)) for n in range(63)), section(63, 'application')),
    **{f'a line end of {name}': lambda end=end: offer(
        f'a=x:y{end}a=fingerprint:sha-256 {":".join(["CD"] * 32)}')
       for name, end in OTHER_LINE_ENDS.items()},
    'NUL': lambda: offer('a=x:\0'),
    'a lone CR': lambda: offer('a=x:y\ra=rtcp-mux'),
    'ESC': lambda: offer('a=x:\x1b[2J'),
    'no sections': lambda: 'v=0\r\n',
    'payload types that come twice': lambda: offer(
        'a=rtpmap:96 H264/90000', 'a=rtpmap:96 VP8/90000'),
}

# Texts for WebSockets of pages: the end must be an error, never that of somebody else.
MESSAGES = {
    '240 kB of two-byte characters': lambda session: json.dumps(
        {'type': 'offer', 'session': session, 'sdp': 'v=0\r\n' + TWO_BYTES * 120_000,
         'trickle': False}, ensure_ascii=False),
    '85,000 three-byte characters': lambda session: json.dumps(
        {'type': 'offer', 'session': session, 'sdp': 'v=0\r\n' + '\u20ac' * 85_000},
        ensure_ascii=False),
    '250 kB of quotes to escape': lambda session: json.dumps(
        {'type': 'offer', 'session': session, 'sdp': 'v=0\r\n' + '\\' * 120_000}),
    'control characters to escape': lambda session: json.dumps(
        {'type': 'offer', 'session': session, 'sdp': 'v=0\r\n' + '\x7f' * 240_000},
        ensure_ascii=False),
    'a camera of 120,000 two-byte characters': lambda session: json.dumps(
        {'type': 'offer', 'session': session, 'sdp': offer(), 'camera': TWO_BYTES * 120_000},
        ensure_ascii=False),
    'a lone surrogate in sdp': lambda session: json.dumps(
        {'type': 'offer', 'session': session, 'sdp': offer() + LONE_SURROGATE}),
    'a lone surrogate in camera': lambda session: json.dumps(
        {'type': 'offer', 'session': session, 'sdp': offer(), 'camera': LONE_SURROGATE}),
    'newlines in camera': lambda session: json.dumps(
        {'type': 'offer', 'session': session, 'sdp': offer(), 'camera': 'a\n[ERROR] forged'}),
    'a candidate of 240 kB': lambda session: json.dumps(
        {'type': 'candidate', 'session': session, 'candidate': TWO_BYTES * 120_000,
         'sdpMid': '0', 'sdpMLineIndex': 0}, ensure_ascii=False),
    'JSON of 100,000 brackets': lambda session: '[' * 100_000,
    '20,000 members': lambda session: json.dumps({f'm{n}': n for n in range(20_000)}),
    'an integer of 200,000 digits': lambda session: (
        '{"type":"offer","session":"s","sdp":' + '1' * 200_000 + '}'),
}
