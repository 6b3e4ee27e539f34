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
