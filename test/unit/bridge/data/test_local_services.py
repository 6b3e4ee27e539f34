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

"""Which connections to programs are opened; the rest is tested with data channels."""

import asyncio

import pytest
from rtc_bridge.bridge.data.local_services import LocalServices
from rtc_bridge.core.gateway.connection import ServiceError
from rtc_bridge.core.gateway.service_rules import service_rule
from rtc_bridge.core.settings.local_service_settings import LocalServiceSettings

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize('scheme', ['tcp', 'http'])
async def test_who_has_messages_only_reaches_no_program_that_takes_bytes(scheme):
    came = []
    server = await asyncio.start_server(lambda *streams: came.append(streams), '127.0.0.1')
    port = server.sockets[0].getsockname()[1]
    services = LocalServices([service_rule('one', LocalServiceSettings(
        url=f'{scheme}://127.0.0.1:{port}', role='drive'))])
    with pytest.raises(ServiceError, match='stream of bytes') as error:
        await services.connect('one', 'drive', messages=True)
    assert error.value.code == 'denied' and not came
    server.close()


async def test_a_program_that_came_by_itself_has_no_port_to_name(monkeypatch):
    class Listener:
        async def take(self, name):
            await asyncio.Event().wait()

    monkeypatch.setattr('rtc_bridge.bridge.data.local_services._TIMEOUT_S', 0)
    services = LocalServices(
        [service_rule('one', LocalServiceSettings(url='listen'))], Listener())
    with pytest.raises(ServiceError, match='program one.* takes no connection') as error:
        await services.connect('one', 'drive')
    assert 'port' not in str(error.value)
