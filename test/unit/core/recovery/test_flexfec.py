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

"""Recovery packets, against a decoder that is written from the draft."""

from hypothesis import given, settings, strategies as st
import pytest
from rtc_bridge.core.recovery.flexfec import (
    HEADER_SIZES, MAX_SPAN, media_header, PayloadParity, recovery_payload, rtp_header,
)
from support.flexfec import recover

SSRC = 0x8899AABB


def media_packet(sequence, payload, *, extension=b'', timestamp=0, payload_type=102, marker=0,
                 csrcs=()):
    """Return header and payload of an RTP packet (RFC 3550, section 5.1; RFC 8285)."""
    assert len(extension) % 4 == 0
    head = bytes([0x80 | 0x10 * bool(extension) | len(csrcs), marker << 7 | payload_type])
    head += sequence.to_bytes(2, 'big') + timestamp.to_bytes(4, 'big') + SSRC.to_bytes(4, 'big')
    head += b''.join(csrc.to_bytes(4, 'big') for csrc in csrcs)
    if extension:
        head += b'\xbe\xde' + (len(extension) // 4).to_bytes(2, 'big') + extension
    return head, payload


def protect(packets):
    """Return the payload of a recovery packet for headers and payloads."""
    return recovery_payload(PayloadParity.of([payload for _, payload in packets]),
                            [header for header, _ in packets])


@st.composite
def packet_groups(draw):
    """Draw packets of one stream in order, with gaps, and numbers that may wrap."""
    count = draw(st.integers(1, 48))
    offsets = sorted(draw(st.sets(st.integers(0, MAX_SPAN - 1), min_size=count, max_size=count)))
    base = draw(st.integers(0, 0xFFFF))
    extensions = draw(st.sampled_from([0, 4, 16]))
    random = draw(st.randoms(use_true_random=False))
    csrcs = [random.getrandbits(32) for _ in range(random.choice([0, 0, 0, 2]))]
    return [media_packet(
        base + offset & 0xFFFF, random.randbytes(random.choice([0, 1, 7, 300, 1120])),
        extension=random.randbytes(extensions), timestamp=random.getrandbits(32),
        payload_type=random.randrange(128), marker=random.randrange(2), csrcs=csrcs)
        for offset in offsets]


@settings(deadline=None, max_examples=60)
@given(packet_groups(), st.data())
def test_any_single_loss_is_recovered_bit_by_bit(packets, data):
    recovery = protect(packets)
    received = {int.from_bytes(header[2:4], 'big'): header + payload
                for header, payload in packets}
    lost = data.draw(st.sampled_from(sorted(received)))
    packet = received.pop(lost)
    assert recover(received, recovery) == (lost, packet)


@pytest.mark.parametrize('span, size', [
    (1, 20), (15, 20), (16, 24), (46, 24), (47, 32), (48, 32), (109, 32)])
def test_the_mask_is_as_short_as_holds_it(span, size):
    packets = [media_packet(0xFFFE, b'one'), media_packet(0xFFFE + span - 1 & 0xFFFF, b'two')]
    recovery = protect(packets[:1] if span == 1 else packets)
    assert len(recovery) == size + 3 and size in HEADER_SIZES


def test_the_header_is_the_one_of_the_draft():
    packets = [media_packet(0x1000, b'\x11\x22', timestamp=0x01020304, payload_type=96),
               media_packet(0x1002, b'\x33', timestamp=0x01020305, payload_type=96, marker=1)]
    assert protect(packets).hex(' ', 2) == (
        '0080 0003 0000 0001 0100 0000 8899 aabb 1000 d000 2222')


def test_parities_of_parts_add_up():
    payloads = [b'abc', b'', b'de', b'fghi']
    parts = [PayloadParity.of(payloads[:1]), PayloadParity.of(payloads[1:])]
    assert PayloadParity.merge(parts) == PayloadParity.of(payloads)
    with pytest.raises(ValueError, match='at least one packet'):
        PayloadParity.merge([])


def test_what_cannot_be_protected_is_refused():
    def refused(match, *packets):
        with pytest.raises(ValueError, match=match):
            protect(packets)
    first = media_packet(5, b'one')
    refused('at least one packet')
    refused('order', first, first)
    refused('order', first, media_packet(4, b'two'), media_packet(6, b'six'))
    refused('span 65536', first, media_packet(4, b'two'))
    refused('span 110', first, media_packet(5 + 109, b'two'))
    refused('equally long', first, media_packet(6, b'two', extension=b'1234'))
    refused('several streams', first, (first[0][:11] + b'x', b'two'))
    refused('not the header', (first[0][:11], b'one'))
    refused('not the header', (b'\0' + first[0][1:], b'one'))
    refused('a payload has 65536', media_packet(5, bytes(65536)))
    refused('is longer than', media_packet(5, bytes(65535), extension=bytes(4)))
    with pytest.raises(ValueError, match='2 headers for 1 payloads'):
        recovery_payload(PayloadParity.of([b'one']), [first[0], first[0]])


def test_recovery_packets_have_an_rtp_header():
    assert rtp_header(49, 0xFFFF, 1, SSRC).hex(' ', 2) == '8031 ffff 0000 0001 8899 aabb'
    for fields in ((128, 0, 0, 0), (-1, 0, 0, 0), (49, 0x10000, 0, 0), (49, -1, 0, 0),
                   (49, 0, 1 << 32, 0), (49, 0, 0, -1)):
        with pytest.raises(ValueError):
            rtp_header(*fields)
    assert rtp_header(49, 0, 1, SSRC, b'\x22abc').hex(' ', 2) == (
        '9031 0000 0000 0001 8899 aabb bede 0001 2261 6263')
    with pytest.raises(ValueError):
        rtp_header(49, 0, 1, SSRC, b'abc')


def test_what_changes_on_the_way_is_zero():
    fixed = b'\x90' + bytes(11)
    # mid, abs-send-time, padding, the playout delay.
    elements = b'\x100' + b'\x22abc' + b'\0\0' + b'\x62\0\1\2'
    header = media_header(fixed, 0xBEDE, elements, {2})
    assert header == fixed + b'\xbe\xde\0\3' + elements.replace(b'abc', b'\0\0\0')
    assert media_header(fixed, 0xBEDE, elements, ()).endswith(elements)
    two = b'\1\x010' + b'\2\3abc'
    assert media_header(fixed, 0x1000, two, {2})[-8:] == b'\1\x010\2\3\0\0\0'
    assert media_header(fixed, 0, b'', {2}) == fixed
    for profile, cut in ((0xBEDE, b'\x23abc'), (0x1000, b'\2\3ab'), (0x1000, b'\0\0\0\2')):
        with pytest.raises(ValueError, match='cut off'):
            media_header(fixed, profile, cut, {2})
