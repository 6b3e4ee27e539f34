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

"""Feedback that a real Chromium 156 gave, by test/support/capture_transport_feedback.py."""

import json
from pathlib import Path

import pytest
from rtc_bridge.core.congestion.delay_based_control import DelayBasedController
from rtc_bridge.core.feedback.sent_packets import Fate, SentPackets
from rtc_bridge.core.feedback.transport_feedback import read_transport_feedback

CAPTURE = json.loads((
    Path(__file__).parents[3] / 'support/chromium_transport_feedback.json').read_text())


@pytest.fixture
def replayed(clock):
    """Return what became of each packet, in the order of its telling, and the controller."""
    history, told, bits = SentPackets(), [], 0
    controller = DelayBasedController(600_000, 150_000, 2_500_000, clock)
    events = [(at, 'sent', size) for at, size, _ in CAPTURE['sent']] + [
        (at, 'told', fci) for at, fci in CAPTURE['messages']]
    began = clock.now
    for at, kind, value in sorted(events):
        clock.now = began + at / 1000
        if kind == 'sent':
            history.add(at / 1000, value)
            bits += 8 * value
            controller.on_sent(bits)
        else:
            results = history.take(read_transport_feedback(bytes.fromhex(value)))
            told += results
            controller.on_feedback(results, history.in_flight)
    return told, controller


def test_each_packet_is_told_of_as_it_fared(replayed):
    told, _ = replayed
    arrived = {result.sequence for result in told if result.fate is Fate.ARRIVED}
    lost = {result.sequence for result in told if result.fate is Fate.LOST}
    end = max(arrived) + 1
    assert end > 0.9 * len(CAPTURE['sent'])
    fared = {number for number, (_, _, was_lost) in enumerate(CAPTURE['sent']) if not was_lost}
    # The newest ones that were held back had not come yet.
    assert set(range(end - 30)) & (arrived ^ fared) == set()
    # Those that came late are told of twice.
    assert len(lost) > 10 and any(result.before is Fate.LOST for result in told)
    assert lost | arrived == set(range(end))


def test_arrival_times_are_on_one_line_with_send_times(replayed):
    told, _ = replayed
    ways = sorted(result.arrived_at - result.sent_at for result in told
                  if result.fate is Fate.ARRIVED)
    # Some were held back for 30 ms.
    assert ways[len(ways) // 2] - ways[0] < 0.02
    assert 0.02 < ways[-1] - ways[0] < 0.2


def test_the_loss_of_the_capture_is_random(replayed):
    _, controller = replayed
    assert controller.bitrate >= 600_000
    assert controller.random_loss and not controller.overuse


def test_messages_come_often_and_count_on():
    messages = [(at, read_transport_feedback(bytes.fromhex(fci)))
                for at, fci in CAPTURE['messages']]
    gaps = [b - a for (a, _), (b, _) in zip(messages, messages[1:])]
    assert max(gaps) < 300
    numbers = [feedback.number for _, feedback in messages]
    assert numbers == [(numbers[0] + n) % 256 for n in range(len(numbers))]
