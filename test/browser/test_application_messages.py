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

"""Messages between applications on the robot, its page, and RTCBot's clients."""

import pytest
from std_msgs.msg import String
from support.browsers import PATIENCE
from support.page_driving import live_page
from support.stack import ColourCamera, Robot
from support.viewers import RTCBOT, Viewer


@pytest.fixture(scope='module')
def robot():
    """Run a robot with a camera."""
    robot = Robot()
    camera = ColourCamera(robot.probe, 'front/image_raw', (0, 0, 200))
    yield robot
    camera.close()
    robot.close()


@pytest.fixture
def page(robot, chromium):
    with live_page(robot, chromium) as page:
        yield page


def test_messages_between_applications_and_viewers(robot, page):
    received = robot.probe.subscribe(String, 'rtc_bridge/received', lambda m: m.data)
    publisher = robot.probe.publisher(String, 'rtc_bridge/send')
    robot.probe.wait_for(lambda: robot.probe.node.count_publishers('rtc_bridge/received')
                         and publisher.get_subscription_count())
    client = Viewer(f'{robot.own_url}/connect', RTCBOT)
    try:
        page.evaluate("""() => {
          window.heard = [];
          rtcBridge.addEventListener('message', ({ detail }) => window.heard.push(detail));
          rtcBridge.send({ lamp: [1, true, null, 'ä'] });
          rtcBridge.send('a text');
        }""")
        robot.probe.wait_for(lambda: len(received) == 2, PATIENCE)
        assert received == ['{"lamp": [1, true, null, "\\u00e4"]}', 'a text']
        client.send('default', {'from': 'rtcbot'})
        client.send('default', 'no JSON')
        robot.probe.wait_for(lambda: len(received) == 4, PATIENCE)
        assert received[2:] == ['{"from": "rtcbot"}', 'no JSON']
        publisher.publish(String(data='{"battery": 0.5}'))
        publisher.publish(String(data='not JSON'))
        page.wait('heard.length === 2')
        assert page.evaluate('heard') == [{'battery': 0.5}, 'not JSON']
        client.wait('default', lambda m: m == 'not JSON')
        assert client.heard['default'] == [{'battery': 0.5}, 'not JSON']
    finally:
        client.close()
