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

"""RTCBot's protocol, the robot's end: one offer, one answer, without session ids."""

import logging
import secrets

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from ..core.errors import ProtocolError, SignalingError
from ..core.failure_log import failures
from ..core.limits.log_limits import escape
from ..core.limits.text_limits import sdp_member
from ..core.protocol.robot_link import RobotLink
from ..core.protocol.signaling_messages import MAX_MESSAGE, MAX_WRITTEN, Offer, RTCBOT
from ..core.protocol.strict_json import dump_frame, load_object, member, shorten

_logger = logging.getLogger('rtc_bridge.signaling')


async def answer_offer(ws: ClientConnection, link: RobotLink, text: str | bytes) -> None:
    """
    Answer one frame, with an error if need be.

    :raises ConnectionClosed: the answer did not go out; nothing is left of the session
    """
    reply: dict[str, str]
    session = secrets.token_urlsafe(12)
    try:
        obj = load_object(text, MAX_MESSAGE)
        if member(obj, 'type', str) != 'offer':
            raise ProtocolError(f'type {shorten(obj["type"])} where an offer was due')
        sdp = await link.answer(Offer(session, sdp_member(obj), protocol=RTCBOT))
        reply = {'sdp': sdp, 'type': 'answer'}
    except ProtocolError as error:
        reply = {'error': 'bad-message', 'message': escape(str(error))}
    except SignalingError as error:
        reply = {'error': error.code, 'message': escape(str(error))}
    except Exception as error:
        failures.note('request of the relay', error)
        reply = {'error': 'internal', 'message': 'The robot failed to answer'}
    _logger.debug('session %s: the offer of an RTCBot relay gets %s', session[:8],
                  reply.get('error', 'an answer'))
    try:
        text = dump_frame(reply, MAX_WRITTEN)
    except ProtocolError as error:
        # The relay would close its WebSocket for it.
        await link.close_session(session)
        text = dump_frame({'error': 'too-long', 'message': f'The answer: {error}'}, MAX_WRITTEN)
    try:
        # Without an answer of some kind an RTCBot relay lets its viewer wait for ever.
        await ws.send(text)
    except ConnectionClosed:
        await link.close_session(session)
        raise
