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
"""RED (RFC 2198): offers of it, and what is in its packets."""

import re


def read_red(payload):
    """Return the blocks, the oldest first: payload type, age in RTP's clock, and content."""
    headers = []
    while payload[0] & 0x80:
        word = int.from_bytes(payload[:4], 'big')
        headers.append((word >> 24 & 0x7f, word >> 10 & 0x3fff, word & 0x3ff))
        payload = payload[4:]
    newest, payload = payload[0], payload[1:]
    blocks = []
    for payload_type, age, size in headers:
        blocks.append((payload_type, age, payload[:size]))
        payload = payload[size:]
    return [*blocks, (newest, 0, payload)]


def offer_red(sdp, payload_type=63, opus=None):
    """Offer RED as Chromium does, for the payload type of Opus or another."""
    head, audio = sdp.split('m=audio ')
    rtpmap = re.search(r'a=rtpmap:(\d+) opus/48000/2\r\n', audio)
    opus = opus or rtpmap[1]
    added = (f'a=rtpmap:{payload_type} red/48000/2\r\n'
             f'a=fmtp:{payload_type} {opus}/{opus}\r\n')
    return f'{head}m=audio ' + re.sub(
        r'^(.*)\r\n', rf'\1 {payload_type}\r\n', audio, count=1).replace(
            rtpmap[0], rtpmap[0] + added)
