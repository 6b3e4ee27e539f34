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

"""What strangers try at a running bridge: refused, and its operator reads of it in diagnostics."""

from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from support.patience import PATIENCE
from support.stack import Robot

# 33 kB that took aiortc's parser 1.9 s.
QUADRATIC = 'v=0\r\nm=video 9 X 96\r\n' + ''.join(
    f'a=rtpmap:{n} VP8/90000\r\n' for n in range(800)) + 'a=rtcp-fb:* nack\r\n' * 800


def post(url, sdp):
    """POST an offer as a WHEP player; return the status and the text of the refusal."""
    request = Request(url, sdp.encode(), {'Content-Type': 'application/sdp'})
    with pytest.raises(HTTPError) as error:
        urlopen(request, timeout=PATIENCE)
    return error.value.code, error.value.read().decode()


def test_refusals_are_in_the_diagnostics():
    robot = Robot(relay=False, guard=None)
    try:
        assert robot.diagnostics('refused') == {'count': '0'}
        for _ in range(3):
            status, text = post(f'{robot.own_url}/whep/testbot', QUADRATIC)
            assert (status, 'session description refused' in text) == (422, True)
        status, text = post(f'{robot.own_url}/whep/testbot/%1B%5B2J', 'v=0\r\n')
        assert (status, r'\x1b[2J' in text) == (400, True)
        values = robot.diagnostics('refused', lambda values, message: values['count'] == '4')
        assert values == {'count': '4', 'sdp': '3', 'sdp.newest_source': '127.0.0.1',
                          'texts': '1', 'texts.newest_source': '127.0.0.1'}
        lines = [line for line in robot.bridge.lines if 'refused (' in line]
        assert len(lines) == 2 and all('\x1b[2J' not in line for line in lines)
    finally:
        robot.close()
