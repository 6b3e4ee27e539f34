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

"""The parts of the delay-based controller: growth, probes, loss."""

import pytest
from rtc_bridge.core.congestion.path_loss import PathLoss
from rtc_bridge.core.congestion.probe_schedule import ProbeSchedule
from rtc_bridge.core.congestion.rate_growth import growth_per_second


def test_growth_is_fast_below_the_last_capacity_and_far_above_it():
    near = growth_per_second(1.0, 1.0)
    assert growth_per_second(0.9, 1.0) > 3 * near and growth_per_second(1.5, 1.0) > 3 * near
    assert growth_per_second(1.3, 1.0) < 3 * near


def test_after_an_overuse_a_path_is_not_probed_for_a_while():
    probes = ProbeSchedule()
    assert probes.probes(0.0, True)
    probes.probes(0.2, False)
    # Not the probe's doing.
    probes.on_decrease(5.0)
    assert not probes.probes(8.9, True) and probes.probes(9.0, True)
    # Its own doing.
    probes.on_decrease(9.5)
    assert not probes.probes(19.4, True) and probes.probes(19.5, True)


def lossy(share, packets=20, seconds=3.0, queue=False):
    loss, now, lost = PathLoss(0.0), 0.0, 0.0
    while now < seconds:
        now += 0.1
        lost += share * packets
        loss.add(now, packets - int(lost), int(lost), queue)
        lost -= int(lost)
    return loss


@pytest.mark.parametrize('share', [0.0, 0.03, 0.1, 0.12])
def test_loss_that_may_be_chance_is_no_congestion(share):
    loss = lossy(share)
    assert loss.share == pytest.approx(share, abs=0.01)
    assert loss.excess() == 0
    assert loss.is_random(3.0) == (share > 0.02)


def test_loss_with_a_queue_is_not_random():
    assert not lossy(0.1, queue=True).is_random(3.0)


def test_much_loss_is_congestion_until_it_proves_to_be_the_path_s_own():
    loss = lossy(0.4)
    assert loss.excess() == pytest.approx(0.4, abs=0.01)
    loss.note_cut(3.0, 1e6, 0.6e6)
    assert loss.excess() == 0
    for n in range(10):
        loss.add(3.1 + n / 10, 12, 8, False)
    # As much arrives as before: a narrow path drops what is too much.
    assert not loss.explains(4.0, 0.7e6, 0.6e6)
    assert not loss.explains(4.0, 0.9e6, 0.42e6)
    assert not loss.explains(9.0, 0.7e6, 0.42e6)
    assert loss.excess()
    assert loss.explains(4.0, 0.7e6, 0.42e6)
    assert loss.excess() == 0


def test_packets_that_arrive_after_all_are_not_lost():
    loss = PathLoss(0.0)
    loss.add(0.1, 90, 10, False)
    loss.add(0.1, 10, -10, False)
    assert loss.share == 0
