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
"""Scripts of a page that hears a robot, or sends bursts of a tone to it in real time."""

# Of sound, Hz.
RATE = 48_000
# Seconds of a burst that is heard, and of one that is spoken.
HEARD_S, SPOKEN_S = 0.06, 0.1
_COMMON = """
  const connect = async (url) => {
    await pc.setLocalDescription();
    while (pc.iceGatheringState !== 'complete') await new Promise((r) => setTimeout(r, 10));
    const { sdp, type } = pc.localDescription;
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ sdp, type }) });
    if (!answer.ok) throw new Error(await answer.text());
    await pc.setRemoteDescription(await answer.json());
  };
  // Date.now() has whole ms: its steps tell by how much performance.now() is behind it.
  const clockStep = () => {
    const before = Date.now();
    while (Date.now() === before) ;
    return Date.now() - performance.now();
  };"""
# Offers to receive sound; then `heard` has the times in ms at which bursts begin to be played.
LISTEN = """async (url) => {%s
  window.heard = [];
  window.bursts = [];
  window.pc = new RTCPeerConnection();
  const { receiver } = pc.addTransceiver('audio', { direction: 'recvonly' });
  await connect(url);
  const speaker = document.body.appendChild(new Audio());
  speaker.srcObject = new MediaStream([receiver.track]);
  await speaker.play();
  const step = clockStep();
  const reader = new MediaStreamTrackProcessor({ track: receiver.track }).readable.getReader();
  let loudAt = 0;
  (async () => {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const now = performance.now() + step;
      const samples = new Float32Array(value.numberOfFrames);
      value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      let begins = false;
      const first = samples.findIndex((sample) => Math.abs(sample) > 0.05);
      if (first >= 0) {
        const at = now + 1000 * first / value.sampleRate;
        if (at - loudAt > 300) {
          heard.push(at);
          bursts.push([...samples.subarray(first)]);
          begins = true;
        }
        loudAt = at;
      }
      const last = bursts.at(-1);
      if (last && last.length < %d && !begins) last.push(...samples);
      value.close();
    }
  })();
}""" % (_COMMON, int(RATE * HEARD_S))
# Offers to send sound, and speaks; then `spoken` has the times in ms of the bursts' first samples.
SPEAK = """async (url) => {%s
  window.spoken = [];
  window.pc = new RTCPeerConnection();
  const voice = new MediaStreamTrackGenerator({ kind: 'audio' });
  pc.addTransceiver(voice, { direction: 'sendrecv' });
  await connect(url);
  const step = clockStep();
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
}""" % (_COMMON, round(100 * SPOKEN_S) - 1)
