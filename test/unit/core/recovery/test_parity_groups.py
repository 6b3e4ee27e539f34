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

from itertools import chain, combinations, count
import random

from hypothesis import given, settings, strategies as st
import pytest
from rtc_bridge.core.recovery.flexfec import MAX_SPAN
from rtc_bridge.core.recovery.parity_groups import MAX_SHARE, ParityGroups, recovery_share, subset

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
            assert offsets == sorted(set(offsets)) and offsets[-1] < MAX_SPAN


@settings(deadline=None)
@given(st.integers(1, 150), st.floats(0, 0.3), st.floats(1, 8), st.data())
def test_each_single_loss_of_a_keyframe_is_recovered_at_once(size, loss, burst, data):
    [(sequences, made)] = send(ParityGroups(), [size], loss=loss, burst=burst, keyframes={0})
    assert not peel(made, {data.draw(st.sampled_from(sequences))})
    assert len(made) <= MAX_SHARE * size + size // MAX_SPAN + 1


@pytest.mark.parametrize('interval', [1 / 60, FRAME_S, 0.1, 0.2])
@pytest.mark.parametrize('loss', [0.005, 0.01, 0.05])
@pytest.mark.parametrize('size', [1, 2, 3, 7, 30, 100, 150])
def test_each_single_loss_is_recovered_within_four_frames(size, loss, interval):
    sent = send(ParityGroups(), [size] * 30, loss=loss, interval=interval)
    # The first frame does not tell how soon the next one comes.
    for number, (sequences, _) in list(enumerate(sent))[1:-4]:
        arrived = list(chain(*(made for _, made in sent[number:number + 4])))
        for sequence in sequences:
            assert not peel(arrived, {sequence})


@pytest.mark.parametrize('size', [2, 7, 30])
def test_two_losses_of_a_frame_are_recovered(size):
    sent = send(ParityGroups(), [size] * 20)
    arrived = list(chain(*(made for _, made in sent)))
    for pair in combinations(sent[10][0], 2):
        assert not peel(arrived, pair)


def test_frames_of_a_slow_camera_are_protected_by_themselves():
    for sequences, made in send(ParityGroups(), [7] * 5, interval=0.2):
        assert set(chain(*made)) == set(sequences)


def test_after_a_gap_only_new_packets_are_protected():
    groups = ParityGroups()
    send(groups, [7, 7])
    made = groups.add(range(100, 107), 0.1, 0.05)
    assert made and set(chain(*made)) == set(range(100, 107))
    # So it is after a pause.
    assert set(chain(*groups.add(range(107, 114), 5.0, 0.05))) == set(range(107, 114))
    with pytest.raises(ValueError, match='9 does not follow 7'):
        groups.add([7, 9], 0.2, 0.05)
    assert groups.add([], 0.2, 0.05) == []


def test_packets_of_one_subset_are_in_different_ones_in_other_families():
    for packets, sets in ((8, 4), (9, 3), (16, 4), (30, 6)):
        for family, other in combinations(range(4), 2):
            together = [pair for pair in combinations(range(packets), 2)
                        if all(subset(pair[0], packets, sets, one)
                               == subset(pair[1], packets, sets, one) for one in (family, other))]
            # Some are, where there are more packets than subsets times subsets.
            assert len(together) <= packets ** 2 / (2 * sets ** 2), (packets, sets, family, other)


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
    (0.01, 1e-4, 0.19), (0.03, 1e-4, 0.32), (0.05, 1e-4, 0.42), (0.10, 1e-4, 0.59)])
def test_random_loss_is_recovered(loss, most_left, most_sent):
    random.seed(5)
    # 7 packets a frame: 1.6 Mbit/s at 30 frames a second.
    left, sent = share_lost([7] * 5000, loss, lambda: random.random() < loss)
    assert left < most_left and sent <= most_sent


@pytest.mark.parametrize('loss', [0.01, 0.05, 0.1])
def test_keyframes_are_whole_at_once(loss):
    random.seed(7)
    whole, trials = 0, 500
    for _ in range(trials):
        made = ParityGroups().add(range(40), 0.0, loss, keyframe=True)
        whole += not peel([group for group in made if random.random() >= loss],
                          [place for place in range(40) if random.random() < loss])
    assert whole >= 0.97 * trials


@pytest.mark.parametrize('loss', [0.005, 0.01, 0.03, 0.05, 0.1])
def test_groups_of_a_small_keyframe_differ(loss):
    for size in range(3, 20):
        made = ParityGroups().add(range(size), 0.0, loss, keyframe=True)
        assert len(set(made)) == len(made)
        pairs = list(combinations(range(size), 2))
        # Of two losses each, with one group none is repaired.
        left = sum(bool(peel(made, pair)) for pair in pairs)
        assert len(made) == 1 or left <= 0.51 * len(pairs), (size, len(made))


def test_bursts_are_recovered_by_more_groups():
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
    assert left[0] < 0.01 and left[0] < 0.6 * left[1]


def test_the_price_follows_the_loss():
    for packets in (1, 2, 7, 28, 109):
        shares = [recovery_share(packets, loss) for loss in (0.0, 0.005, 0.01, 0.03, 0.1, 1.0)]
        assert shares == sorted(shares) and shares[0] == 0 and shares[-1] == MAX_SHARE
    assert recovery_share(7, 0.01, 4.0) > recovery_share(7, 0.01)


def test_sequence_numbers_go_on_from_frame_to_frame_over_their_end():
    numbers = count(0xFFF0)
    groups, made = ParityGroups(), []
    for frame in range(4):
        made += groups.add([next(numbers) & 0xFFFF for _ in range(7)], frame * FRAME_S, 0.05)
    assert any(0xFFFF in group and 3 in group for group in made) or any(
        group[0] > group[-1] for group in made)
