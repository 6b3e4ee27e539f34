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

"""A voice: its outputs, and its thread."""

from rtc_bridge.media.sound import voice as module
from rtc_bridge.media.sound.voice import Voice
from support.browsers import until

# It is concealed: what counts here is that something is played.
NO_OPUS = b'\xff' * 100


def test_a_voice_is_heard_if_one_output_is():
    voice, reasons = Voice(), ['nobody subscribes', 'no device']
    assert voice.reason == ''
    for number in range(2):
        voice.add_output(lambda block: None, lambda number=number: reasons[number])
    assert voice.reason == 'nobody subscribes; no device'
    reasons[1] = ''
    assert voice.reason == ''


def test_a_voice_is_played_again_after_its_thread_has_failed(monkeypatch):
    voice, played = Voice(), []
    voice.sinks.append(played.append)
    monkeypatch.setattr(module, '_RESTART_AFTER_S', 0.0)
    monkeypatch.setattr(module, 'VoiceDecoder', lambda: 1 / 0)
    voice.put(0, NO_OPUS)
    until(lambda: voice._thread is None, 'the end of the thread')
    monkeypatch.undo()
    voice.put(1, NO_OPUS)
    until(lambda: played, 'it is played')
    voice.end()
