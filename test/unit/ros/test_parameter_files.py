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

"""Files of parameters as they are read to explain them: no value of theirs may end a program."""

import pytest
from rtc_bridge.ros.parameter_files import explain_refused_files

ALIASES = ''.join(f'a{i}: &a{i} {{{", ".join(f"k{j}: *a{i - 1}" for j in range(9))}}}\n'
                  for i in range(1, 30))


@pytest.mark.parametrize('text, reason', [
    # PyYAML takes these for a date and for a number, and fails; they are texts.
    ('/**:\n  ros__parameters: {a: 2026-13-01, b: 0b_}\n', ''),
    ('/**:\n  ros__parameters: {true: 1, 7: ~}\n', ''),
    (f'a0: &a0 {{x: 1}}\n{ALIASES}', 'it is not YAML in line 2: ROS knows no aliases (*)'),
    ('a: &a\n  b: *a\n', 'it is not YAML in line 2: ROS knows no aliases (*)'),
    ('a: ' + 1000 * '[', 'it is nested too deep'),
    ('a: [', 'it is not YAML'), ('', 'no names at all'), ('7', 'no names, but a value')],
    ids=['values', 'keys', 'bomb', 'loop', 'deep', 'broken', 'empty', 'number'])
def test_what_is_wrong_with_a_file(tmp_path, text, reason):
    file = tmp_path / 'robot.yaml'
    file.write_text(text)
    explained = explain_refused_files(['--ros-args', '--params-file', str(file)])
    assert reason in explained and bool(explained) == bool(reason)
