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

"""Who drives, and who asks, with a clock of the test's own."""

from itertools import pairwise

from hypothesis import given, strategies as st
import pytest
from rtc_bridge.core.driving.lease import ASK_TIME_S, Lease
from rtc_bridge.core.protocol.control_messages import Answer, parse_control, Want
from support.fake_clock import FakeClock


@pytest.fixture
def lease(clock):
    """Return a lease that `a` holds."""
    lease = Lease(60.0, clock)
    lease.request('a')
    return lease


def test_the_first_gets_it_and_others_ask(lease):
    assert (lease.holder, lease.epoch, lease.requesters) == ('a', 1, ())
    for session in ('b', 'c', 'b', 'a'):
        lease.request(session)
    assert (lease.holder, lease.epoch, lease.requesters) == ('a', 1, ('b', 'c'))
    assert lease.holds('a', 1) and not lease.holds('a', 0) and not lease.holds('b', 1)


def test_a_hand_over_needs_the_holder_and_a_request(lease):
    lease.hand_over('a')
    assert lease.holder == 'a'
    lease.request('b')
    lease.hand_over('b')
    assert lease.holder == 'a'
    lease.hand_over('a')
    assert (lease.holder, lease.epoch, lease.requesters) == ('b', 2, ())


def test_a_request_is_refused_by_the_holder_only(lease):
    lease.request('b')
    lease.request('c')
    lease.refuse('c')
    assert lease.requesters == ('b', 'c')
    lease.refuse('a')
    assert (lease.holder, lease.requesters) == ('a', ('c',))
    lease.refuse('a')
    lease.refuse('a')
    assert (lease.holder, lease.epoch, lease.requesters) == ('a', 1, ())


def test_the_next_one_gets_what_is_free(lease):
    lease.request('b')
    lease.request('c')
    lease.leave('b')
    lease.leave('a')
    assert (lease.holder, lease.epoch) == ('c', 2)
    lease.leave('c')
    assert (lease.holder, lease.epoch) == (None, 3)
    lease.leave('c')
    assert lease.epoch == 3


def test_who_takes_it_asks_nobody(lease):
    lease.request('b')
    lease.take('b')
    assert (lease.holder, lease.epoch, lease.requesters) == ('b', 2, ())
    lease.take('b')
    assert lease.epoch == 2


def test_requests_end(lease, clock):
    lease.request('b')
    clock.now += ASK_TIME_S - 1
    lease.request('c')
    lease.poll()
    assert lease.requesters == ('b', 'c')
    clock.now += 1.1
    lease.use()
    lease.poll()
    assert lease.requesters == ('c',)


def test_an_answer_is_to_the_request_that_the_driver_saw(lease, clock):
    lease.request('b')
    seen = lease.request_id
    clock.now += ASK_TIME_S - 1
    lease.request('c')
    lease.request('b')
    assert lease.request_id == seen
    lease.leave('b')
    for answer in (lease.hand_over, lease.refuse):
        answer('a', seen)
        assert (lease.holder, lease.requesters) == ('a', ('c',))
    lease.hand_over('a', lease.request_id)
    assert (lease.holder, lease.request_id) == ('c', None)


def test_who_moves_nothing_makes_room(lease, clock):
    clock.now += 59
    lease.use()
    clock.now += 59
    lease.request('b')
    lease.poll()
    assert lease.holder == 'a'
    clock.now += 1.1
    lease.poll()
    assert lease.holder == 'b'
    clock.now += 60.1
    lease.poll()
    assert (lease.holder, lease.epoch) == (None, 3)
    lease.poll()
    assert lease.epoch == 3


def test_without_a_limit_one_may_rest(clock):
    lease = Lease(0.0, clock)
    lease.request('a')
    clock.now += 1e6
    lease.poll()
    assert lease.holder == 'a'


sessions = st.sampled_from('abc')
acts = st.one_of(
    st.tuples(st.sampled_from(['request', 'take', 'leave', 'hand_over', 'refuse']), sessions),
    st.tuples(st.just('wait'), st.floats(0, 100)))


@given(st.lists(acts, max_size=40))
def test_whatever_is_done_each_driver_has_an_epoch_of_his_own(done):
    clock = FakeClock()
    lease = Lease(60.0, clock)
    seen = [(lease.epoch, lease.holder)]
    for act, argument in done:
        if act == 'wait':
            clock.now += argument
            lease.poll()
        else:
            before = lease.holder
            getattr(lease, act)(argument)
            # Only a holder, or who supervises, takes the seat from one.
            assert lease.holder == before or act in ('take', 'request') or argument == before
            assert before is None or act != 'request' or lease.holder == before
        seen.append((lease.epoch, lease.holder))
        assert lease.holder not in lease.requesters
        assert lease.holder is not None or not lease.requesters
    for (old, before), (new, after) in pairwise(seen):
        assert new == old and after == before or new > old and after != before


@pytest.mark.parametrize('text, message', [
    ('{"type":"want","lease":true}', Want(True)),
    ('{"type":"want","lease":true,"take":true}', Want(True, True)),
    ('{"type":"yield","request":3}', Answer(True, 3)),
    ('{"type":"yield","request":null}', Answer(True)),
    ('{"type":"yield"}', Answer(True)), ('{"type":"refuse"}', Answer(False))])
def test_wishes_are_read(text, message):
    assert parse_control(text) == message
