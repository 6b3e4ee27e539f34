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

"""What is wrong with the list of cameras, and when that is said."""

from rtc_bridge.core.cameras.camera_findings import (
    CameraFindings, hidden_findings, pattern_finding, published_cameras, REPORT_AFTER_S,
)
from rtc_bridge.core.cameras.image_transports import COMPRESSED, RAW, THEORA


def test_a_finding_is_said_once_after_a_while(caplog):
    findings = CameraFindings()
    assert not findings.update({'a': 'a is missing'}, (), 100.0)
    assert findings.current == () and not caplog.records
    assert findings.update({'a': 'a is missing'}, (), 100.0 + REPORT_AFTER_S)
    assert findings.current == ('a is missing',) and findings.reported == {'a'}
    # Its words may change; the log has it once.
    assert findings.update({'a': 'a is still missing'}, (), 101.0 + REPORT_AFTER_S)
    assert [record.getMessage() for record in caplog.records] == ['a is missing']
    assert findings.update({}, (), 102.0 + REPORT_AFTER_S) and findings.current == ()
    # What comes again needs patience again.
    assert not findings.update({'a': 'a is missing'}, (), 103.0 + REPORT_AFTER_S)


def test_some_need_no_patience_and_some_are_logged_elsewhere(caplog):
    findings = CameraFindings()
    findings.say('b', 'b is misspelt')
    assert findings.update({'b': 'b is misspelt', 'c': 'c is refused', 'd': 'd'}, 'bcd', 0.0, 'd')
    assert findings.current == ('b is misspelt', 'c is refused', 'd')
    assert [record.getMessage() for record in caplog.records] == [
        'b is misspelt', 'c is refused']


def test_a_pattern_is_told_with_the_topics_that_there_are():
    assert 'no image topic is published' in pattern_finding('*', [])
    text = pattern_finding('/r1/*', [f'/cam{number}' for number in range(9)])
    assert "matches '/r1/*'" in text and '/cam0, /cam1' in text and 'and 3 more' in text


def test_transports_that_are_not_shown_are_told_only_without_others():
    published = {'/a/image_raw': (RAW,), '/a/image_raw/theora': (THEORA,),
                 '/b/image_raw/theora': (THEORA,), '/c/image_raw/zstd': (COMPRESSED,),
                 '/d/image_raw/compressedDepth': (COMPRESSED,)}
    found = hidden_findings(published)
    assert set(found) == {'/b/image_raw/theora', '/c/image_raw/zstd'}
    assert 'transport theora' in found['/b/image_raw/theora']
    assert 'compressed_image_transport' in found['/c/image_raw/zstd']
    assert published_cameras(published) == {
        '/a/image_raw', '/d/image_raw', '/d/image_raw/compressedDepth'}
