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

"""The lease: its holder, its epochs, and the queue of requests."""

from itertools import pairwise

from hypothesis import given, strategies as st
import pytest
from rtc_bridge.core.driving.lease import Lease, REQUEST_TIME_S
from rtc_bridge.core.protocol.control_messages import (
    KeepLease, parse_control, RequestLease, YieldLease,
)
from support.fake_clock import FakeClock


@pytest.fixture
def lease(clock):
    """Return a lease that `a` holds."""
    lease = Lease(60.0, clock)
    lease.request('a')
    return lease


def test_the_first_session_gets_the_lease_and_others_request_it(lease):
    assert (lease.holder, lease.epoch, lease.requesters) == ('a', 1, ())
    for session in ('b', 'c', 'b', 'a'):
        lease.request(session)
    assert (lease.holder, lease.epoch, lease.requesters) == ('a', 1, ('b', 'c'))


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


def test_the_first_requester_gets_a_free_lease(lease):
    lease.request('b')
    lease.request('c')
    lease.release('b')
    lease.release('a')
    assert (lease.holder, lease.epoch) == ('c', 2)
    lease.release('c')
    assert (lease.holder, lease.epoch) == (None, 3)
    lease.release('c')
    assert lease.epoch == 3


def test_a_session_that_takes_the_lease_asks_nobody(lease):
    lease.request('b')
    lease.take('b')
    assert (lease.holder, lease.epoch, lease.requesters) == ('b', 2, ())
    lease.take('b')
    assert lease.epoch == 2


def test_requests_end_in_time(lease, clock):
    lease.request('b')
    clock.now += REQUEST_TIME_S - 1
    lease.request('c')
    lease.poll()
    assert lease.requesters == ('b', 'c')
    clock.now += 1.1
    lease.last_motion = clock()
    lease.poll()
    assert lease.requesters == ('c',)


def test_an_answer_is_to_the_request_that_the_holder_saw(lease, clock):
    lease.request('b')
    seen = lease.request_id
    clock.now += REQUEST_TIME_S - 1
    lease.request('c')
    lease.request('b')
    assert lease.request_id == seen
    lease.release('b')
    for answer in (lease.hand_over, lease.refuse):
        answer('a', seen)
        assert (lease.holder, lease.requesters) == ('a', ('c',))
    lease.hand_over('a', lease.request_id)
    assert (lease.holder, lease.request_id) == ('c', None)


def test_a_holder_that_moves_nothing_loses_the_lease(lease, clock):
    clock.now += 59
    lease.last_motion = clock()
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


def test_without_an_idle_timeout_the_holder_may_rest(clock):
    lease = Lease(0.0, clock)
    lease.request('a')
    clock.now += 1e6
    lease.poll()
    assert lease.holder == 'a'


def test_the_gate_is_told_of_an_epoch_before_anybody_else(clock):
    """And of each one, while others are told once of what has changed."""
    lease, told = Lease(60.0, clock), []
    lease.on_new_epoch = lambda: told.append(f'epoch {lease.epoch}')
    lease.on_change = lambda: told.append((lease.holder, lease.requesters))
    lease.request('a')
    lease.request('b')
    # Asked again it is the same request.
    lease.request('b')
    lease.hand_over('a')
    lease.refuse('b')
    lease.poll()
    clock.now += 60.5
    lease.poll()
    assert told == ['epoch 1', ('a', ()), ('a', ('b',)), 'epoch 2', ('b', ()),
                    'epoch 3', (None, ())]


sessions = st.sampled_from('abc')
acts = st.one_of(
    st.tuples(st.sampled_from(['request', 'take', 'release', 'hand_over', 'refuse']), sessions),
    st.tuples(st.just('wait'), st.floats(0, 100)))


@given(st.lists(acts, max_size=40))
def test_whatever_is_done_each_holder_has_an_epoch_of_its_own(done):
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
            # Only the holder itself or a supervisor, who takes the lease, ends it.
            assert lease.holder == before or act in ('take', 'request') or argument == before
            assert before is None or act != 'request' or lease.holder == before
        seen.append((lease.epoch, lease.holder))
        assert lease.holder not in lease.requesters
        assert lease.holder is not None or not lease.requesters
    for (old, before), (new, after) in pairwise(seen):
        assert new == old and after == before or new > old and after != before


@pytest.mark.parametrize('text, message', [
    ('{"type":"want","lease":true}', RequestLease(True)),
    ('{"type":"want","lease":true,"take":true}', RequestLease(True, True)),
    ('{"type":"yield","request":3}', YieldLease(3)),
    ('{"type":"yield","request":null}', YieldLease()),
    ('{"type":"yield"}', YieldLease()), ('{"type":"refuse"}', KeepLease())])
def test_messages_about_the_lease_are_read(text, message):
    assert parse_control(text) == message
