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

import json

import pytest
from rtc_bridge.core.checks.graph_rules import (
    camera_check, CameraTrial, command_checks, discovery_check, no_camera_check, nodes_check,
    profile_check,
)
from rtc_bridge.core.checks.host_rules import (
    clock_check, nice_check, port_check, real_time_check, shared_memory_check, SharedMemory,
)
from rtc_bridge.core.checks.result import Check, exit_status, report_json, report_text
from rtc_bridge.core.checks.server_rules import (
    Certificate, certificate_check, ice_check, relay_check,
)
from rtc_bridge.core.driving.driver_notices import Notice

GB, DAY = 1 << 30, 86400.0
SOON = Certificate('c.pem', '', 0, 100 * DAY, ('relay.example.org', '*.lan'))

# What was found, the state, and words of the text or the remedy.
CASES = [
    (clock_check(True, True, -5), 'ok', 'synchronized'),
    (clock_check(False, True, 0), 'warn', 'refuses links.*chrony'),
    (clock_check(False, False, 0), 'warn', 'early or late'),
    (clock_check(True, True, 3 * DAY), 'fail', '3 days behind.*timedatectl'),
    (shared_memory_check(SharedMemory(GB, GB, True)), 'ok', '1024 MB'),
    (shared_memory_check(SharedMemory(0, 0, False)), 'fail', 'missing'),
    (shared_memory_check(SharedMemory(GB, GB, False)), 'fail', 'may not write.*ipc host'),
    (shared_memory_check(SharedMemory(GB, GB, True, 2)), 'warn', '2 files.*one user'),
    (shared_memory_check(SharedMemory(64 << 20, 60 << 20, True)), 'warn', '64 MB.*shm-size'),
    (shared_memory_check(SharedMemory(GB, 1 << 20, True)), 'warn', '1 MB of them free'),
    (real_time_check(True), 'ok', ''), (real_time_check(False), 'warn', 'LimitRTPRIO=10'),
    (nice_check(True), 'ok', ''), (nice_check(False), 'warn', 'LimitNICE=-10'),
    (port_check('h:1', '', False, 'server.port'), 'ok', 'free'),
    (port_check('h:1', 'in use', True, 'server.port'), 'ok', 'rtc_bridge'),
    (port_check('h:1', 'in use', False, 'server.port'), 'fail', 'in use.*server.port.*ss -ltnp'),
    (ice_check('stun:h:1', ''), 'ok', 'answers'),
    (ice_check('turn:h:1', 'no answer'), 'fail', 'no answer.*firewall'),
    (ice_check('turn:h:1', 'STUN transaction failed (401)'), 'fail', '401.*secret_file.*clocks'),
    (ice_check('turns:h:1', 'certificate verify failed'), 'fail', 'valid'),
    (ice_check('stun:h:1', 'Name or service not known'), 'fail', 'name in ice.servers'),
    (relay_check('https://h/r', ''), 'ok', 'h takes'),
    (relay_check('https://h/r', 'taken', 'robot-exists'), 'ok', 'name is taken'),
    (relay_check('https://h/r', 'no token', 'denied'), 'fail', 'no token.*relay_token_file'),
    (relay_check('https://h/r', 'Connection refused'), 'fail', 'Does the relay run'),
    (relay_check('https://h/r', 'certificate has expired'), 'fail', 'expired.*clock'),
    (relay_check('https://h/r', 'Name or service not known'), 'fail', 'DNS'),
    (relay_check('https://h/r', 'Network is unreachable'), 'fail', 'in a network'),
    (relay_check('https://h/r', 'HTTP 404'), 'fail', 'URL of a relay'),
    (certificate_check(SOON, '', 0), 'ok', '100 days left'),
    (certificate_check(SOON, 'RELAY.example.org', 0), 'ok', ''),
    (certificate_check(SOON, 'a.lan', 0), 'ok', ''),
    (certificate_check(SOON, 'a.b.lan', 0), 'fail', 'for relay.example.org.*lead to a.b.lan'),
    (certificate_check(SOON, '', 90 * DAY), 'warn', '10 days left.*certbot'),
    (certificate_check(SOON, '', 102 * DAY), 'fail', 'expired 2 days ago'),
    (certificate_check(SOON, '', -DAY), 'fail', 'not valid yet.*clock'),
    (certificate_check(Certificate('c', 'c cannot be read: no'), '', 0), 'fail', 'cannot be read'),
    (certificate_check(SOON, 'x', 200 * DAY, renewed=True), 'ok', 'renews'),
    (discovery_check('rmw', {}), 'ok', 'rmw, domain 0, discovery SUBNET'),
    (discovery_check('rmw', {'ROS_DOMAIN_ID': '300'}), 'fail', "'300'.*0 to 232"),
    (discovery_check('rmw', {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LAN'}), 'fail', "'LAN'.*SUBNET"),
    (discovery_check('rmw', {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'off'}), 'fail', 'no other node'),
    (discovery_check('rmw', {'ROS_LOCALHOST_ONLY': '1'}), 'warn', 'other computers'),
    (profile_check('/x.xml', False), 'fail', '/x.xml cannot be read'),
    (nodes_check([]), 'warn', 'ROS_DOMAIN_ID'), (nodes_check(['/b', '/a']), 'ok', '/a and /b'),
    (no_camera_check(['/a/theora']), 'warn', '/a/theora'),
    (camera_check(CameraTrial('/f', ()), False), 'fail', 'nothing publishes'),
    (camera_check(CameraTrial('/f', ('/c',), 'best effort', waited=5), False), 'fail',
     '/c publishes it (best effort).*nothing arrived in 5 s.*ipc host'),
    (camera_check(CameraTrial('/f', ('/c',), fault='encoding RGBX'), False), 'fail', 'RGBX'),
    (camera_check(CameraTrial('/f', ('/c',), 'reliable', 5, 2.0, 2.1, '640x480 rgb8', 900),
                  False), 'ok', '640x480 rgb8, 2.0 Hz, reliable, from /c'),
    (camera_check(CameraTrial('/f', ('/c',), 'reliable', 5, 2.0, 2.1, '1280x720 rgb8', 2_764_800),
                  False), 'warn', '2.8 MB.*fastdds_shm.xml'),
]


@pytest.mark.parametrize('check, state, words', CASES, ids=[
    f'{number} {check.name}' for number, (check, _, _) in enumerate(CASES)])
def test_a_finding_is_judged_with_its_remedy(check, state, words):
    text = f'{check.text} {check.remedy}'
    assert check.state == state
    position = 0
    for word in words.split('.*'):
        position = text.find(word, position)
        assert position >= 0, (word, text)
    if state == 'fail' and not words == 'RGBX':
        assert check.remedy


def commands(enabled=True, with_guard=True, guards=(), bridges=(), notices=(), subscribers=()):
    checks = command_checks(enabled, with_guard, guards, bridges, notices, '/cmd_vel', subscribers)
    return {check.name: (check.state, check.text) for check in checks}


def test_the_way_of_commands():
    assert commands(enabled=False) == {'driving': ('skipped', 'teleop.enabled is false')}
    good = commands(guards=['/g'], bridges=['/b'], subscribers=['/base (Twist)'])
    assert {state for state, _ in good.values()} == {'ok'}
    assert '/base (Twist)' in good['cmd_vel'][1]
    assert commands()['guard'][0] == commands(with_guard=False)['guard'][0] == 'skipped'
    assert commands(bridges=['/b'])['guard'][0] == 'fail'
    state, text = commands(guards=['/g', '/h'])['guard']
    assert state == 'fail' and '/g and /h' in text
    assert commands(bridges=['/a', '/b'])['bridge'][0] == 'warn'
    lost = Notice('no-subscriber', 'warn', 'The robot will not move: nobody subscribes')
    mixed = Notice('other-publisher', 'warn', '/joy publishes on /cmd_vel, too')
    assert commands(notices=[lost])['cmd_vel'] == ('fail', lost.text)
    assert commands(notices=[mixed])['cmd_vel'] == ('warn', mixed.text)


def test_the_report():
    checks = [Check('clock', 'ok', 'fine'), Check('a long name', 'fail', 'bad\nline', 'do this'),
              Check('x', 'skipped', 'no ROS'), Check('y', 'warn', 'hm', values={'n': 1})]
    lines = report_text(checks).splitlines()
    assert lines[0].split() == ['ok', 'clock', 'fine'] and lines[2].strip() == '-> do this'
    assert len(lines) == 7 and lines[-1] == '1 ok, 1 to look at, 1 failed, 1 skipped'
    # The texts of all lines begin in one column.
    assert lines[0].index('fine') == lines[1].index('bad')
    report = json.loads(report_json(checks, '1.0'))
    assert report['failed'] is True and report['checks'][3]['values'] == {'n': 1}
    assert exit_status(checks) == 1 and exit_status([checks[0], *checks[2:]]) == 0
