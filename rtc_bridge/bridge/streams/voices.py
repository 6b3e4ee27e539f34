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

"""Where the voices of viewers go on the robot."""

import logging

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node

from ...core.access.floor import Floor
from ...core.errors import ParameterError
from ...core.protocol.strict_json import shorten
from ...core.settings.viewer_media_settings import AudioSettings
from ...media.sound.echo_canceller import EchoCanceller
from ...media.sound.sound_devices import DEVICE_KINDS
from ...media.sound.sound_stream import SoundStream
from ...media.sound.voice import Voice
from ...media.sound.voice_player import VoicePlayer
from ...ros.diagnostics import make_status
from ...ros.sound.voice_publisher import VoicePublisher

_logger = logging.getLogger(__name__)


def voices_status(floor: Floor, voice: Voice, name: str | None) -> DiagnosticStatus | None:
    """
    Return the state for diagnostics; ``None`` where nobody may talk.

    :param name: of who is heard, if there is one
    """
    if not floor.enabled:
        return None
    level, text, reason = DiagnosticStatus.OK, 'nobody talks', voice.reason
    if floor.holder is not None:
        text = f'{name or "somebody"} talks'
        if reason:
            level, text = DiagnosticStatus.WARN, f'{text}, and nobody hears it: {reason}'
    return make_status('voices', level, text, {
        'blocks': voice.blocks, 'delay_ms': round(1000 * voice.delay), 'reason': reason})


def connect_voices(node: Node, settings: AudioSettings, floor: Floor, voice: Voice,
                   sound: SoundStream | None) -> None:
    """
    Let voices go to topics and to a device, as far as there are any; else nobody may talk.

    :param sound: the robot's own, which is fainter meanwhile where ``audio.echo_cancel`` says so
    :raises ParameterError: ``audio.talk_device`` is not a device
    """
    if not floor.enabled:
        return
    if settings.talk_device:
        kind, _, name = settings.talk_device.partition(':')
        if kind not in DEVICE_KINDS or not name:
            raise ParameterError(
                f'parameter audio.talk_device is {shorten(settings.talk_device)}, allowed are '
                f'devices as {", ".join(f"{known}:default" for known in DEVICE_KINDS)}')
        player = VoicePlayer(kind, name)
        voice.add_output(player.put, lambda: player.reason)
    try:
        publisher = VoicePublisher(node)
    except LookupError as error:
        _logger.debug('voices go to no topic: %s', error)
    else:
        hint = '' if settings.talk_device else ', and audio.talk_device is empty'
        voice.add_output(publisher.put, lambda: publisher.reason and publisher.reason + hint)
    if not voice.sinks:
        floor.disable()
    if sound is not None and settings.echo_cancel == 'duck':
        floor.on_change.append(lambda: sound.duck(floor.holder is not None))
    elif sound is not None and settings.echo_cancel == 'webrtc' and voice.sinks:
        sound.canceller = _make_canceller(settings.channels)
        voice.sinks.append(sound.canceller.play)


def _make_canceller(channels: int) -> EchoCanceller:
    try:
        return EchoCanceller(channels)
    except ImportError as error:
        raise ParameterError(
            'parameter audio.echo_cancel is webrtc, which takes a library that cannot be loaded '
            f'({error}): pip install pywebrtc-audio, or set it to duck or off') from None
