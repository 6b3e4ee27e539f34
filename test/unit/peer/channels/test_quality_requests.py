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

"""The quality that a page asks for: for its viewer only, within a budget."""

import pytest
from rtc_bridge.core.video.quality_choice import AUTOMATIC, QualityChoice
from support.viewer import make_sessions, NoisyCamera, TestCamera, until

pytestmark = [pytest.mark.asyncio, pytest.mark.usefixtures('steady_path')]


async def test_the_newest_choice_is_used_when_there_is_budget(greet):
    sessions = make_sessions(TestCamera('front', 60))
    viewer = await greet(sessions)
    session = sessions.sessions[viewer.id]
    now = [0.0]
    session.budgets.__init__(clock=lambda: now[0])
    while session.budgets.qualities.allow():
        pass
    viewer.send('control', type='quality', mode='best')
    viewer.send('control', type='quality', mode='save', max_kbit_per_s=300)
    await viewer.ping()
    assert session.path.quality is AUTOMATIC
    now[0] = 60.0
    await until(lambda: session.path.quality != AUTOMATIC)
    assert session.path.quality == QualityChoice(300_000)
    viewer.send('control', type='quality', mode='best')
    await until(lambda: session.path.quality == QualityChoice(full_size=True))
    viewer.send('control', type='quality', mode='auto')
    await until(lambda: session.path.quality == AUTOMATIC)
    assert not viewer.got('control', 'error')
    viewer.send('control', type='quality', mode='save')
    await viewer.until(lambda: viewer.got('control', 'error'))
    assert [m['code'] for m in viewer.got('control', 'error')] == ['bad-message']


async def test_one_viewer_saves_data_and_the_other_does_not_notice(watch):
    camera = NoisyCamera('front')
    sessions = make_sessions(camera)
    other, other_slot, other_rate = await watch(sessions)
    saver, saver_slot, saver_rate = await watch(sessions)
    await until(lambda: other_slot.stream == saver_slot.stream == 'h264' and min(
        other_rate.bitrate, saver_rate.bitrate) > 0.95 * NoisyCamera.MAX_BITRATE)
    saver.send('control', type='quality', mode='save',
               max_kbit_per_s=0.3 * NoisyCamera.MAX_BITRATE / 1000)
    # On a busy host either path may have fallen by itself for a moment.
    await until(lambda: (saver_slot.stream, other_slot.stream) == ('h264/2', 'h264')
                and camera.camera.streams['h264/2'].bitrate <= 0.31 * NoisyCamera.MAX_BITRATE)
    saver.send('control', type='quality', mode='auto')
    await until(lambda: saver_slot.stream == 'h264')
