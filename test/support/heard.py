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

"""What a page plays, as a real browser records it."""

import base64
import io

import av
import numpy as np
from support.tones import frequency_of

# Half a second of what is played, in base64; '' while nothing is. An AudioContext would not do:
# without a sound card Firefox starts none.
HEARD = """async () => {
  const speaker = document.querySelector('audio');
  if (!speaker.srcObject || speaker.paused) return '';
  const recorder = new MediaRecorder(speaker.srcObject);
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.start();
  await new Promise((resolve) => setTimeout(resolve, 500));
  recorder.stop();
  await stopped;
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}"""


def frequency_in(recording):
    """Return the strongest frequency of what a page has recorded, in Hz; 0 while it is silent."""
    data = base64.b64decode(recording)
    if not data:
        return 0
    with av.open(io.BytesIO(data)) as recorded:
        frames = list(recorded.decode(audio=0))
    samples = [frame.to_ndarray().reshape(-1, frame.layout.nb_channels)[:, 0]
               if frame.format.is_packed else frame.to_ndarray()[0] for frame in frames]
    return frequency_of(np.concatenate(samples), frames[0].sample_rate) if samples else 0
