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

"""Which offers and requests the robot lets in, by the way on which they come."""

import pytest
from rtc_bridge.core.access.policy import AccessPolicy
from rtc_bridge.core.errors import SignalingError
from rtc_bridge.core.protocol.signaling_messages import Offer, OfferRequest
from rtc_bridge.peer.local_robot_link import LocalRobotLink
from support.proving import Page
from support.viewer import make_sessions, TestCamera, Viewer

pytestmark = pytest.mark.asyncio


async def test_a_viewer_without_a_role_is_refused():
    sessions, viewer = make_sessions(TestCamera('front', 60)), Viewer()
    with pytest.raises(SignalingError) as error:
        await viewer.connect(LocalRobotLink(sessions, 'relay'))
    assert error.value.code == 'denied'
    await viewer.close()


@pytest.mark.parametrize('via, own, relayed, expected', [
    ('relay', 'drive', 'none', None), ('relay', 'none', 'view', 'view'),
    ('server', 'none', 'drive', None), ('server', 'drive', 'none', 'drive')])
async def test_apps_are_refused_unless_their_way_is_open(via, own, relayed, expected):
    sessions = make_sessions(TestCamera('front', 60), access=AccessPolicy('robot', own, relayed))
    link = LocalRobotLink(sessions, via)
    if expected is None:
        for ask in (link.admit, link.offer):
            with pytest.raises(SignalingError, match='without an invite') as error:
                await ask(OfferRequest('s', bearer='any'))
            assert error.value.code == 'denied'
    else:
        await link.admit(OfferRequest('s', bearer='any'))
        await link.offer(OfferRequest('s'))
        assert sessions.sessions['s'].role == expected
    await sessions.close('test ends')


async def test_a_token_is_needed_as_well():
    access = AccessPolicy('robot', 'view', 'none', kscale_token='a-long-token-12345')
    sessions = make_sessions(TestCamera('front', 60), access=access)
    link = LocalRobotLink(sessions, 'server')
    for token, named in ((None, 'needed first'), ('', 'Invalid'), ('wrong', 'Invalid'),
                         ('\ud800', 'Invalid')):
        with pytest.raises(SignalingError, match=named):
            await link.offer(OfferRequest('s', bearer=token))
    await link.admit(OfferRequest('s', bearer='a-long-token-12345'))
    await link.offer(OfferRequest('s', bearer='a-long-token-12345'))
    assert sessions.sessions['s'].role == 'view'
    # It opens nothing that is closed.
    with pytest.raises(SignalingError, match='without an invite'):
        await LocalRobotLink(sessions, 'relay').offer(
            OfferRequest('t', bearer='a-long-token-12345'))
    await sessions.close('test ends')


@pytest.mark.parametrize('name', ['rtcbot', 'whep'])
async def test_protocols_without_a_proof_are_refused(robot, name):
    page = Page()
    robot.pages.append(page)
    with pytest.raises(SignalingError) as error:
        await robot.link.answer(Offer('s', await page.offer(), name))
    assert error.value.code == 'denied'


async def test_a_second_offer_does_not_end_the_session(robot):
    page = await robot.page()
    with pytest.raises(SignalingError, match='had its offer'):
        await robot.link.answer(Offer(page.id, page.sdp, 'v1', source='10.0.0.2'))
    page.prove(await page.challenge(), robot.invite())
    await page.until(lambda: page.got('control', 'hello'))
    assert page.id in robot.sessions.sessions
