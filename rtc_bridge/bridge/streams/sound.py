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

"""The robot's sound: where it comes from, and who is to hear it."""

import asyncio

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node

from ...core.audio.sound_formats import read_format, SoundFormat
from ...core.errors import ParameterError
from ...core.protocol.strict_json import shorten
from ...core.settings.viewer_media_settings import AudioSettings
from ...media.sound.sound_device import SoundDevice
from ...media.sound.sound_devices import DEVICE_KINDS
from ...media.sound.sound_stream import SoundStream
from ...ros.diagnostics import make_status
from ...ros.executor_thread import ExecutorThread
from ...ros.sound.sound_topic import SoundTopic

# Seconds between two looks at who listens and who publishes.
_PERIOD_S = 0.2


class Sound:
    """
    Opens the source of the robot's sound while somebody listens. Belongs to the event loop.

    :ivar stream: encodes it; ``None`` without a source
    :raises ParameterError: the source or its format is not allowed
    """

    def __init__(self, node: Node, settings: AudioSettings) -> None:
        self.stream: SoundStream | None = None
        self._source: SoundTopic | SoundDevice | None = None
        if not settings.source:
            return
        self.stream = SoundStream(settings.channels, settings.bitrate, settings.source)
        kind, colon, device = settings.source.partition(':')
        if colon:
            if kind not in DEVICE_KINDS or not device:
                raise ParameterError(
                    f'parameter audio.source has {shorten(settings.source)}, allowed are names of '
                    f'topics, and devices as {", ".join(f"{k}:default" for k in DEVICE_KINDS)}')
            self._source = SoundDevice(kind, device, self.stream)
            return
        try:
            topic = str(node.resolve_topic_name(settings.source))
        except (ValueError, RuntimeError) as error:
            raise ParameterError(
                f'parameter audio.source has {shorten(settings.source)}, which is not a topic '
                f'name: {str(error).splitlines()[0]}') from None
        self._source = SoundTopic(node, topic, self.stream, _form(settings.format))

    async def run(self, ros: ExecutorThread) -> None:
        """Open and close the source, for ever; without one return at once."""
        stream, source = self.stream, self._source
        if stream is None or source is None:
            return
        while True:
            if isinstance(source, SoundTopic):
                ros.call('sound topic', source.update, stream.wanted)
            else:
                source.update(stream.wanted)
            await asyncio.sleep(_PERIOD_S)

    def status(self) -> DiagnosticStatus | None:
        """Return the state for diagnostics; ``None`` without a source."""
        stream = self.stream
        if stream is None:
            return None
        reason, stats = stream.source_reason or stream.reason, stream.stats
        text = reason or ('live' if stream.wanted else 'nobody listens')
        level = DiagnosticStatus.WARN if reason else DiagnosticStatus.OK
        return make_status('sound', level, text, {
            'source': stream.source, 'listeners': stream.listeners, 'blocks': stats.blocks,
            'packets': stats.packets, 'dropped': stats.dropped, 'errors': stats.errors,
            'last_error': stats.last_error,
            'format': '' if stats.form is None else _format_text(stats.form)})


def _form(text: str) -> SoundFormat | None:
    """
    Return what the parameter ``audio.format`` says, ``None`` if it is empty.

    :raises ParameterError: it is not a format
    """
    if not text:
        return None
    try:
        return read_format(text)
    except ValueError as error:
        raise ParameterError(f'parameter audio.format has {shorten(text)}, allowed are mp3 and '
                             f'samples as "S16LE 16000 1": {error}') from None


def _format_text(form: SoundFormat) -> str:
    if form.sample == 'mp3':
        return 'mp3'
    return f'{form.sample} {form.rate} Hz, {form.channels} channels'
