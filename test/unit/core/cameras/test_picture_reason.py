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

"""Reasons: a code, values, and sentences that name the topic and what to do."""

import json
from pathlib import Path
import re

import pytest
from rtc_bridge.core.cameras import picture_reason as reasons
from rtc_bridge.core.errors import ImageError

TOPIC = '/rear/image_raw'
ALL = {
    'unknown-encoding': reasons.cannot_be_shown(
        TOPIC, ImageError("unknown encoding 'RGB8'", 'unknown-encoding', {'encoding': 'RGB8'}),
        'cameras.rear.'),
    'wrong-encoding': reasons.cannot_be_shown(
        TOPIC, ImageError('3 channels cannot be mono16', 'wrong-encoding'), 'cameras.rear.'),
    'short-data': reasons.cannot_be_shown(TOPIC, ImageError('5 bytes of data', 'short-data')),
    'no-content': reasons.cannot_be_shown(TOPIC, ImageError('image of 0x0', 'no-content')),
    'broken-picture': reasons.cannot_be_shown(TOPIC, ImageError('data has 5 bytes')),
    'no-parameter-sets': reasons.cannot_be_shown(
        TOPIC, ImageError('H.264 without parameter sets', 'no-parameter-sets')),
    'nothing-measured': reasons.nothing_measured(TOPIC),
    'several-publishers': reasons.several_publishers(TOPIC, ['/a', '/b']),
    'no-publisher': reasons.no_publisher(TOPIC),
    'wrong-type': reasons.wrong_type(TOPIC, ['std_msgs/msg/String'], ['sensor_msgs/msg/Image']),
    'package-missing': reasons.package_missing(TOPIC, 'foxglove_msgs/msg/CompressedVideo'),
    'qos-mismatch': reasons.qos_mismatch(TOPIC, 'reliability', 'best effort', 'reliable',
                                         'cameras.rear.'),
    'nothing-arrives': reasons.nothing_arrives(TOPIC, ['/rear/driver'], None),
    'publisher-silent': reasons.publisher_silent(TOPIC, ['/rear/driver']),
    'losing-pictures': reasons.losing_pictures(TOPIC, 11, 30, 6_220_800, True),
    'no-keyframes': reasons.no_keyframes(TOPIC, 5.0, TOPIC + '/request_keyframe', 0),
    'flat-picture': reasons.flat_picture(TOPIC, (500.0, 9000.0), (0.3, 10.0), 'm',
                                         'cameras.rear.'),
    'too-large': reasons.made_smaller(TOPIC, (7680, 4320), (1920, 1080), 'cameras.rear.'),
}
REMEDIES = {
    'unknown-encoding': 'cameras.rear.encoding', 'broken-picture': 'Look at the node',
    'wrong-encoding': 'Correct cameras.rear.encoding', 'short-data': 'width, height, step',
    'no-content': 'a width and a height', 'no-publisher': 'ROS_DOMAIN_ID',
    'wrong-type': 'Correct cameras.NAME.topic',
    'package-missing': 'ros-$ROS_DISTRO-foxglove-msgs', 'qos-mismatch': 'cameras.rear.qos',
    'nothing-arrives': '--ipc host', 'publisher-silent': 'log of that node',
    'losing-pictures': 'fastdds_shm.xml', 'no-keyframes': 'GOP',
    'no-parameter-sets': 'repeat-headers=1', 'nothing-measured': 'depth sensor',
    'several-publishers': 'by /a and /b',
    'flat-picture': 'Set cameras.rear.range to auto',
    'too-large': 'cameras.rear.max_width to 1920',
}


@pytest.mark.parametrize('code', ALL)
def test_a_reason_names_topic_and_remedy_and_can_be_sent(code):
    reason = ALL[code]
    assert reason.code == code and reason.values['topic'] == TOPIC
    assert TOPIC in reason.text and REMEDIES[code] in reason.text
    # Whole sentences of plain words.
    assert re.fullmatch(r'[A-Z/0-9].*[.]', reason.text) and '  ' not in reason.text
    assert json.loads(json.dumps(reason.members())) == {
        'code': code, 'text': reason.text, 'values': dict(reason.values)}


def test_a_policy_that_the_middleware_refused_is_named():
    reason = reasons.qos_refused(TOPIC, 'durability', 'cameras.rear.', ['/rear/driver'])
    assert reason.code == 'qos-mismatch' and reason.values['policy'] == 'durability'
    assert reason.text.startswith(
        f'{TOPIC} is published by /rear/driver with a durability that does not match')


def test_an_error_of_an_image_keeps_its_words_and_values():
    reason = ALL['unknown-encoding']
    assert "unknown encoding 'RGB8'" in reason.text
    assert reason.values == {'topic': TOPIC, 'encoding': 'RGB8'}


def test_what_a_message_says_of_itself_is_printable_and_short():
    name = 'rgb\n8\x1b[2J\u202e' + 100_000 * '-'
    reason = reasons.cannot_be_shown(TOPIC, ImageError(
        f'{name} is short', 'short-data', {'encoding': name, 'width': 3}))
    assert reason.text.isprintable() and len(reason.text) < 1000
    assert str(reason.values['encoding']).isprintable() and reason.values['width'] == 3
    assert len(json.dumps(reason.members())) < 2000


@pytest.mark.parametrize(('same_host', 'words', 'others'), [
    (True, '--ipc host', 'firewall'), (False, 'firewall', '--ipc'), (None, 'firewall', 'nowhere')])
def test_where_the_publisher_runs_decides_on_the_remedy(same_host, words, others):
    text = reasons.nothing_arrives(TOPIC, [], same_host).text
    assert words in text and others not in text


def test_all_codes_have_a_title_and_are_documented():
    root = Path(__file__).resolve().parents[4]
    codes = set(reasons._REMEDIES) | {
        code for path in (root / 'rtc_bridge' / 'core').rglob('*.py')
        for code in re.findall(r"PictureReason\(\s*'([a-z-]+)'", path.read_text())}
    assert len(codes) > 18
    page = (root / 'rtc_bridge' / 'web' / 'ui' / 'texts' / 'picture_texts.js').read_text()
    protocol = (root / 'docs' / 'protocol.md').read_text()
    help_page = (root / 'docs' / 'troubleshooting.md').read_text()
    for code in codes:
        assert re.search(rf"^  '?{code}'?: '", page, re.MULTILINE), code
        assert f'| `{code}` |' in protocol and f'`{code}`' in help_page, code


def test_many_nodes_are_counted():
    assert 'by /a and /b and /c and 2 more' in reasons.publisher_silent(
        TOPIC, ['/a', '/b', '/c', '/d', '/e']).text


def test_codecs_that_a_viewer_shows_nothing_of_are_named():
    reason = reasons.viewer_decodes_nothing('front', ['h264', 'vp8'])
    assert 'H264 and VP8' in reason.text and reason.values == {'codecs': 'h264 vp8'}


def test_an_image_that_is_too_large_can_be_shown_smaller():
    reason = reasons.cannot_be_shown(TOPIC, ImageError('20000x100', 'too-large'), 'cameras.rear.')
    assert 'Set cameras.rear.max_width' in reason.text
