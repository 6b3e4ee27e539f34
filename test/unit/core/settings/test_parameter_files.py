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

"""Which parameters of a file reach a node, and what is said of those that do not."""

import pytest
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.settings.parameter_files import misplaced, read_sections, unused_sections

KNOWN = ['robot_id', 'teleop.max_linear_x', 'teleop.timeout', 'server.port', 'server.timeout']
PARAMETERS = {'ros__parameters': {'robot_id': 'r', 'teleop': {'max_linear_x': 0.2}}}


def texts(document, name='/r1/rtc_bridge', given=(), known=KNOWN, siblings=('cmd_vel_guard',),
          shares=False):
    """Return what is said of a file."""
    return unused_sections('f.yaml', read_sections(document), name, given, known, siblings, shares)


def test_sections_have_the_names_that_ros_reads():
    document = {'r1': {'rtc_bridge': PARAMETERS}, '/**': {'ros__parameters': None}}
    sections = read_sections(document)
    assert [(s.node, s.written, s.names) for s in sections] == [
        ('/r1/rtc_bridge', 'r1/rtc_bridge', ('robot_id', 'teleop.max_linear_x')),
        ('/**', '/**', ())]


@pytest.mark.parametrize('document, found', [
    (None, 'no names at all'), ([1], 'no names, but a value'), ({}, 'found: '),
    ({'rtc_bridge': {'teleop': {'timeout': 1}}}, 'found: rtc_bridge:'),
    ({'teleop': {'timeout': 1}}, 'found: teleop:')])
def test_a_file_without_parameters_says_what_is_missing(document, found):
    with pytest.raises(ParameterError, match=f'no ros__parameters: .*{found}'):
        read_sections(document)


@pytest.mark.parametrize('key', ['bridge', '/rtc_bridge', 'rtc_bridge', '/r2/rtc_bridge', 'robot'])
def test_parameters_below_another_name_are_told(key):
    text, = texts({key: PARAMETERS})
    assert text == (
        f'Parameters are not used: robot_id, teleop.max_linear_x in f.yaml stand below {key}:, '
        'and this node is /r1/rtc_bridge. Write /r1/rtc_bridge: or /**: there.')


@pytest.mark.parametrize('document', [
    {'/**': PARAMETERS}, {'/r1/rtc_bridge': PARAMETERS}, {'r1': {'rtc_bridge': PARAMETERS}},
    # Another robot's, the guard's, and those of nodes that happen to have the same parameters.
    {'/r1/rtc_bridge': PARAMETERS, '/r2/rtc_bridge': PARAMETERS},
    {'/r1/rtc_bridge': PARAMETERS, 'cmd_vel_guard': PARAMETERS},
    {'/**': PARAMETERS, 'lidar': {'ros__parameters': {'robot_id': 'x'}}},
    {'cmd_vel_guard': {'ros__parameters': {'teleop': {'frame_id': 'x'}}}}])
def test_what_reaches_the_node_or_is_not_its_own_is_in_order(document):
    assert texts(document) == []


def test_a_pattern_counts_by_what_came_of_it():
    document = {'/r1/*': PARAMETERS}
    assert texts(document, given=['robot_id', 'teleop.max_linear_x']) == []
    assert len(texts(document)) == 1


def test_a_misspelt_section_beside_the_right_one_is_told():
    assert len(texts({'/**': PARAMETERS, 'bridge': PARAMETERS})) == 1


def test_a_file_for_other_nodes_only_is_told():
    text, = texts({'lidar': {'ros__parameters': {'frame': 'x'}}})
    assert text.endswith('it has lidar:, and the node is /r1/rtc_bridge.')
    # The guard has four parameters, and they are not all that is in the bridge's section.
    guard = {'name': '/cmd_vel_guard', 'known': ['teleop.timeout'], 'siblings': ['rtc_bridge']}
    assert texts({'rtc_bridge': PARAMETERS}, **guard) == []
    text, = texts({'rtc_bridge': {'ros__parameters': {'teleop.timeout': 1.0}}}, **guard)
    assert 'not used: teleop.timeout in f.yaml' in text
    # What the guard takes over of the bridge has to reach it, by whatever section.
    both = {'/**': {'ros__parameters': {'use_sim_time': True}},
            'rtc_bridge': {'ros__parameters': {'teleop.timeout': 1.0}}}
    assert 'Write /cmd_vel_guard:' in texts(both, **guard, shares=True)[0]
    assert texts(both, **guard) == []
    assert texts(both, **guard, shares=True, given=['teleop.timeout']) == []
    both['/r2/rtc_bridge'] = both.pop('rtc_bridge')
    assert texts(both, **guard, shares=True) == []
    many = {'ros__parameters': {'teleop': {f'x{n}': n for n in range(9)}}}
    assert 'x3 and 5 more' in texts({'bridge': many})[0]


@pytest.mark.parametrize('name, meant', [
    ('max_linear_x', 'teleop.max_linear_x'), ('drive.max_linear_x', 'teleop.max_linear_x'),
    ('max_linear_xx', 'teleop.max_linear_x'), ('x.teleop.timeout', 'teleop.timeout'),
    ('port', 'server.port'), ('timeout', ''), ('rate', ''), ('x.rate', '')])
def test_a_parameter_at_another_depth_is_recognised(name, meant):
    assert misplaced(name, KNOWN) == meant
