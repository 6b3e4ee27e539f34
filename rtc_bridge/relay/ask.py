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

"""One way to ask any kind of robot, which always comes to an end."""

import asyncio
import logging

from ..core.errors import SignalingError
from ..core.link import Offer, RobotLink

_logger = logging.getLogger('rtc_bridge.relay')


async def ask(robot: RobotLink, offer: Offer, limit: float) -> str:
    """
    Return the robot's answer.

    Robots behind a WebSocket keep their own, shorter times; ``limit``, in seconds, is for one in
    this process that hangs. No failure leaves a session behind.

    :raises SignalingError: whatever went wrong
    """
    try:
        async with asyncio.timeout(limit):
            return await robot.answer(offer)
    except SignalingError:
        raise
    except TimeoutError:
        failure = SignalingError('robot-timeout', f'The robot did not answer in {limit:g} s')
    except Exception:
        _logger.exception('a robot failed to answer')
        failure = SignalingError('internal', 'The robot failed to answer')
    await robot.close_session(offer.session)
    raise failure
