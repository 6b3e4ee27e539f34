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
"""A script of a page that sends bursts of a tone to a robot, in real time."""

# Seconds of a burst.
BURST_S = 0.1
# Offers to send sound, and speaks; then `spoken` has the times in ms of the bursts' first samples.
SPEAK = """async (url) => {
  window.spoken = [];
  window.pc = new RTCPeerConnection();
  const voice = new MediaStreamTrackGenerator({ kind: 'audio' });
  pc.addTransceiver(voice, { direction: 'sendrecv' });
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== 'complete') await new Promise((r) => setTimeout(r, 10));
  const { sdp, type } = pc.localDescription;
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ sdp, type }) });
  if (!answer.ok) throw new Error(await answer.text());
  await pc.setRemoteDescription(await answer.json());
  // Date.now() has whole ms: its steps tell by how much performance.now() is behind it.
  let step = Date.now();
  while (Date.now() === step) ;
  step = Date.now() - performance.now();
  const writer = voice.writable.getWriter();
  const began = performance.now();
  let number = 0;
  let next = 100;
  setInterval(() => {
    while (began + 10 * (number + 1) <= performance.now()) {
      const age = number - next;
      const data = new Int16Array(480);
      if (age >= 0) {
        for (let i = 0; i < 480; i++) {
          data[i] = 20000 * Math.sin(2 * Math.PI * 1000 * (number * 480 + i) / 48000);
        }
        if (age === 0) spoken.push(step + performance.now() - 10);
        if (age === %d) next = number + 60 + Math.floor(40 * Math.random());
      }
      writer.write(new AudioData({ format: 's16', sampleRate: 48000, numberOfFrames: 480,
        numberOfChannels: 1, timestamp: number * 10000, data }));
      number++;
    }
  }, 5);
}""" % (round(100 * BURST_S) - 1)
