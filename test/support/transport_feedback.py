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

"""Writing of transport-wide feedback, apart from the reading: by the draft's text alone."""

from struct import pack


def _symbol(delta):
    if delta is None:
        return 0
    return 1 if 0 <= delta <= 255 else 2


def write_transport_feedback(base, reference, number, packets, choose=lambda kinds: kinds[0],
                             padded=True):
    """
    Return the feedback control information (draft-holmer-rmcat-transport-wide-cc-extensions-01).

    :param base: sequence number of the first packet, 16 bits
    :param reference: in 64 ms, 24 bits
    :param number: of the message, 8 bits
    :param packets: of each one ``None`` if it is lost, otherwise the time since the last one that
        has arrived, in 250 us
    :param choose: takes one of the kinds of chunks that are possible
    :param padded: to 32 bits
    """
    symbols = [_symbol(delta) for delta in packets]
    chunks = b''
    while symbols:
        run = next((n for n, symbol in enumerate(symbols) if symbol != symbols[0]), len(symbols))
        kinds = ['run', 'two bits'] + (['one bit'] if max(symbols[:14]) < 2 else [])
        kind = choose(kinds)
        if kind == 'run':
            done = min(run, 0x1FFF)
            chunk = symbols[0] << 13 | done
        else:
            done, width = (14, 1) if kind == 'one bit' else (7, 2)
            bits = ''.join(f'{symbol:0{width}b}' for symbol in symbols[:done])
            chunk = int(('10' if width == 1 else '11') + bits.ljust(14, '0'), 2)
        chunks += pack('!H', chunk)
        del symbols[:done]
    times = b''.join(pack('!B' if 0 <= delta <= 255 else '!h', delta)
                     for delta in packets if delta is not None)
    fci = pack('!HH', base, len(packets)) + pack('!L', reference)[1:] + bytes([number]) + (
        chunks + times)
    return fci + bytes(-len(fci) % 4 if padded else 0)
