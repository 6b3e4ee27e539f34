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

"""What is sent to probe a path, and when it ends."""

import pytest
from rtc_bridge.core.clock import boot_time
from rtc_bridge.core.congestion.delay_based_control import DelayBasedController
from rtc_bridge.core.feedback.sent_packets import SentPackets
from rtc_bridge.peer.slots.path_probes import PathProbes

pytestmark = pytest.mark.asyncio
WANTED = 2_000_000


class PaddedSlot:
    """A slot that sends padding as packets of 1000 bytes."""

    def __init__(self, packets):
        self.track, self._packets = self, packets
        self.bytes_sent, self.padding = 0, []

    def wanted(self, sent):
        return WANTED

    async def pad(self, size):
        self.padding.append(size)
        for _ in range(size // 1000):
            self._packets.add(boot_time(), 1000)


@pytest.fixture
def probed():
    """Return probes without a pause, the packets that were sent, and a slot that wants more."""
    packets = SentPackets()
    packets.add(boot_time(), 1000)
    return PathProbes(0.002, packets), packets, PaddedSlot(packets)


async def test_padding_ends_with_the_first_sign_of_a_queue(probed, monkeypatch):
    probes, _, slot = probed
    congestion = DelayBasedController(600_000, 150_000, 2 * WANTED)
    congestion.on_sent(0)
    pad = slot.pad

    async def pad_into_a_queue(size):
        await pad(size)
        if len(slot.padding) == 3:
            monkeypatch.setattr(DelayBasedController, 'underuse', False)

    slot.pad = pad_into_a_queue
    probes.step(congestion, [slot], 600_000)
    await probes._probe
    assert slot.padding == [15] * 3


async def test_a_train_goes_out_at_once_and_is_known_by_its_numbers(probed):
    probes, packets, slot = probed
    trains = []
    congestion = DelayBasedController(600_000, 150_000, 2 * WANTED)
    congestion.on_train = lambda *train: trains.append(train)
    # Before an overuse nothing is known, and padding tells.
    probes.step(congestion, [slot], 600_000)
    await probes._probe
    assert slot.padding and not trains
    slot.padding.clear()
    first = packets.next_sequence
    congestion.overuse_at = boot_time() - 60
    probes.step(congestion, [slot], 600_000)
    await probes._probe
    size = congestion.train_bytes(WANTED)
    assert slot.padding == [size]
    assert trains == [(range(first, first + size // 1000), WANTED)]


async def test_what_is_out_of_reach_is_not_probed(probed):
    probes, _, slot = probed
    probes.step(DelayBasedController(600_000, 150_000, WANTED / 2), [slot], 600_000)
    assert probes._probe is None
