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

"""What becomes of a camera's images: whether they can be shown, and why not."""

from dataclasses import dataclass
import logging
import math

from .arrival_losses import ArrivalLosses
from .picture_reason import (
    cannot_be_shown, encoded_late, losing_pictures, no_keyframes, nothing_arrives, PictureReason,
    publisher_silent, several_publishers, SILENT_AFTER_S,
)
from .reason_log import ReasonLog
from ..clock import boot_time, Clock
from ..errors import ImageError

logger = logging.getLogger(__name__)
# Seconds without a picture before the graph is believed that none can come: publishers are found
# one by one, above all when the bridge has just started.
_SETTLE_S = 1.5


@dataclass(frozen=True)
class SourceFacts:
    """
    What is known of the topic that a camera's images come by.

    :ivar topic: its resolved name, '' if there is none yet
    :ivar nodes: full names of the nodes that publish it
    :ivar same_host: whether they run on the bridge's host, ``None`` if that is not known
    :ivar keyframe_listeners: nodes that hear requests for keyframes, ``None`` if not known
    """

    topic: str = ''
    nodes: tuple[str, ...] = ()
    same_host: bool | None = None
    keyframe_listeners: int | None = None


class PictureMonitor:
    """
    Knows the newest picture of a camera and the newest failure, and chooses the reason to tell.

    Any thread may call all methods.

    :ivar source: of the topic; replaced as a whole by the thread that looks at it
    :ivar newest: when the image of the newest picture had arrived, in seconds, ``None`` if no
        image has become a picture since the camera is watched
    :ivar smaller: the reason that pictures are smaller than they could be
    :ivar flat: the reason that all of them looks the same
    :param name: the camera's
    """

    def __init__(self, name: str, clock: Clock = boot_time) -> None:
        self.name = name
        # Of the camera's parameters, for remedies.
        self.prefix = f'cameras.{name.replace("/", ".")}.'
        self.source = SourceFacts()
        self.losses = ArrivalLosses()
        self.smaller: PictureReason | None = None
        self.flat: PictureReason | None = None
        self.newest: float | None = None
        self._clock = clock
        self._made_at = -math.inf
        self._failure: tuple[float, PictureReason] | None = None
        self._log = ReasonLog(self._write, clock)

    def _write(self, text: str, warn: bool) -> None:
        logger.log(logging.WARNING if warn else logging.INFO, 'camera %s: %s', self.name, text)

    def begin(self) -> None:
        """Forget what was shown: the camera's first viewer has come."""
        self.newest = None
        self.flat = None
        self.losses.restart()

    def on_picture(self, arrival: float) -> None:
        """Note that an image was encoded; its arrival is in seconds of the boot-time clock."""
        self._made_at = self._clock()
        if self.newest is None or arrival > self.newest:
            self.newest = arrival

    def on_error(self, error: str | ImageError | PictureReason) -> None:
        """Note an image that cannot be shown; each kind of error is logged once."""
        if isinstance(error, str):
            error = ImageError(error, 'failed')
        reason = error if isinstance(error, PictureReason) else cannot_be_shown(
            self.source.topic or self.name, error, self.prefix)
        self._failure = self._clock(), reason
        self._log.note(reason)

    @property
    def fails(self) -> bool:
        """Tell whether the newest image could not be shown."""
        return self._failure is not None and self._failure[0] > self._made_at

    def reason(self, state: tuple[str, float], silence: float, usual: float,
               heard_for: float | None, *, topic_reason: PictureReason | None = None,
               is_video: bool = False, max_fps: float = math.inf) -> PictureReason | None:
        """
        Return why a camera shows nothing, or less than it should; ``None`` if all is well.

        An error beside good pictures is none.

        :param state: the camera's, and for how many seconds it has no picture
        :param silence: seconds without any message
        :param usual: seconds of silence that are usual for this camera
        :param heard_for: seconds since the first message, ``None`` if none has come since the
            camera is watched
        :param topic_reason: why no image can come, as far as the graph tells
        :param is_video: what comes are the access units of a video
        :param max_fps: images a second that are shown at most
        """
        source = self.source
        if self.losses.takes_turns(self._clock()):
            return several_publishers(source.topic or self.name, source.nodes)
        if state[0] in ('live', 'still'):
            lost = self.losses.worth_telling(max_fps)
            return self.smaller or self.flat if lost is None else losing_pictures(
                source.topic, lost.lost, lost.sent, lost.image_bytes, source.same_host)
        if topic_reason is not None and state[1] >= _SETTLE_S:
            return topic_reason
        heard = heard_for is not None
        if self.fails and heard and self._failure is not None:
            return self._failure[1]
        if heard_for is not None and silence < SILENT_AFTER_S <= min(heard_for, state[1]):
            return self._never_made(state[1], is_video)
        if not source.topic or silence < max(SILENT_AFTER_S, usual):
            return None
        if heard:
            return publisher_silent(source.topic, source.nodes)
        return nothing_arrives(source.topic, source.nodes, source.same_host)

    def _never_made(self, seconds: float, is_video: bool) -> PictureReason:
        """Return why something comes, and nothing is made of it, without any failure."""
        source = self.source
        topic = source.topic or self.name
        return no_keyframes(topic, seconds, f'{topic}/request_keyframe',
                            source.keyframe_listeners, 'Video') if is_video else encoded_late(
                                topic, seconds, self.prefix)

    def log(self, reason: PictureReason | None) -> None:
        """Log a reason that is new, and each one that is over; each second or so."""
        if reason is not None:
            self._log.note(reason)
        self._log.end_old()
