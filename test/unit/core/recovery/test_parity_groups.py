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

"""Which packets are protected together, and what is recovered on simulated paths."""

from itertools import chain, count
import random

from hypothesis import given, settings, strategies as st
import pytest
from rtc_bridge.core.recovery.parity_groups import (
    best_shape, MAX_BLOCK, MAX_SHARE, ParityGroups, residual_loss, Shape, TARGET,
)

FRAME_S = 1 / 30


def send(groups, sizes, *, loss=0.05, first=0, keyframes=(), interval=FRAME_S, **more):
    """Send frames of so many packets; return their sequence numbers and groups, by frame."""
    made = []
    for number, size in enumerate(sizes):
        sequences = [first + i & 0xFFFF for i in range(size)]
        first += size
        made.append((sequences, groups.add(
            sequences, number * interval, loss, keyframe=number in keyframes, **more)))
    return made


def peel(groups, lost):
    """
    Return the media packets that stay lost.

    :param groups: of the recovery packets that arrived
    """
    lost = set(lost)
    while True:
        found = {(lost & set(group)).pop() for group in groups if len(lost & set(group)) == 1}
        if not found:
            return lost
        lost -= found


@settings(deadline=None)
@given(st.lists(st.integers(0, 120), min_size=1, max_size=30), st.integers(0, 0xFFFF),
       st.floats(0, 1), st.floats(1, 16), st.sets(st.integers(0, 30)))
def test_groups_fit_into_a_mask_and_are_in_order(sizes, first, loss, burst, keyframes):
    groups = ParityGroups()
    sent = set()
    for sequences, made in send(groups, sizes, first=first, loss=loss, burst=burst,
                                keyframes=keyframes):
        sent |= set(sequences)
        for group in made:
            assert set(group) <= sent
            offsets = [sequence - group[0] & 0xFFFF for sequence in group]
            assert offsets == sorted(set(offsets)) and offsets[-1] < MAX_BLOCK


@settings(deadline=None)
@given(st.integers(1, 150), st.floats(0, 0.3), st.floats(1, 8), st.data())
def test_each_single_loss_of_a_keyframe_is_recovered_at_once(size, loss, burst, data):
    [(sequences, made)] = send(ParityGroups(), [size], loss=loss, burst=burst, keyframes={0})
    assert not peel(made, {data.draw(st.sampled_from(sequences))})
    assert len(made) <= max(1, MAX_SHARE * size + size // MAX_BLOCK + 1)


def test_all_packets_are_protected_before_the_block_is_too_old():
    for size in (1, 2, 7, 30):
        sent = send(ParityGroups(), [size] * 5)
        protected = set(chain(*chain(*(made for _, made in sent[:4]))))
        assert protected >= set(chain(*(sequences for sequences, _ in sent[:4])))
    # A slow camera: each frame by itself, as soon as two have shown how slow it is.
    for sequences, made in send(ParityGroups(), [7] * 5, interval=0.2)[2:]:
        assert set(chain(*made)) == set(sequences)


def test_a_gap_begins_a_new_block():
    groups = ParityGroups()
    send(groups, [7, 7])
    made = groups.add(range(100, 107), 0.1, 0.05)
    assert made and set(chain(*made)) <= set(range(100, 107))
    # So does a pause.
    made = groups.add(range(107, 114), 5.0, 0.05) + groups.add(range(114, 121), 5.2, 0.05)
    assert set(chain(*made)) == set(range(107, 121))
    with pytest.raises(ValueError, match='9 does not follow 7'):
        groups.add([7, 9], 0.2, 0.05)
    assert groups.add([], 0.2, 0.05) == []


def share_lost(sizes, loss, lose, **more):
    """Return the share of packets that stay lost, and that of recovery packets."""
    sent = send(ParityGroups(), sizes, loss=loss, **more)
    arrived, lost, recovery = [], [], 0
    for sequences, made in sent:
        lost += [sequence for sequence in sequences if lose()]
        recovery += len(made)
        arrived += [group for group in made if not lose()]
    near = [(group, group[0]) for group in arrived]
    left = 0
    # Sequence numbers do not wrap here: block by block.
    for first in range(0, sum(sizes), 1000):
        left += len(peel([group for group, at in near if first - 100 <= at < first + 1100],
                         {s for s in lost if first - 100 <= s < first + 1100})
                    & set(range(first, first + 1000)))
    return left / sum(sizes), recovery / sum(sizes)


@pytest.mark.parametrize('loss, most_left, most_sent', [
    (0.01, 4e-4, 0.27), (0.03, 4e-4, 0.40), (0.05, 6e-4, 0.40), (0.10, 6e-3, 0.51)])
def test_random_loss_is_recovered(loss, most_left, most_sent):
    random.seed(5)
    # 7 packets a frame: 1.6 Mbit/s at 30 frames a second.
    left, sent = share_lost([7] * 5000, loss, lambda: random.random() < loss)
    assert left < most_left and sent <= most_sent


def test_bursts_are_recovered_by_distant_packets():
    def gilbert(mean, share):
        bad = False
        while True:
            bad = random.random() < (1 - 1 / mean if bad else share / mean / (1 - share))
            yield bad

    left = []
    for burst in (4.0, 1.0):
        random.seed(6)
        path = gilbert(4, 0.03)
        lost, price = share_lost([7] * 5000, 0.03, lambda path=path: next(path), burst=burst)
        left.append(lost)
        assert price <= MAX_SHARE
    assert left[0] < left[1]


@pytest.mark.parametrize('length, keyframe', [
    (3, False), (4, False), (5, False), (3, True), (4, True)])
def test_a_burst_of_twice_the_mean_is_recovered_within_a_frame(length, keyframe):
    for size in (10, 11):
        groups, sent = ParityGroups(), []
        for frame in range(4):
            sent += groups.add(range(size * frame, size * (frame + 1)), frame * FRAME_S, 0.0025,
                               burst=length / 2, keyframe=keyframe)
        for first in range(4 * size - length + 1):
            if first // size == (first + length - 1) // size:
                assert peel(sent, set(range(first, first + length))) == set(), size


@pytest.mark.parametrize('packets', [1, 2, 7, 28, 46])
def test_the_price_follows_the_loss(packets):
    shares = []
    for loss in (0.0, 0.005, 0.01, 0.03, 0.05, 0.1, 1.0):
        shape = best_shape(packets, loss)
        rows = -(-packets // shape.row)
        shares.append((rows + shape.columns) / packets)
        if residual_loss(packets, shape, loss) > TARGET:
            break
    assert shares == sorted(shares) and (shares[-1] <= MAX_SHARE or packets == 1)
    assert best_shape(packets, 0.0) == Shape(packets, 0)


def test_sequence_numbers_go_on_from_frame_to_frame_over_their_end():
    numbers = count(0xFFF0)
    groups, made = ParityGroups(), []
    for frame in range(4):
        made += groups.add([next(numbers) & 0xFFFF for _ in range(7)], frame * FRAME_S, 0.05)
    assert any(0xFFFF in group and 3 in group for group in made) or any(
        group[0] > group[-1] for group in made)
