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

"""
A robot without ROS, as a program: ``python plain_robot.py RELAY_URL [ICE_URL...]``.

Instead of a relay's URL, ``serve:HOST:PORT`` lets it be found at a server of its own. Secrets
come by the environment, and further parameters ``ice.*`` as JSON in ``ICE``. With ``NOISE`` its
pictures take many packets. ``SERVICES`` has URLs of local services by name, as JSON; ``KEYS`` is
the key folder of a robot that takes invites only. It prints the link's state and the sessions'
ends.
"""

import asyncio
import json
import logging
import os
from pathlib import Path
import sys

import numpy as np
from rtc_bridge.bridge.data.local_services import LocalServices
from rtc_bridge.bridge.network.turn_credential_client import TurnCredentialClient
from rtc_bridge.core.access.policy import AccessPolicy
from rtc_bridge.core.gateway.service_rules import service_rule
from rtc_bridge.core.network.host_candidates import read_host_candidates
from rtc_bridge.core.network.ice_servers import IceServerPool
from rtc_bridge.core.settings.local_service_settings import LocalServiceSettings
from rtc_bridge.core.settings.robot_settings import IceSettings
from rtc_bridge.peer.ice_server_monitor import IceServerMonitor
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from rtc_bridge.relay.app import create_app
from rtc_bridge.relay.directory.registry import Registry
from rtc_bridge.relay.http.server import serve
from rtc_bridge.signaling.network_changes import watch_network
from rtc_bridge.signaling.relay_client import RelayClient
from rtc_bridge.signaling.relay_url import dial_url
from rtc_bridge.system.files.key_store import KeyStore
from rtc_bridge.system.files.secret_files import read_credential_service, read_ice

from support.viewer import make_sessions, TestCamera


async def serve_itself(link, address):
    """Serve the page and the robot in this process, for ever."""
    _, host, port = address.split(':')
    registry = Registry()
    registry.add('robot', link)
    async with serve(create_app(registry), host, int(port)):
        print('state serving')
        await asyncio.Event().wait()


async def main(url, *urls):
    """Serve until killed."""
    settings = IceSettings(**{'servers': urls, 'ttl': 60.0, **json.loads(os.getenv('ICE', '{}'))})
    service = read_credential_service(settings)
    ice = read_ice(settings) if urls or service else IceServerPool()
    keys = os.environ.get('KEYS')
    rules = [service_rule(name, LocalServiceSettings(url=service_url)) for name, service_url
             in json.loads(os.getenv('SERVICES', '{}')).items()]
    camera = TestCamera('front', 120)
    if 'NOISE' in os.environ:
        noise = np.random.default_rng(1).integers(256, size=(240, 320, 3), dtype=np.uint8)
        camera.load = lambda: (noise, 'bgr8')
    sessions = make_sessions(
        camera, ice=ice, host_candidates=read_host_candidates(
            settings.ports, settings.addresses, settings.interfaces),
        access=AccessPolicy('robot', 'none', 'none', KeyStore(Path(keys))) if keys else None,
        open_service=LocalServices(rules).connect)
    if url.startswith('serve:'):
        await serve_itself(LocalRobotLink(sessions, 'server'), url)
    client = RelayClient(
        dial_url(url, 'robot'), 'robot', LocalRobotLink(sessions, 'server'),
        token=os.environ.get('TOKEN', ''), secret=b'of this robot' * 3,
        on_state=lambda state: print('state', state))
    ice_server_monitor = IceServerMonitor(ice, client.renew)
    if service is not None:
        credentials = TurnCredentialClient(service, ice, ice_server_monitor.servers_changed)
        await credentials.ask()
    await ice_server_monitor.probe()
    print('probed', *sorted(ice.reachable))

    def changed():
        print('network changed')
        ice_server_monitor.network_changed()
        client.network_changed()

    with watch_network(changed):
        await asyncio.gather(client.run(), ice_server_monitor.run())


if __name__ == '__main__':
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format='%(message)s')
    logging.getLogger('aioice').setLevel(logging.WARNING)
    asyncio.run(main(*sys.argv[1:]))
