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

"""Which topics ``cameras.names`` makes cameras."""

import re

import pytest
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.settings.camera_names import CameraNames


def name_of(written, node='/rtc_bridge'):
    """Return the one camera that a list of one name has."""
    return CameraNames([written], node).named[0]


@pytest.mark.parametrize('written, name, topics, expected', [
    ('front', 'front', ('front', 'front/image_raw'), 'front/image_raw'),
    ('/front', 'front', ('/front', '/front/image_raw'), '/front'),
    ('/camera/color/image_raw', 'camera/color/image_raw',
     ('/camera/color/image_raw', '/camera/color/image_raw/image_raw'), '/camera/color/image_raw'),
    ('camera/color/image_raw', 'camera/color/image_raw',
     ('camera/color/image_raw', 'camera/color/image_raw/image_raw', '/camera/color/image_raw'),
     'camera/color/image_raw'),
    ('camera/color', 'camera/color', ('camera/color', 'camera/color/image_raw', '/camera/color'),
     'camera/color/image_raw'),
    ('camera.color.image_raw', 'camera.color.image_raw',
     ('camera/color/image_raw', 'camera/color/image_raw/image_raw', '/camera/color/image_raw'),
     'camera/color/image_raw'),
    ('/rear/image_raw/compressed', 'rear/image_raw/compressed',
     ('/rear/image_raw/compressed', '/rear/image_raw/compressed/image_raw'),
     '/rear/image_raw/compressed'),
    ('~/x', 'r1/bridge/x', ('~/x', '~/x/image_raw'), '~/x'),
    ('front/', 'front', ('front', 'front/image_raw'), 'front/image_raw'),
])
def test_a_name_may_be_a_topic_or_a_camera(written, name, topics, expected):
    camera = name_of(written, '/r1/bridge')
    assert (camera.name, camera.topics, camera.expected_topic) == (name, topics, expected)


def test_a_name_that_no_topic_can_have_needs_a_topic_of_its_own():
    for written in ('left-front', 'two words', '1st', 'a//b'):
        assert not name_of(written).topics


@pytest.mark.parametrize('names, words', [
    ([], "\\[\\], allowed is at least one name, or '\\*'"),
    ([''], "has '', which is no name"), (['/'], "has '/', which is no name"),
    ([' front'], 'without blanks'), (['fro\nnt'], 'printable'), (['x' * 257], 'at most 256'),
    (['front', 'front'], "has 'front', twice"), (['*', '*'], "has '\\*', twice"),
    (['front', '/front'], "has '/front', and 'front', which are one"),
    (['a/b', 'a.b'], "has 'a.b', and 'a/b', which are one"),
    (['!'], "has '!'"), (['!!x'], "has '!!x'"), (['r1/* x'], 'exclusions like'),
    (['front', '!front'], "has 'front', and excludes it"),
    (['/front', '!front'], "has '/front', and excludes it"),
    (['default'], "has 'default', which is reserved"),
    (['/default'], "has '/default', which is reserved"),
])
def test_what_cannot_be_meant_is_refused_with_the_value(names, words):
    with pytest.raises(ParameterError, match='^parameter cameras.names (is|has)') as refused:
        CameraNames(names)
    assert re.search(words, str(refused.value)), str(refused.value)


@pytest.mark.parametrize('names, found, left_out', [
    (['*'], ['/a', '/r1/debug/x'], []),
    (['/r1/*', '!*/debug/*'], ['/r1/front/image_raw', '/r1/a/b/c'],
     ['/r1/debug/x', '/r1/a/debug/x', '/r2/front/image_raw', '/debug/x']),
    (['r1/*', '!*/debug/*'], ['/r1/front/image_raw'], ['/r1/debug/x', '/r2/front/image_raw']),
    (['*', '!rear*'], ['/front/image_raw', '/a/rear/image_raw'], ['/rear/image_raw', '/rear']),
    (['*', '!/rear*'], ['/front/image_raw', '/a/rear/image_raw'], ['/rear/image_raw', '/rear']),
    (['!/rear/image_raw'], ['/front', '/rear/image_raw/x'], ['/rear/image_raw']),
    (['!rear/image_raw'], ['/front'], ['/rear/image_raw']),
    (['cam?/image_raw'], ['/cam1/image_raw', '/cam2/image_raw'], ['/cam10/image_raw', '/cam1']),
    (['/cam[12]/*'], ['/cam1/image_raw'], ['/cam3/image_raw']),
    (['/cam[!12]/*'], ['/cam3/image_raw'], ['/cam1/image_raw']),
    (['*/image_raw'], ['/front/image_raw', '/r1/a/image_raw'], ['/image_raw2']),
    (['*image_raw'], ['/image_raw'], ['/image_rect']),
    (['!*/debug/*', '*'], ['/a'], ['/debug/a', '/b/debug/a']),
    (['front', '!rear'], [], ['/front', '/rear', '/other']),
    (['/R1/*'], ['/R1/a'], ['/r1/a']),
])
def test_patterns_and_exclusions(names, found, left_out):
    given = CameraNames(names)
    assert [topic for topic in found if given.place(topic) is None] == []
    assert [topic for topic in left_out if given.place(topic) is not None] == []


def test_in_a_namespace_patterns_may_be_relative_to_it():
    names = CameraNames(['front*', '!*/debug', '~/x*'], '/r1/bridge')
    assert names.place('/r1/front/image_raw') == 0
    assert names.place('/front/image_raw') == 0
    assert names.place('/r1/front/debug') is None
    assert names.place('/r1/bridge/xy') == 2
    assert names.place('/r2/front/image_raw') is None


def test_the_place_is_that_of_the_first_match():
    names = CameraNames(['/rear/*', 'front', '*', '/arm/*'])
    assert [names.place(topic) for topic in ('/rear/a', '/arm/a', '/x')] == [0, 2, 2]
    assert [(camera.name, camera.place) for camera in names.named] == [('front', 1)]


def test_patterns_without_a_match_are_named():
    names = CameraNames(['/r1/*', '/r2/*', '*', 'front', '!/r9/*'])
    assert names.unmatched(['/r1/x']) == ('/r2/*',)
    assert names.unmatched([]) == ('/r1/*', '/r2/*', '*')
    assert CameraNames(['front']).unmatched([]) == ()


def test_exclusions_alone_are_of_all():
    names = CameraNames(['!x', '!y*'])
    assert names.discovers and names.place('/z') == 0 and names.place('/x') is None
    assert not CameraNames(['front', '!x']).discovers


def test_what_the_bridge_itself_publishes_is_no_camera():
    names = CameraNames(['*'], '/robot/rtc_bridge')
    assert names.excludes('/robot/rtc_bridge/operator/image_raw')
    assert not names.excludes('/robot/operator/image_raw')
