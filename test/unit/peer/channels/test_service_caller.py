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

"""Calls of actions by one session: which are made, and what comes of them."""

import asyncio
from types import SimpleNamespace

import pytest
from rtc_bridge.core.actions.action import Action
from rtc_bridge.core.actions.form import FormField
from rtc_bridge.core.actions.service_calls import ServiceResult
from rtc_bridge.core.protocol.control_messages import CallService
from rtc_bridge.peer.channels.service_caller import ServiceCaller
from support.viewer import until

pytestmark = pytest.mark.asyncio


ACTIONS = {
    'dock': Action('trigger'), 'lamp': Action('set_bool'), 'say': Action('text'),
    'arm': Action('form', fields=(FormField('angle', 'float', 'double', 0.0),
                                  FormField('joint', 'int', 'uint8', 0, 0, 255))),
    'gone': Action('', reason='the service /gone is not there: start the node that has it')}


@pytest.fixture
def caller():
    """Return a caller, what it has called, and the results that it sent."""
    called, results = [], []

    async def call_service(name, action, value):
        called.append((name, action, value))
        return ServiceResult(True, '')

    session = SimpleNamespace(
        session_id='session', role='drive', robot=SimpleNamespace(
            actions=ACTIONS,
            call_service=call_service))
    sender = SimpleNamespace(send=lambda kind, **members: results.append(members))
    return SimpleNamespace(call=ServiceCaller(session, sender).call, called=called,
                           results=results)


@pytest.mark.parametrize('name, given, value', [
    ('dock', {}, None), ('lamp', {'value': False}, False), ('say', {'text': 'hello'}, 'hello'),
    ('arm', {'arguments': {'angle': 1}}, {'angle': 1.0}), ('arm', {'arguments': {}}, {})])
async def test_each_kind_is_called_with_what_it_takes(caller, name, given, value):
    caller.call(CallService(1, name, **given))
    await until(lambda: caller.results)
    assert caller.called == [(name, ACTIONS[name], value)] and caller.results[0]['success']


@pytest.mark.parametrize('name, given', [
    ('dock', {'value': True}), ('dock', {'text': ''}), ('dock', {'text': 'x'}),
    ('lamp', {}), ('lamp', {'value': True, 'text': ''}), ('lamp', {'value': True, 'text': 'x'}),
    ('say', {}), ('say', {'text': ''}), ('say', {'value': True}),
    ('say', {'value': True, 'text': 'x'}), ('dock', {'arguments': {}}), ('arm', {}),
    ('arm', {'value': True}), ('arm', {'arguments': {}, 'text': ''})])
async def test_a_call_with_something_else_is_refused_and_not_made(caller, name, given):
    caller.call(CallService(1, name, **given))
    await asyncio.sleep(0)
    assert not caller.called
    result, = caller.results
    assert not result['success'] and 'takes' in result['message']


@pytest.mark.parametrize('name, given, words', [
    ('gone', {}, 'start the node that has it'),
    ('arm', {'arguments': {'angel': 1}}, 'there are: angle, joint'),
    ('arm', {'arguments': {'joint': 256}}, 'joint must be from 0 to 255, got 256'),
    ('arm', {'arguments': {'angle': 'far'}}, "angle must be a number, got 'far'"),
    ('arm', {'arguments': [1]}, 'arguments must be an object'),
    ('arm', {'arguments': {'angle': ['x' * 20000]}}, 'more than 16384 characters')])
async def test_a_refusal_says_what_to_do(caller, name, given, words):
    caller.call(CallService(1, name, **given))
    await asyncio.sleep(0)
    result, = caller.results
    assert not caller.called and not result['success'] and words in result['message']
