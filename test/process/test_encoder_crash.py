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

"""A driver that crashes or hangs while it is tried: the bridge runs all the same, and says so."""

import os

from support.patience import PATIENCE
from support.processes import free_port, node, Process

# Only the child process that tries encoders imports this module of Python's start.
DRIVERS = """
import sys
if 'rtc_bridge.media.encoder_probe' in sys.orig_argv:
    import os
    import rtc_bridge.media.encoder as encoder
    works = encoder.probe
    encoder.probe = lambda kind: (
        os.kill(os.getpid(), 11) if kind.name == 'h264_nvenc' else works(kind))
"""


def test_a_driver_that_crashes_costs_a_log_line(tmp_path):
    (tmp_path / 'sitecustomize.py').write_text(DRIVERS)
    path = os.pathsep.join([str(tmp_path), os.environ['PYTHONPATH']])
    with Process(node('bridge', **{
            'server.port': free_port(), 'access.directory': str(tmp_path / 'keys'),
            'teleop.guard': False}),
            env={'PYTHONPATH': path}) as bridge:
        line = bridge.wait_line('H.264 is encoded by', PATIENCE)
        assert 'h264_nvenc: its driver crashed (SIGSEGV)' in line.string
        # The others were tried in another child process.
        assert 'h264_v4l2m2m: ' in line.string or 'encoded by h264_' in line.string
        bridge.wait_line('link to drive', PATIENCE)
        assert bridge.stop() == 0


def test_an_encoder_that_is_not_there_is_named(tmp_path):
    options = {'server.port': 0, 'access.directory': str(tmp_path / 'keys')}
    with Process(node('bridge', **options, **{'video.h264_encoder': 'h264_rkmpp'})) as bridge:
        line = bridge.wait_line('H.264 is encoded by libx264, as h264_rkmpp: ', PATIENCE)
        assert 'WARN' in line.string
    with Process(node('bridge', **options, **{'video.h264_encoder': 'h264_fast'})) as bridge:
        assert bridge.wait(PATIENCE) == 2
    assert "'h264_fast'" in bridge.text and 'libx264' in bridge.text
