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

"""A loudspeaker: ALSA's device that plays into nothing."""

import logging

import numpy as np
import pytest
from rtc_bridge.media.sound import voice_player
from rtc_bridge.media.sound.sound_devices import open_device
from rtc_bridge.media.sound.voice_player import VoicePlayer
from support.browsers import until

BLOCK = np.zeros(960, np.int16)


def test_blocks_are_taken_and_the_device_is_closed_afterwards(caplog):
    player = VoicePlayer('alsa', 'null')
    for _ in range(5):
        player.put(BLOCK)
    until(lambda: not player._blocks, 'all played')
    until(lambda: player._thread is None, 'the end of the device')
    assert not caplog.records
    player.put(BLOCK)
    until(lambda: not player._blocks and player._thread is None, 'it is opened again')


def test_a_device_that_is_not_there_is_named_once(caplog, clock):
    caplog.set_level(logging.WARNING)
    player = VoicePlayer('alsa', 'no_such_device', clock)
    for _ in range(2):
        player.put(BLOCK)
        until(lambda: player._thread is None, 'the end of the attempt')
        # A voice has fifty blocks a second.
        player.put(BLOCK)
        assert player._thread is None
        clock.now += 2.0
    assert len(caplog.records) == 1
    assert 'alsa:no_such_device cannot be played on' in caplog.text
    assert player.reason.startswith('the device alsa:no_such_device cannot be played on: ')
    player._name = 'null'
    player.put(BLOCK)
    until(lambda: not player.reason, 'it is played')


def test_after_a_failure_of_any_kind_blocks_start_no_thread_for_a_while(monkeypatch, clock):
    player = VoicePlayer('alsa', 'null', clock)
    monkeypatch.setattr(voice_player, 'open_device', lambda *arguments: 1 / 0)
    player.put(BLOCK)
    until(lambda: player._thread is None, 'the end of the attempt')
    player.put(BLOCK)
    assert player._thread is None and 'cannot be played on: division by zero' in player.reason
    monkeypatch.undo()
    clock.now += 2.0
    player.put(BLOCK)
    until(lambda: not player.reason, 'it is played')


def test_a_kind_that_is_missing_is_told_with_a_remedy():
    with pytest.raises(ValueError, match='has no dsp: use another kind'):
        open_device('dsp', 'default', 'r', {})
