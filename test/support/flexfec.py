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

"""A decoder of FlexFEC, written from draft-ietf-payload-flexible-fec-scheme-03 alone."""


def _bits(data):
    return ''.join(f'{byte:08b}' for byte in data)


def read_header(recovery):
    """
    Read the header of a recovery packet's payload (section 4.2.2).

    :return: the protected SSRC in four bytes, the protected sequence numbers, and the size
    """
    assert recovery[0] >> 6 == 0, 'R and F'
    assert recovery[8] == 1 and recovery[9:12] == b'\0\0\0', 'one SSRC'
    base = int.from_bytes(recovery[16:18], 'big')
    # The mask: 15 bits behind the first k-bit, 31 behind the second, 63 behind the third.
    at, mask, last = 18, '', '0'
    for size in (16, 32, 64):
        if last == '0':
            part = _bits(recovery[at:at + size // 8])
            at, mask, last = at + size // 8, mask + part[1:], part[0]
    assert last == '1', 'no k-bit is set'
    return (recovery[12:16],
            [base + offset & 0xFFFF for offset, bit in enumerate(mask) if bit == '1'], at)


def recover(received, recovery):
    """
    Return the one packet that is missing, as section 6.3 of the draft has it.

    It works bit by bit, from text of ones and zeros, so that it shares nothing with the encoder.

    :param received: packets by sequence number; what changes on the way is zero in them
    :param recovery: payload of the recovery packet
    """
    def xor(one, other):
        size = max(len(one), len(other))
        return ''.join('01'[a != b] for a, b in zip(one.ljust(size, '0'), other.ljust(size, '0'),
                                                    strict=True))

    ssrc, protected, at = read_header(recovery)
    missing = [sequence for sequence in protected if sequence not in received]
    assert len(missing) == 1
    # The bit string: the first 8 bytes without the sequence number, with the length for it; then
    # all behind the 12 bytes of the header.
    head, body = _bits(recovery[:8]), _bits(recovery[at:])
    for sequence in protected:
        if sequence in received:
            packet = received[sequence]
            length = len(packet) - 12
            head = xor(head, _bits(packet[:2] + length.to_bytes(2, 'big') + packet[4:8]))
            body = xor(body, _bits(packet[12:]))
    length = int(head[16:32], 2)
    first = '10' + head[2:16] + f'{missing[0]:016b}' + head[32:64] + _bits(ssrc)
    whole = first + body[:8 * length]
    return missing[0], int(whole, 2).to_bytes(len(whole) // 8, 'big')
