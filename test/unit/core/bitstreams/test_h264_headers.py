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

"""Headers of H.264, as libx264 writes them and as broken sources do."""

import pytest
from rtc_bridge.core.bitstreams.h264_headers import BitReader, nal_type, read_sps, SPS
from rtc_bridge.core.bitstreams.h264_stream import read_access_unit
from rtc_bridge.core.errors import ImageError
from support.frames import encode_h264


@pytest.mark.parametrize(('profile', 'number'), [('Baseline', 66), ('Main', 77), ('High', 100)])
@pytest.mark.parametrize('size', [(322, 182), (1920, 1080), (64, 48)])
def test_a_sequence_parameter_set_tells_profile_size_and_order(profile, number, size):
    unit = read_access_unit(encode_h264(profile, size, 1)[0])
    assert unit.keyframe and not unit.bidirectional
    sps = read_sps(next(nal for nal in unit.nals if nal_type(nal) == SPS))
    assert (sps.profile, sps.size, sps.reorder) == (number, size, 0)


def test_exp_golomb_numbers_are_read():
    # The first five of table 9-2, and a bit.
    bits = BitReader(int('1' '010' '011' '00100' '00101' '1' '000000', 2).to_bytes(3, 'big'))
    assert [bits.exp_golomb() for _ in range(5)] == [0, 1, 2, 3, 4]
    assert bits.read(1) == 1


def test_bytes_that_keep_start_codes_out_are_left_out():
    assert BitReader(b'\0\0\3\1').read(24) == 1


@pytest.mark.parametrize('payload', [b'', b'\0', b'\0' * 5 + b'\xff'])
def test_headers_that_end_early_or_make_no_sense_are_refused(payload):
    with pytest.raises(ImageError, match='broken H.264'):
        BitReader(payload).exp_golomb()
