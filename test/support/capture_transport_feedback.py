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
Capture the transport-wide feedback of a real Chromium, for tests: PYTHONPATH=.:test, a path to it.

Pictures go to it over a path that loses 5 % and delays some packets. Written are what was sent
(milliseconds, bytes, by transport-wide sequence number from 0 on, and whether it was lost) and
each message (milliseconds at which it came, and its feedback control information in hexadecimal).
"""

import asyncio
import json
from pathlib import Path
import random
import shutil
import sys
import threading

import aioice.ice
from rtc_bridge.core.clock import boot_time
from rtc_bridge.core.protocol.signaling_messages import Offer
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from rtc_bridge.peer.slots.viewer_path import ViewerPath
from support.chromium import Chromium
from support.viewer import make_sessions, NoisyCamera

SECONDS = 4.0
LOSS, DELAYED, DELAY_S = 0.05, 0.02, 0.03
OFFER = """async () => {
  window.pc = new RTCPeerConnection();
  pc.addTransceiver('video', {direction: 'recvonly'});
  await pc.setLocalDescription();
  while (pc.iceGatheringState !== 'complete') await new Promise((done) => setTimeout(done, 20));
  return pc.localDescription.sdp;
}"""
ANSWER = '(sdp) => pc.setRemoteDescription({type: "answer", sdp})'


class Capture:
    """Notes what a robot sends and hears, and loses some of it."""

    def __init__(self):
        self.sent, self.messages, self.began = [], [], None
        self._random = random.Random(1)
        self._lose = False
        note, take, send = (ViewerPath.note_sent, ViewerPath.on_transport_feedback,
                            aioice.ice.Connection.send)

        def note_sent(path, size):
            now = boot_time()
            self.began = self.began or now
            self._lose = self._random.random() < LOSS
            self.sent.append([round(1000 * (now - self.began), 2), size, self._lose])
            return note(path, size)

        def on_transport_feedback(path, fci):
            self.messages.append([round(1000 * (boot_time() - self.began), 2), fci.hex()])
            take(path, fci)

        async def send_or_lose(transport, data):
            lose, self._lose = self._lose, False
            if lose:
                return
            if self._random.random() < DELAYED:
                asyncio.get_running_loop().call_later(
                    DELAY_S, lambda: asyncio.ensure_future(send(transport, data)))
            else:
                await send(transport, data)

        ViewerPath.note_sent, ViewerPath.on_transport_feedback = note_sent, on_transport_feedback
        aioice.ice.Connection.send = send_or_lose


def main(target):
    """Write the capture."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    capture = Capture()

    async def start():
        return make_sessions(NoisyCamera('front'))

    def run(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(60)

    chromium = Chromium(shutil.which('chromium') or shutil.which('google-chrome'))
    try:
        sessions = run(start())
        page = chromium.page()
        page.load('about:blank')
        offer = Offer('capture', page.evaluate(OFFER), 'whep', camera=None)
        answer = run(LocalRobotLink(sessions, 'server').answer(offer))
        page.evaluate(ANSWER, answer)
        run(asyncio.sleep(SECONDS))
        print(type(sessions.sessions['capture'].path.congestion).__name__,
              sessions.sessions['capture'].path.congestion.estimate)
        run(sessions.close('captured'))
    finally:
        chromium.close()
    # What is told of is what was sent before the last feedback.
    Path(target).write_text(json.dumps({
        'browser': 'Chromium', 'sent': capture.sent, 'messages': capture.messages}))
    print(len(capture.sent), 'packets', len(capture.messages), 'messages')


if __name__ == '__main__':
    main(sys.argv[1])
