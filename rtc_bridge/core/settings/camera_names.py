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
Which topics ``cameras.names`` makes cameras: names, patterns and exclusions.

A name is a topic, with or without the slash at its start, or the part of one before ``image_raw``:
``front`` for ``front/image_raw``. A pattern has ``*``, ``?`` or ``[``; an exclusion is a pattern
or a topic after ``!``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
import re

from .robot_settings import ALL_CAMERAS, camera_prefix
from ..errors import ParameterError
from ..limits.text_limits import MAX_LENGTHS
from ..protocol.strict_json import shorten

# Every image topic in the graph.
ANY = '*'
_PARAMETER = 'cameras.names'
_WILDCARDS = re.compile(r'[*?[]')
_EXCLUDED = '!'
# What a topic's name may have, and a pattern besides.
_TOPIC = re.compile(r'(~/)?/?[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*')
_PATTERN = re.compile(r'[]A-Za-z0-9_/~*?[!^-]+')
# The last part of what is a topic's name for sure, and not that of a camera.
_LAST_OF_TOPIC = re.compile(r'image|compressed|h264|ffmpeg|theora|zstd')
_DEFAULT_TOPIC = 'image_raw'


@dataclass(frozen=True)
class NamedCamera:
    """
    A camera that is named.

    :ivar name: as viewers see it, and as its parameters have it with dots for the slashes
    :ivar written: as in the parameter
    :ivar place: in the list
    """

    name: str
    written: str
    place: int

    @property
    def topics(self) -> tuple[str, ...]:
        """
        Return the topics that may be meant, the best first, to be resolved; empty if none can be.

        Dots may stand for slashes, as in the names of parameters. What has a slash may be a full
        name without the one at its start, as pages and logs write it.
        """
        topic = self.written.replace('.', '/')
        if not _TOPIC.fullmatch(topic):
            return ()
        absolute = ('/' + topic,) if '/' in topic and topic[0] not in '/~' else ()
        return topic, f'{topic}/{_DEFAULT_TOPIC}', *absolute

    @property
    def expected_topic(self) -> str:
        """Return the one of the topics to wait for while none of them is published."""
        topic, below, *_ = self.topics
        is_topic = topic[0] in '/~' or _LAST_OF_TOPIC.match(topic.rpartition('/')[2])
        return topic if is_topic else below


class CameraNames:
    """
    What ``cameras.names`` says, checked.

    :param names: the value of the parameter
    :param node: full name of the node, for names that begin with ``~``
    :ivar named: the cameras that are named, in the list's order
    :raises ParameterError: a name is empty, invalid, there twice or reserved
    """

    def __init__(self, names: Sequence[str], node: str = '/rtc_bridge') -> None:
        self._node = node
        self._namespace = node.rpartition('/')[0] + '/'
        named: list[NamedCamera] = []
        self._patterns: list[tuple[int, str]] = []
        self._exclusions: list[str] = []
        if not names:
            raise ParameterError(f'parameter {_PARAMETER} is [], allowed is at least one name, '
                                 f'or {ANY!r} for every image topic')
        for place, written in enumerate(names):
            if written in names[:place]:
                raise _refusal(written, 'twice; each stands there once')
            if written.startswith(_EXCLUDED):
                self._exclusions.append(self._read_pattern(written[1:], written))
            elif _WILDCARDS.search(written):
                self._patterns.append((place, self._read_pattern(written, written)))
            else:
                named.append(self._read_name(written, place))
        for camera in named:
            self._check(camera, named)
        if not named and not self._patterns:
            # Exclusions alone: of all.
            self._patterns.append((0, ANY))
        self.named = tuple(named)

    def _read_name(self, written: str, place: int) -> NamedCamera:
        if not written.strip('/'):
            raise _refusal(written, 'which is no name; allowed are names of topics or cameras, '
                           f'like front or /front/image_raw, and {ANY!r} for every image topic')
        if written != written.strip() or not written.isprintable() or (
                len(written) > MAX_LENGTHS['camera']):
            raise _refusal(written, 'allowed are printable names without blanks at the ends, of '
                           f'at most {MAX_LENGTHS["camera"]} characters')
        full = f'{self._node}{written[1:]}' if written.startswith('~/') else written
        return NamedCamera(full.strip('/'), written.rstrip('/'), place)

    def _read_pattern(self, pattern: str, written: str) -> str:
        if not _PATTERN.fullmatch(pattern) or pattern.startswith(_EXCLUDED):
            raise _refusal(written, 'allowed are topics in which *, ? and [...] stand for what '
                           "differs, like '/r1/*', and exclusions like '!*/debug/*'")
        return f'{self._node}{pattern[1:]}' if pattern.startswith('~/') else pattern

    def _check(self, camera: NamedCamera, named: Sequence[NamedCamera]) -> None:
        same = [other.written for other in named
                if camera_prefix(other.name) == camera_prefix(camera.name)]
        if len(same) > 1:
            raise _refusal(same[1], f'and {same[0]!r}, which are one; each stands there once')
        if camera.name == ALL_CAMERAS:
            raise _refusal(camera.written, f'which is reserved: cameras.{ALL_CAMERAS}.* are '
                           'parameters of all cameras. Give the camera another name, and its '
                           'topic by cameras.NAME.topic')
        if camera.name in {pattern.lstrip('/') for pattern in self._exclusions}:
            raise _refusal(camera.written, 'and excludes it; remove one of both')

    @property
    def discovers(self) -> bool:
        """Tell whether topics are looked for, by patterns."""
        return bool(self._patterns)

    def place(self, topic: str) -> int | None:
        """
        Return the place in the list of the first pattern that a topic matches.

        :param topic: full name
        :returns: ``None`` if there is none, or the topic is excluded
        """
        if self.excludes(topic):
            return None
        return next((place for place, pattern in self._patterns
                     if self._matches(topic, pattern)), None)

    def excludes(self, topic: str) -> bool:
        """Tell whether a topic is excluded, or has what the bridge itself publishes."""
        return topic.startswith(f'{self._node}/operator/') or any(
            self._matches(topic, pattern) for pattern in self._exclusions)

    def unmatched(self, topics: Iterable[str]) -> tuple[str, ...]:
        """Return the patterns that no topic matches; exclusions may match nothing."""
        topics = list(topics)
        return tuple(pattern for _, pattern in self._patterns
                     if not any(self._matches(topic, pattern) for topic in topics))

    def _matches(self, topic: str, pattern: str) -> bool:
        """Tell whether a full name matches: with its slash, without, or without the namespace."""
        if fnmatchcase(topic, pattern):
            return True
        if pattern.startswith('/'):
            return False
        return fnmatchcase(topic.removeprefix('/'), pattern) or (
            topic.startswith(self._namespace)
            and fnmatchcase(topic.removeprefix(self._namespace), pattern))


def _refusal(written: str, what: str) -> ParameterError:
    return ParameterError(f'parameter {_PARAMETER} has {shorten(written)}, {what}')
