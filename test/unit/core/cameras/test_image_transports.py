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

"""Topics of image_transport, and what is said of them."""

import pytest
from rtc_bridge.core.cameras.image_transports import (
    base_name, COMPRESSED, FFMPEG, RAW, shown_topics, similar_names, THEORA,
)
from rtc_bridge.core.cameras.transport_reasons import (
    describe_choice, far_raw_advice, other_transport, transport_not_shown,
)


def test_siblings_have_one_base():
    for suffix in ('', '/compressed', '/compressedDepth', '/h264', '/ffmpeg', '/theora', '/zstd'):
        assert base_name('/front/image_raw' + suffix) == '/front/image_raw'


def test_topics_are_shown_by_type_and_transport():
    assert shown_topics({
        '/a': (RAW,), '/a/compressed': (COMPRESSED,), '/b/ffmpeg': (FFMPEG,),
        '/c/theora': (THEORA,), '/d/zstd': (COMPRESSED,), '/e/compressed': (RAW, COMPRESSED),
    }) == {'/a': '/a', '/a/compressed': '/a', '/b/ffmpeg': '/b', '/e/compressed': '/e/compressed'}


@pytest.mark.parametrize('wanted, found', [
    ('/frnt/image_raw', ['/front/image_raw', '/rear/image_raw', '/camera/front/image_raw']),
    ('/Front/image_raw', ['/front/image_raw', '/camera/front/image_raw', '/rear/image_raw']),
    ('/camera/image_raw', ['/camera/front/image_raw', '/rear/image_raw', '/front/image_raw']),
    ('/image', []),
    ('/thermal', []),
])
def test_the_most_similar_names_are_proposed(wanted, found):
    topics = ['/front/image_raw', '/camera/front/image_raw', '/rear/image_raw', '/map', wanted]
    assert similar_names(wanted, topics) == found


def test_what_is_shown_is_said_with_its_reason():
    assert describe_choice('/a', '/a', '') == '/a is shown'
    for because, words in (('silent', '/cam is published but sends nothing'),
                           ('elsewhere', 'cameras.a.type to raw'), ('losing', 'are lost')):
        text = describe_choice('/a/compressed', '/a', because, ['/cam'], 'cameras.a.')
        assert text.startswith('/a/compressed is shown instead of /a: ') and words in text


def test_raw_images_of_another_computer_are_advised_against():
    text = far_raw_advice('/a', ['/cam'])
    assert '/a of /cam' in text and 'compressed_image_transport' in text


def test_reasons_name_topic_and_remedy():
    other = other_transport('/a', 'raw', ['/a/compressed (JPEG)'], 'cameras.a.')
    assert other.code == 'wrong-type' and 'cameras.a.type to auto' in other.text
    assert '/a/compressed (JPEG)' in other.text and other.values['topic'] == '/a'
    hidden = transport_not_shown('/a/theora')
    assert hidden.code == 'unsupported-transport' and 'republish' in hidden.text
