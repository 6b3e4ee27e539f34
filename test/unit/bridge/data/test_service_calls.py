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

"""Calls of services: those that fail in the bridge, and what of them is logged."""

import logging
from types import SimpleNamespace

import pytest
from rtc_bridge.bridge.data.service_calls import ServiceCalls
from rtc_bridge.core.actions.action import Action
from rtc_bridge.core.actions.service_calls import ServiceResult
from rtc_bridge.core.failure_log import failures
from rtc_bridge.core.settings.action_settings import ActionSettings
from rtc_bridge.core.supervision import call_guarded
from support.ros_probe import RosProbe

pytestmark = pytest.mark.asyncio
FORM = Action('form', type='example_msgs/srv/Join')


class FakeClient:
    """The client of a service that answers at once; the test says how."""

    service = SimpleNamespace(topic='/join')

    def __init__(self):
        self.calls = []

    def call(self, action, value, on_result):
        self.calls.append((action, value))
        self.answer(on_result)


@pytest.fixture
def client():
    return FakeClient()


@pytest.fixture
def calls(lonely, client):
    """Return the calls of a robot with one service, whose executor's thread is this one."""
    with RosProbe('actions') as probe:
        calls = ServiceCalls(
            probe.node, ActionSettings(services=('join',), timeout=5.0), {}, {}, lambda: False,
            lambda: None, lambda: None)
        calls._clients = {'join': client}
        calls._ros = SimpleNamespace(call=call_guarded)
        yield calls


async def test_a_call_that_fails_in_the_bridge_says_so_at_once(calls, client):
    client.answer = lambda on_result: 1 / 0
    result = await calls.call('join', FORM, {})
    assert result == ServiceResult(
        False, 'not called: an internal error of the bridge, see its log')
    # The failure is counted and logged, as that of all work there.
    assert failures.newest['action'].startswith('ZeroDivisionError')
    client.answer = lambda on_result: on_result(ServiceResult(True, 'done'))
    assert await calls.call('join', FORM, {}) == ServiceResult(True, 'done')
    assert client.calls == [(FORM, {}), (FORM, {})]


async def test_what_a_form_is_filled_with_is_not_logged(calls, client, caplog):
    client.answer = lambda on_result: on_result(ServiceResult(True, 'done'))
    with caplog.at_level(logging.DEBUG, 'rtc_bridge'):
        await calls.call('join', FORM, {'network': 'yard', 'password': 'secret words'})
    assert 'call service /join(network, password)' in caplog.text
    assert 'yard' not in caplog.text and 'secret words' not in caplog.text
