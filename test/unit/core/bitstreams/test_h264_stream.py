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

"""H.264 byte streams, as libx264 makes them and as broken sources send them."""

import random

import av
import pytest
from rtc_bridge.core.bitstreams.h264_headers import (
    IDR, nal_type, parameter_set_ids, PPS, read_sps, SPS,
)
from rtc_bridge.core.bitstreams.h264_stream import (
    AccessUnit, GapDetector, is_length_prefixed, ParameterSets, read_access_unit, split_nals,
)
from rtc_bridge.core.errors import ImageError
from support.frames import encode_h264, to_avcc


def test_b_slices_are_found():
    packets = encode_h264('High', options={'bf': '2', 'b_strategy': '0'})
    units = [read_access_unit(packet) for packet in packets]
    assert any(unit.bidirectional for unit in units)
    assert read_sps(next(n for n in units[0].nals if nal_type(n) == SPS)).reorder > 0
    assert not any(read_access_unit(packet).bidirectional for packet in encode_h264('High'))


def test_only_the_first_is_a_keyframe():
    units = [read_access_unit(packet) for packet in encode_h264(count=4)]
    assert [unit.keyframe for unit in units] == [True, False, False, False]


def test_length_prefixed_data_is_recognised_and_split():
    for packet in encode_h264():
        assert not is_length_prefixed(packet)
        assert is_length_prefixed(to_avcc(packet))
        assert split_nals(to_avcc(packet)) == split_nals(packet)
    # A length of 256 to 511 looks like a short start code.
    assert is_length_prefixed(b'\0\0\1\4' + b'\x41' * 260)
    assert not is_length_prefixed(b'\0\0\1\x65' + b'\x41' * 260)


def test_parameter_sets_are_repeated_before_each_keyframe():
    first = read_access_unit(encode_h264(count=1)[0])
    sets = ParameterSets()
    sets.complete(first)
    bare = AccessUnit(tuple(n for n in first.nals if nal_type(n) == IDR), True, False)
    whole = sets.complete(bare)
    assert [nal_type(nal) for nal in whole.nals][:3] == [SPS, PPS, IDR]
    decoder = av.CodecContext.create('h264', 'r')
    frames = decoder.decode(av.Packet(whole.to_bytes())) + decoder.decode(None)
    assert [(f.width, f.height) for f in frames] == [(322, 182)] and sets.sps.size == (322, 182)
    with pytest.raises(ImageError, match='without parameter sets'):
        ParameterSets().complete(bare)


def renumbered(nal, bits_of_the_id):
    """Return a picture parameter set of id 0 with another id; bits of an Exp-Golomb number."""
    bits = ''.join(f'{byte:08b}' for byte in nal[1:])
    bits = bits_of_the_id + bits[1:].rstrip('0')
    bits += '0' * (-len(bits) % 8)
    return nal[:1] + bytes(int(bits[at:at + 8], 2) for at in range(0, len(bits), 8))


def test_all_picture_parameter_sets_are_kept():
    """Hardware encoders send several, of which each frame uses one."""
    first = read_access_unit(encode_h264(count=1)[0])
    sps, pps = (next(n for n in first.nals if nal_type(n) == kind) for kind in (SPS, PPS))
    slices = tuple(n for n in first.nals if nal_type(n) == IDR)
    one, two = renumbered(pps, '010'), renumbered(pps, '011')
    assert [parameter_set_ids(nal) for nal in (pps, one, two)] == [(0, 0), (1, 0), (2, 0)]
    sets = ParameterSets()
    sets.complete(AccessUnit((sps, pps, one, *slices), True, False))
    # One that comes later, apart from a keyframe, and one that replaces another.
    sets.complete(AccessUnit((two,), False, False))
    sets.complete(AccessUnit((one,), False, False))
    whole = sets.complete(AccessUnit(slices, True, False))
    assert whole.nals == (sps, pps, one, two, *slices)
    decoder = av.CodecContext.create('h264', 'r')
    assert decoder.decode(av.Packet(whole.to_bytes())) + decoder.decode(None)
    # Of another stream none of them is left.
    other = read_access_unit(encode_h264(size=(640, 360), count=1)[0])
    assert [n for n in sets.complete(other).nals if nal_type(n) in (SPS, PPS)] == [
        n for n in other.nals if nal_type(n) in (SPS, PPS)]
    assert sets.sps.size == (640, 360)


def test_a_keyframe_needs_the_parameter_set_that_it_uses():
    first = read_access_unit(encode_h264(count=1)[0])
    sps, pps = (next(n for n in first.nals if nal_type(n) == kind) for kind in (SPS, PPS))
    slices = tuple(n for n in first.nals if nal_type(n) == IDR)
    with pytest.raises(ImageError, match='one that did not come'):
        ParameterSets().complete(
            AccessUnit((sps, renumbered(pps, '010'), *slices), True, False))


@pytest.mark.parametrize('data', [b'', b'\0' * 40, b'\0\0\0\1', b'\xff\xd8\xff\xe0JFIF' * 9,
                                  b'\0\0\1\xe5abc', b'\0\0\1\x65'])
def test_other_data_is_refused(data):
    with pytest.raises(ImageError):
        read_access_unit(data)


def test_garbage_raises_image_errors_only():
    chance = random.Random(3)
    packet = encode_h264('High', count=1)[0][:400]
    refused = 0
    for _ in range(3000):
        data = bytearray(packet[:chance.randrange(1, len(packet))])
        for _ in range(chance.randrange(8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            ParameterSets().complete(read_access_unit(bytes(data)))
        except ImageError:
            refused += 1
    assert 0 < refused < 3000


@pytest.mark.parametrize('profile', ['Baseline', 'Main', 'High'])
@pytest.mark.parametrize('lost', [1, 5])
def test_missing_frames_are_noticed(profile, lost):
    units = [read_access_unit(packet) for packet in encode_h264(profile, count=40, options={
        'tune': 'zerolatency', 'g': '25'})]
    sps = read_sps(next(n for n in units[0].nals if nal_type(n) == SPS))
    detector = GapDetector()
    assert not any(detector.misses_frame(unit, sps) for unit in units)
    detector.restart()
    seen = [detector.misses_frame(unit, sps) for unit in units[:8] + units[8 + lost:]]
    assert [number for number, missing in enumerate(seen) if missing] == [8]
    # After a restart any frame may come.
    detector.restart()
    assert not detector.misses_frame(units[20], sps)
