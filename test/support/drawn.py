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

"""
The time drawn into pictures (sim/frame_stamp.py), read in a page as they are shown.

``WATCH`` begins to fill the list ``drawn``: when each picture was shown, by the wall clock, and
its delay, in ms.
"""

WATCH = """() => {
  const video = document.getElementById('video0');
  const canvas = new OffscreenCanvas(448, 32);
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  window.drawn = [];
  // Between this page's clock and the wall clock: both are seen where the latter steps.
  const before = Date.now();
  while (Date.now() === before);
  const offset = Date.now() - performance.now();
  const look = (_, frame) => {
    pen.drawImage(video, 0, 0);
    const { data } = pen.getImageData(0, 0, 448, 32);
    const bit = (row, column) => +(data[4 * (448 * (16 * row + 8) + 16 * column + 8)] > 128);
    let [number, sum] = [0, 0];
    for (const row of [0, 1]) {
      for (let column = 0; column < 24; column++) number = number * 2 + bit(row, column);
      for (let column = 24; column < 28; column++) sum = sum * 2 + bit(row, column);
    }
    let wanted = 0xa5;
    for (let rest = number; rest; rest = Math.floor(rest / 256)) wanted += rest % 256;
    if (wanted % 256 === sum) {
      const at = offset + Math.max(frame.expectedDisplayTime, frame.presentationTime);
      window.drawn.push({ at, delay: (at * 1000 % 2 ** 48 - number) / 1000 });
    }
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}"""

# Between two values of the coarsest clock, that of Firefox, twice: of the wall and of the page.
_CLOCK_STEPS_MS = 2


def check_delays(rows, drawn):
    """
    Check that rows of figures have the delays of the pictures that were drawn meanwhile.

    Each row has the median of a second, hence no host is too busy for this.

    :param rows: ``rtcBridge.statsHistory`` from the moment on from which pictures were collected
    :param drawn: the delays of these pictures, in ms
    """
    # Part of the first row's second was before that moment.
    for row in rows[1:]:
        wrong = row['clock_error_ms'] + _CLOCK_STEPS_MS
        assert min(drawn) - wrong <= row['delay_ms'] <= max(drawn) + wrong, (row, drawn)
