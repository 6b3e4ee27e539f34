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

"""What is wrong with the list of cameras: names that nothing fits, topics that are left out."""

from collections.abc import Collection, Iterable, Mapping
import logging

from .image_transports import shown_topics, topics_not_shown
from .transport_reasons import transport_not_shown

logger = logging.getLogger(__name__)
# Seconds for which something may be missing before it is said: cameras start after the bridge.
REPORT_AFTER_S = 10.0
# Topics that a sentence names.
_MAX_TOPICS = 6


class CameraFindings:
    """
    Keeps what is wrong, and logs each sentence once for as long as it holds.

    Times are seconds of a clock that does not jump. All calls come from one thread.

    :ivar current: the sentences that hold now; replaced as a whole, so any thread may read it
    :ivar reported: what they are about
    """

    def __init__(self) -> None:
        self.current: tuple[str, ...] = ()
        self.reported: frozenset[str] = frozenset()
        # Since when each holds, by what it is about: its words may change.
        self._since: dict[str, float] = {}
        self._logged: set[str] = set()

    def say(self, key: str, sentence: str) -> None:
        """Log a sentence before the first look."""
        self._logged.add(key)
        logger.warning('%s', sentence)

    def update(self, findings: Mapping[str, str], at_once: Collection[str], now: float,
               logged_elsewhere: Collection[str] = ()) -> bool:
        """
        Take what was found by a look; return whether something else is to be reported.

        :param findings: sentences by what they are about
        :param at_once: those of them that are reported at once
        :param logged_elsewhere: those that this does not log
        """
        self._since = {key: self._since.get(key, now) for key in findings}
        reported = {key: sentence for key, sentence in findings.items()
                    if key in at_once or now - self._since[key] >= REPORT_AFTER_S}
        for key in reported.keys() - self._logged - set(logged_elsewhere):
            logger.warning('%s', reported[key])
        self._logged = set(reported)
        before, self.current = self.current, tuple(reported.values())
        self.reported = frozenset(reported)
        return self.current != before


def pattern_finding(pattern: str, published: Iterable[str]) -> str:
    """
    Return the sentence that no image topic matches a pattern.

    :param published: the image topics that there are
    """
    topics = sorted(published)
    named = ', '.join(topics[:_MAX_TOPICS]) + (
        f' and {len(topics) - _MAX_TOPICS} more' if len(topics) > _MAX_TOPICS else '')
    if not topics:
        return (f'cameras.names: nothing matches {pattern!r}, as no image topic is published. '
                'Start the node of a camera; in another ROS_DOMAIN_ID it is not seen')
    return (f'cameras.names: no image topic matches {pattern!r}. Published are {named}. Correct '
            'the pattern, or the namespace of the cameras')


def hidden_findings(published: Mapping[str, Collection[str]]) -> dict[str, str]:
    """
    Return sentences for image topics that belong to no camera, by topic.

    :param published: the types that are published, by topic
    """
    return {topic: transport_not_shown(topic).text for topic in topics_not_shown(published)}


def published_cameras(published: Mapping[str, Collection[str]]) -> set[str]:
    """Return the topics by which cameras may be named: image topics and their base names."""
    shown = shown_topics(published)
    return {*shown, *shown.values()}
