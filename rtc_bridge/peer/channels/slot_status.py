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

"""What a page is told of its slots: which camera is shown, how it is, and when its frames were."""

from .channel import ChannelSession
from .control_sender import ControlSender
from ..slots.slot import Slot
from ...core.clock import boot_time
from ...core.limits.rate_limit import Throttle

# Messages ``stamps`` a second. The clocks of robot and viewer drift apart by microseconds in it.
STAMPS_HZ = 1.0


class SlotStatus:
    """Sends ``slot`` for each slot whose state has changed, and ``stamps``."""

    def __init__(self, session: ChannelSession, sender: ControlSender) -> None:
        self._session = session
        self._sender = sender
        # What the page knows of each slot, by number.
        self._sent: dict[int, tuple[object, ...]] = {}
        self._stamps = Throttle()

    def repeat(self, number: int) -> None:
        """Send the state of a slot anew: the page has selected a camera, and waits for it."""
        self._sent.pop(number, None)

    def send_changes(self) -> None:
        """Send what has changed since the last call."""
        for number, slot in enumerate(self._session.slots):
            self._send_slot(number, slot)
        if self._stamps.passes(boot_time(), STAMPS_HZ):
            self._send_stamps()

    def _send_slot(self, number: int, slot: Slot) -> None:
        camera = slot.camera
        name, state, since, silence = None, 'off', 0.0, 0.0
        # Changes when the page has to be told although the state is the same.
        revision: object = None
        if camera is not None:
            name = camera.name
            state, since = camera.state()
            silence = camera.slow
            if state == 'lost':
                # The page shows for how long: once a second.
                revision = round(since)
            elif state == 'still':
                revision = camera.monitor.newest
        failed = sorted(slot.failed_codecs)
        reason = slot.reason()
        first = slot.track.times.first
        status = (name, state, revision, round(silence), first, reason and reason.text, *failed)
        if self._sent.get(number) == status:
            return
        members: dict[str, object] = {'slot': number, 'camera': name, 'state': state,
                                      'since_s': round(since, 1), 'first_rtp': first}
        if silence:
            members['silence_s'] = round(silence, 1)
        if failed:
            members['failed_codecs'] = failed
        if reason is not None:
            members['reason'] = reason.members()
        if self._sender.send_with_nulls('slot', members):
            self._sent[number] = status

    def _send_stamps(self) -> None:
        """Tell which time the newest RTP timestamp of each live slot stands for."""
        for number, slot in enumerate(self._session.slots):
            stamp = slot.track.times.newest
            if stamp is not None and slot.camera is not None and slot.camera.state()[0] == 'live':
                self._sender.send('stamps', slot=number, rtp=stamp.rtp_timestamp,
                                  time=round(stamp.time, 6),
                                  by='camera' if stamp.by_camera else 'arrival')
