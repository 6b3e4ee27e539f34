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

"""Pages that prove invites, against a robot that asks for them: an aiortc client."""

from aiortc import RTCSessionDescription
from aiortc.sdp import SessionDescription

from rtc_bridge.core import base64url
from rtc_bridge.core.access.invite import Invite, invite_text, split_invite
from rtc_bridge.core.access.policy import AccessPolicy
from rtc_bridge.core.access.proof import page_mac, robot_mac, Transcript
from rtc_bridge.core.protocol.signaling_messages import Offer
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from rtc_bridge.peer.remote_description import only_sha256
from rtc_bridge.peer.shared_fingerprint import shared_fingerprint
from rtc_bridge.system.files.key_store import KeyStore
from support.viewer import make_sessions, TestCamera, Viewer

NOW = 4_000_000_000


def fingerprint_of(sdp):
    return shared_fingerprint(SessionDescription.parse(sdp))


class Page(Viewer):
    """A viewer that can prove an invite as our page does."""

    async def connect(self, link, source='10.0.0.1', change=lambda sdp: sdp):
        self.sdp = only_sha256(await self.offer())
        self.answer = await link.answer(Offer(self.id, change(self.sdp), 'v1', source=source))
        await self.pc.setRemoteDescription(RTCSessionDescription(self.answer, 'answer'))

    async def challenge(self):
        await self.until(lambda: self.got('control', 'challenge'))
        return self.got('control', 'challenge')[0]

    def prove(self, challenge, invite, robot=None, nonce=b'p' * 32, mac=page_mac):
        payload, key = split_invite(invite)
        shared = Transcript('robot', base64url.decode(challenge['nonce']), nonce,
                            fingerprint_of(self.sdp), robot or fingerprint_of(self.answer),
                            payload)
        self.send('control', type='prove', nonce=base64url.encode(nonce), payload=payload,
                  mac=base64url.encode(mac(key, shared)))
        return base64url.encode(robot_mac(key, shared))

    async def bye(self):
        await self.until(lambda: self.got('control', 'bye'))
        return self.got('control', 'bye')[0].get('code')


class InviteRobot:
    """A robot that asks for an invite, with the pages that have come to it by a relay."""

    def __init__(self, folder):
        self.wall = float(NOW)
        self.store = KeyStore(folder)
        self.camera = TestCamera('front', 60)
        self.sessions = make_sessions(self.camera, access=AccessPolicy(
            'robot', store=self.store, wall=lambda: self.wall))
        self.link = LocalRobotLink(self.sessions, 'relay')
        self.pages = []

    def invite(self, role='drive', exp=NOW + 1000, secret=None, name='Ada'):
        return invite_text(secret or self.store.secret,
                           Invite('robot', 'the one', role, name, NOW - 1, exp))

    async def page(self, **options):
        page = Page()
        self.pages.append(page)
        await page.connect(self.link, **options)
        return page

    async def stranger(self, source='10.0.0.9'):
        """Return a page that is connected and has proved nothing."""
        page = await self.page(source=source)
        await page.challenge()
        return page

    async def driver(self):
        """Return a page that has proved an invite to drive."""
        page = await self.page(source='10.0.0.1')
        page.prove(await page.challenge(), self.invite())
        await page.until(lambda: page.got('control', 'hello'))
        return page

    async def close(self):
        """End all pages and sessions."""
        for page in self.pages:
            await page.close()
        await self.sessions.close('test ends')
        assert not self.camera.camera.watched
