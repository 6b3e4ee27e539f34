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

"""The bridge's event loop goes before encoders and decoders, for real."""

import asyncio
import os
import threading

import pytest
from rtc_bridge.core.video.tiers import Tier
from rtc_bridge.media.encoded_stream import EncodedStream
from rtc_bridge.media.h264_decoder import H264Decoder
from rtc_bridge.media.passthrough_stream import PassthroughStream
from rtc_bridge.system import thread_priority
from rtc_bridge.system.thread_priority import (
    EVENT_LOOP_NICE, raise_priority, use_ordinary_priority,
)
from support.browsers import PATIENCE, until
from support.stack import ColourCamera, Robot
from support.viewers import Viewer

ORDINARY = os.getpriority(os.PRIO_PROCESS, 0)


def in_a_thread(work):
    """Call a function in a thread, whose nice value ends with it; return what it returns."""
    results = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join()
    return results[0]


def lowest():
    """Return the nice value that the system allows a loop."""
    def climb():
        try:
            os.setpriority(os.PRIO_PROCESS, 0, min(ORDINARY, EVENT_LOOP_NICE))
        except OSError:
            pass
        return os.getpriority(os.PRIO_PROCESS, 0)
    return in_a_thread(climb)


def nices(pid):
    """Return the nice value of each thread of a process, by the thread's id."""
    found = {}
    for tid in map(int, os.listdir(f'/proc/{pid}/task')):
        try:
            found[tid] = os.getpriority(os.PRIO_PROCESS, tid)
        except ProcessLookupError:
            # It has just ended.
            pass
    return found


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(thread_priority, '_ordinary', None)


class DeafViewer:
    """Takes no frame."""

    def deliver(self, stream, frame):
        """Take no frame."""
        return False


VIEWER = DeafViewer()


STREAM = EncodedStream('front', 'h264', Tier(1_000_000, 30.0))
DECODER = H264Decoder(PassthroughStream('front', lambda: None), lambda load: None)


@pytest.mark.parametrize('worker, start, end', [
    (STREAM, lambda: STREAM.subscribe(VIEWER), lambda: STREAM.unsubscribe(VIEWER)),
    (DECODER, lambda: DECODER.run(True), lambda: DECODER.run(False))],
    ids=['encoder', 'decoder'])
def test_encoders_and_decoders_are_ordinary(worker, start, end):
    async def loop():
        raise_priority(EVENT_LOOP_NICE)
        start()
        return os.getpriority(os.PRIO_PROCESS, 0)
    assert in_a_thread(lambda: asyncio.run(loop())) == lowest()
    thread = worker._thread
    try:
        until(lambda: os.getpriority(os.PRIO_PROCESS, thread.native_id) == ORDINARY, 'ordinary')
    finally:
        end()
        thread.join()


def test_nothing_goes_back_or_up_by_itself():
    def loop():
        before = os.getpriority(os.PRIO_PROCESS, 0)
        use_ordinary_priority()
        raise_priority(before + 1)
        return os.getpriority(os.PRIO_PROCESS, 0) - before
    assert in_a_thread(loop) == 0


def test_the_event_loop_of_the_bridge_goes_first():
    robot = Robot(relay=False, guard=None, **{'cameras.names': ['front']})
    viewer = None
    try:
        pid = robot.bridge.pid
        until(lambda: nices(pid)[pid] == lowest(), 'the loop goes first')
        before = nices(pid)
        ColourCamera(robot.probe, 'front/image_raw', (0, 0, 200))
        viewer = Viewer(f'{robot.own_url}/connect')
        until(lambda: viewer.frames, 'a picture', PATIENCE)
        after = nices(pid)
        # The encoder's, and what its library starts.
        assert {after[tid] for tid in after.keys() - before.keys()} == {ORDINARY}
        assert after[pid] == before[pid]
    finally:
        if viewer is not None:
            viewer.close()
        robot.close()
