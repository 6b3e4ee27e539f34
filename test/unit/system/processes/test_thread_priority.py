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

"""Nice values: the event loop's, and those of the threads that it starts."""

import asyncio
import os

import pytest
from rtc_bridge.core.video.tiers import Tier
from rtc_bridge.media.encoded_stream import EncodedStream
from rtc_bridge.media.passthrough_stream import PassthroughStream
from rtc_bridge.media.sound.sound_stream import SoundStream
from rtc_bridge.media.sound.voice import Voice
from rtc_bridge.media.video_decoder import VideoDecoder
from rtc_bridge.system.processes import thread_priority
from rtc_bridge.system.processes.thread_priority import (
    EVENT_LOOP_NICE, raise_priority, use_ordinary_priority,
)
from support.browsers import until
from support.nice_values import in_a_thread, lowest_allowed, ORDINARY


@pytest.fixture(autouse=True)
def no_earlier_call(monkeypatch):
    monkeypatch.setattr(thread_priority, '_ordinary_nice', None)


class BusyViewer:
    """Takes no frame."""

    def deliver(self, stream, frame):
        return False


VIEWER = BusyViewer()
STREAM = EncodedStream('front', 'h264', Tier(1_000_000, 30.0))
DECODER = VideoDecoder(PassthroughStream('front', lambda: None), lambda load, arrival: None)
SOUND = SoundStream(1, 32_000)
VOICE = Voice()


@pytest.mark.parametrize('worker, start, end', [
    (STREAM, lambda: STREAM.subscribe(VIEWER), lambda: STREAM.unsubscribe(VIEWER)),
    (DECODER, lambda: DECODER.run(True), lambda: DECODER.run(False)),
    (SOUND, lambda: SOUND.add(VIEWER), lambda: SOUND.remove(VIEWER)),
    (VOICE, lambda: VOICE.put(0, b'no Opus'), VOICE.end)],
    ids=['encoder', 'decoder', 'sound encoder', 'voice'])
def test_encoders_and_decoders_have_the_ordinary_value(worker, start, end):
    async def loop():
        raise_priority(EVENT_LOOP_NICE)
        start()
        return os.getpriority(os.PRIO_PROCESS, 0)
    assert in_a_thread(lambda: asyncio.run(loop())) == lowest_allowed()
    thread = worker._thread
    try:
        until(lambda: os.getpriority(os.PRIO_PROCESS, thread.native_id) == ORDINARY, 'ordinary')
    finally:
        end()
        thread.join()


def test_a_higher_value_is_never_asked_for():
    def loop():
        before = os.getpriority(os.PRIO_PROCESS, 0)
        use_ordinary_priority()
        raise_priority(before + 1)
        return os.getpriority(os.PRIO_PROCESS, 0) - before
    assert in_a_thread(loop) == 0
