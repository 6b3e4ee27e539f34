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

"""Clients of services that come and go, and callbacks that always answer."""

from types import SimpleNamespace

import pytest
from rtc_bridge.core.actions.form import check_arguments
from rtc_bridge.core.actions.service_calls import CallableService, ServiceResult
from rtc_bridge.ros.services import guarded_service, ServiceClient
from sensor_msgs.srv import SetCameraInfo
from std_srvs.srv import SetBool, Trigger

TRIGGER = {'/dock': ['std_srvs/srv/Trigger']}
SET_BOOL = {'/dock': ['std_srvs/srv/SetBool']}


class FakeFuture:
    """What rclpy returns of a call; the test answers."""

    def __init__(self):
        self.answer = self.error = None
        self.is_cancelled = False

    def add_done_callback(self, callback):
        self.callback = callback

    def finish(self, answer=None, error=None):
        self.answer, self.error = answer, error
        self.callback(self)

    def cancel(self):
        self.is_cancelled = True

    def cancelled(self):
        return self.is_cancelled

    def exception(self):
        return self.error

    def result(self):
        return self.answer


class FakeNode:
    """Makes clients that find a server of their type, if there is one."""

    def __init__(self):
        self.clients = []
        self.server = None
        self.error = None

    def create_client(self, service_type, name):
        if self.error:
            raise self.error
        client = SimpleNamespace(
            type=service_type, requests=[], forgotten=[],
            service_is_ready=lambda: self.server is service_type)

        def call_async(request):
            client.requests.append(request)
            client.future = FakeFuture()
            return client.future
        client.call_async = call_async
        client.remove_pending_request = client.forgotten.append
        self.clients.append(client)
        return client

    def destroy_client(self, client):
        self.clients.remove(client)


@pytest.fixture
def node():
    return FakeNode()


@pytest.fixture
def client(node, clock):
    return ServiceClient(node, CallableService('dock', '/dock', None), clock)


def test_a_client_is_made_when_the_service_appears(node, client):
    client.update({})
    assert not client.action.kind and node.clients == []
    node.server = Trigger
    client.update(TRIGGER)
    assert client.action.kind == 'trigger' and node.clients[0].type is Trigger
    node.server = None
    client.update({})
    assert not client.action.kind


def test_a_service_of_another_kind_than_listed_is_not_called(node, clock):
    client = ServiceClient(node, CallableService('dock', '/dock', 'set_bool'), clock)
    client.update(TRIGGER)
    assert node.clients == []
    assert 'has the type std_srvs/srv/Trigger, and actions.services asks for' in (
        client.action.reason)
    node.server = SetBool
    client.update(SET_BOOL)
    assert client.action.kind == 'set_bool'


def test_a_client_without_a_server_is_made_anew_so_that_a_new_type_is_seen(node, client, clock):
    node.server = Trigger
    client.update(TRIGGER)
    node.server = SetBool
    clock.now += 2.0
    client.update(TRIGGER)
    assert not client.action.kind and len(node.clients) == 1
    clock.now += 2.0
    client.update(TRIGGER)
    assert node.clients == []
    client.update(SET_BOOL)
    assert client.action.kind == 'set_bool' and node.clients[0].type is SetBool


def test_a_client_that_cannot_be_made_is_tried_again(node, client):
    node.server, node.error = Trigger, RuntimeError('incompatible type')
    client.update(TRIGGER)
    assert not client.action.kind
    node.error = None
    client.update(TRIGGER)
    assert client.action.kind == 'trigger'


@pytest.mark.parametrize('kind, graph, value', [
    (Trigger, TRIGGER, None), (SetBool, SET_BOOL, True), (SetBool, SET_BOOL, False)])
def test_the_answer_of_a_call_is_its_result(node, client, kind, graph, value):
    node.server = kind
    client.update(graph)
    results = []
    client.call(client.action, value, results.append)
    (request,) = node.clients[0].requests
    assert isinstance(request, kind.Request)
    assert value is None or request.data is value
    node.clients[0].future.finish(kind.Response(success=True, message='done'))
    assert results == [ServiceResult(True, 'done')]


def test_a_service_of_any_type_is_called_with_arguments(node, client):
    node.server = SetCameraInfo
    client.update({'/dock': ['sensor_msgs/srv/SetCameraInfo']})
    assert client.action.kind == 'form' and client.action.type == 'sensor_msgs/srv/SetCameraInfo'
    results = []
    client.call(client.action, check_arguments(client.action.fields, {'camera_info': {
        'width': 640, 'k': [2] * 9, 'roi': {'do_rectify': True}}}), results.append)
    (request,) = node.clients[0].requests
    assert request.camera_info.width == 640 and request.camera_info.roi.do_rectify
    assert list(request.camera_info.k) == [2.0] * 9
    node.clients[0].future.finish(SetCameraInfo.Response(success=False, status_message='full'))
    assert results == [ServiceResult(False, 'status_message: full')]


@pytest.mark.parametrize('kind, types, value', [
    (SetCameraInfo, ['sensor_msgs/srv/SetCameraInfo'], {}),
    (Trigger, TRIGGER['/dock'], None), (SetBool, SET_BOOL['/dock'], True)])
def test_a_service_that_has_changed_since_the_check_is_not_called(
        node, client, clock, kind, types, value):
    # Between the check in the event loop and the call another node may have taken the name.
    node.server = kind
    client.update({'/dock': types})
    checked = client.action
    assert checked.kind
    node.server = None
    clock.now += 4.0
    client.update({'/dock': types})
    node.server = SetBool if kind is Trigger else Trigger
    client.update(SET_BOOL if kind is Trigger else TRIGGER)
    assert client.action.kind not in ('', checked.kind)
    results = []
    assert client.call(checked, value, results.append) is None
    assert not results[0].success and 'changed' in results[0].message
    assert not node.clients[0].requests


def test_types_that_cannot_be_called_say_why(node, client):
    client.update({'/dock': ['no_such_msgs/srv/Dock']})
    assert client.action.reason == (
        'the service /dock cannot be called: type no_such_msgs/srv/Dock is not installed: install '
        'the package no_such_msgs')
    assert node.clients == []
    # Of several types those without arguments come first.
    node.server = Trigger
    client.update({'/dock': ['no_such_msgs/srv/Dock', 'std_srvs/srv/Trigger']})
    assert client.action.kind == 'trigger'


def test_a_call_without_a_service_fails_at_once(client):
    results = []
    assert client.call(client.action, None, results.append) is None
    assert results == [ServiceResult(
        False, 'the service /dock is not there: start the node that has it')]


def test_an_answer_that_cannot_be_read_is_a_failure(node, client):
    node.server = Trigger
    client.update(TRIGGER)
    results = []
    client.call(client.action, None, results.append)
    node.clients[0].future.finish(error=ValueError('bytes'))
    assert results == [ServiceResult(False, 'the answer cannot be read')]


def test_a_cancelled_call_is_no_longer_waited_for(node, client):
    node.server = Trigger
    client.update(TRIGGER)
    future = client.call(client.action, None, pytest.fail)
    client.cancel(future)
    assert future.is_cancelled and node.clients[0].forgotten == [future]
    client.cancel(None)


def test_a_service_callback_that_raises_answers_with_a_failure():
    failures = []
    callback = guarded_service('dock', lambda request, response: 1 / 0,
                               on_failure=failures.append)
    response = callback(Trigger.Request(), Trigger.Response(success=True))
    assert (response.success, response.message) == (False, 'an internal error; see the log')
    assert isinstance(failures[0], ZeroDivisionError)
