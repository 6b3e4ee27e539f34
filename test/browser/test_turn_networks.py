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

"""Robot and viewer in networks that do not let them reach each other, and a real coturn."""

import pytest
from support.networks import networks, PUBLIC  # noqa: F401
from support.sites import KINDS, site, TCP, TLS, UDP  # noqa: F401

DEAD = 'turn:198.51.100.2:3478?transport=udp'


@pytest.mark.parametrize('url', KINDS, ids=KINDS.values())
def test_no_route_to_each_other(site, url):  # noqa: F811
    # A probe of a server that is dead, or has another secret, does not stop the rest.
    robot = site.robot(DEAD, url)
    assert robot.wait_line('probed (.*)')[1] == url
    assert site.viewer(url) in [('relay', 'relay'), ('host', 'relay'), ('relay', 'prflx')]


def test_networks_that_let_no_udp_through(site, networks):  # noqa: F811
    networks.block_udp(True)
    networks.forward('public', True)
    robot = site.robot(UDP, TCP, TLS)
    assert robot.wait_line('probed (.*)')[1] == f'{TCP} {TLS}'
    # Not even one end has UDP, so both have to go by TURN.
    assert site.viewer(TLS) == ('relay', 'relay')


def test_symmetric_nat_and_a_browser(site, networks, chromium_path):  # noqa: F811
    # Packets would find their way, if only the ports were those that STUN tells.
    networks.forward('public', True)
    site.robot(f'stun:{PUBLIC}:3478', UDP, TCP)
    browser = site.browser(chromium_path)
    try:
        page = browser.show(site.url)
        page.wait_state('live')
        page.wait("window.rtcBridge.stats?.route === 'relay'")
        page.wait("document.getElementById('path').textContent.includes('TURN server')")
    finally:
        browser.close()
