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

"""Services that pages may call."""

import pytest
from rtc_bridge.core.actions.service_calls import (
    CallableService, CALLS_AT_ONCE, parse_services, ServiceResult, SessionServiceCalls,
)
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.settings.action_settings import ActionServiceSettings


def resolve(name):
    """Resolve as a node /bridge would, for a few names."""
    if not name or ' ' in name:
        raise ValueError(f'invalid service name {name!r}\nmore')
    return f'/bridge/{name[2:]}' if name.startswith('~/') else '/' + name.lstrip('/')


def test_services_are_listed_with_or_without_their_kind():
    assert parse_services(['reset', 'arm/lamp:set_bool', '~/x:trigger'], resolve, ()) == [
        CallableService('reset', '/reset', None),
        CallableService('arm/lamp', '/arm/lamp', 'set_bool'),
        CallableService('~/x', '/bridge/x', 'trigger')]
    typed = parse_services(['a:std_srvs/srv/Empty', 'b:nav_msgs/GetPlan',
                            'c:std_srvs/srv/SetBool'], resolve, ())
    assert [(one.kind, one.type_name) for one in typed] == [
        ('std_srvs/srv/Empty', 'std_srvs/srv/Empty'),
        ('nav_msgs/srv/GetPlan', 'nav_msgs/srv/GetPlan'),
        ('set_bool', 'std_srvs/srv/SetBool')]


def test_a_name_may_stand_for_a_service():
    settings = ActionServiceSettings(service='/light/switch', label='Light')
    listed, = parse_services(['light'], resolve, (), {'light': settings}.__getitem__)
    assert (listed.name, listed.topic, listed.settings) == ('light', '/light/switch', settings)
    with pytest.raises(ParameterError, match='released by a person'):
        parse_services(['x'], resolve, ('~/release',),
                       lambda name: ActionServiceSettings(service='~/release'))


@pytest.mark.parametrize('entry', ['a b', '', 'a:', 'a:empty', 'a:trigger:b', '~/release',
                                   '/bridge/release', 'bridge/release:trigger', 'there'])
def test_entries_that_are_not_allowed_are_named(entry):
    with pytest.raises(ParameterError) as caught:
        parse_services(['/there', entry], resolve, ('~/release',))
    assert 'actions.services' in str(caught.value) and repr(entry) in str(caught.value)
    assert '\n' not in str(caught.value)


def test_each_request_is_carried_out_once(clock):
    calls = SessionServiceCalls(clock)
    assert calls.begin(7) and calls.result(7) is None
    assert not calls.begin(7) and calls.result(7) is None
    calls.end(7, ServiceResult(True, 'done'))
    assert not calls.begin(7) and calls.result(7) == ServiceResult(True, 'done')
    assert calls.begin(8)


def test_calls_have_a_rate_and_long_messages_are_shortened(clock):
    calls = SessionServiceCalls(clock)
    made = [calls.begin(number) for number in range(10)]
    assert made == [True] * int(CALLS_AT_ONCE) + [False] * (10 - int(CALLS_AT_ONCE))
    refused = calls.result(9)
    assert not refused.success and 'too many' in refused.message
    clock.now += 1.0
    # A request that was refused stays refused: it is not made later, when nobody expects it.
    assert not calls.begin(9) and calls.begin(10)
    for number in range(100, 300):
        clock.now += 1.0
        assert calls.begin(number)
    assert len(calls._results) <= 64
    assert len(ServiceResult(True, 'x' * 10000).message) == 500
