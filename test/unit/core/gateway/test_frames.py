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

"""Frames to and from local services."""

import pytest
from rtc_bridge.core.errors import ProtocolError
from rtc_bridge.core.gateway.frames import (
    credit, credit_of, data_frames, error, error_of, Frame, Kind, MAX_DATA, MAX_FRAMES,
    MAX_MESSAGE, read_frame,
)


@pytest.mark.parametrize('frame', [
    Frame(Kind.BYTES, b'abc'), Frame(Kind.TEXT, b'', more=True), Frame(Kind.BINARY, b'x' * 3072),
    Frame(Kind.OPENED), Frame(Kind.END), credit(70000), error('denied', 'no')])
def test_a_frame_survives_its_bytes(frame):
    assert read_frame(frame.dump()) == frame


def test_what_frames_carry():
    assert credit_of(credit(70000)) == 70000
    assert error_of(error('denied', 'n' * 1000)) == ('denied', 'n' * 256)


@pytest.mark.parametrize('message', [
    b'', 'text', b'\x07', b'\x7f', b'\x83', b'\x84', b'\x06', b'\x06\0\0\0\0\0', b'\x03more',
    bytes([0]) + b'x' * (MAX_DATA + 1), b'\0', b'\x80x', b'\x05' + b'x' * 4000])
def test_what_is_no_frame_is_refused(message):
    with pytest.raises(ProtocolError):
        read_frame(message)


def test_long_messages_are_cut_and_streams_have_no_ends():
    data = bytes(range(256)) * 30
    for kind in (Kind.BYTES, Kind.TEXT, Kind.BINARY):
        frames = data_frames(kind, data)
        assert b''.join(frame.data for frame in frames) == data and len(frames) == 3
        assert [frame.more for frame in frames] == [kind is not Kind.BYTES] * 2 + [False]
    assert data_frames(Kind.TEXT, b'') == [Frame(Kind.TEXT)]
    assert len(data_frames(Kind.BINARY, bytes(MAX_MESSAGE))) == MAX_FRAMES


def test_an_error_that_cannot_be_read_is_refused():
    with pytest.raises(ProtocolError):
        error_of(Frame(Kind.ERROR, b'{'))
