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

"""What is said of the transport that was chosen for a camera, and why others are not shown."""

from collections.abc import Sequence

from .image_transports import THEORA
from .picture_reason import PictureReason

# By what topics end with, or their type: what it is, and what to publish instead.
_HIDDEN = {
    '/zstd': 'the transport zstd of image_transport',
    '/theora': 'the transport theora of image_transport',
    THEORA: 'the transport theora of image_transport',
}


def describe_choice(shown: str, first: str, because: str, nodes: Sequence[str] = (),
                    prefix: str = 'cameras.NAME.') -> str:
    """
    Return as a sentence which topic is shown, for the log.

    :param first: the topic that would be shown otherwise
    :param because: as in ``TransportChoice.because``
    :param nodes: that publish the first one
    :param prefix: of the camera's parameters
    """
    by = f' of {" and ".join(nodes)}' if nodes else ''
    reason = {
        'silent': f'{first}{by} is published but sends nothing. It is shown again once it does',
        'elsewhere': f'raw images of {first}{by} come from another computer, and would need most '
                     f'of a network. Set {prefix}type to raw to show them all the same',
        'unreadable': f'images of {first}{by} come, but cannot be shown',
        'losing': f'many raw images of {first}{by} are lost on their way to the bridge. '
                  f'Set {prefix}type to raw to show them all the same',
    }.get(because)
    return f'{shown} is shown instead of {first}: {reason}' if reason else f'{shown} is shown'


def far_raw_advice(topic: str, nodes: Sequence[str] = ()) -> str:
    """
    Return what to do about raw images of another computer that have no compressed sibling.

    :param nodes: that publish them
    """
    by = f' of {" and ".join(nodes)}' if nodes else ''
    return (f'raw images of {topic}{by} come from another computer: they need most of a network, '
            'and may slow the camera down for everybody. Publish compressed ones besides '
            '(package compressed_image_transport): they are shown in their place')


def other_transport(topic: str, kind: str, published: Sequence[str],
                    prefix: str = 'cameras.NAME.') -> PictureReason:
    """
    Return the reason that a topic is published, but not in the type that is configured.

    :param kind: the value of the parameter ``type``
    :param published: topics with their types, which would be shown
    :param prefix: of the camera's parameters
    """
    return PictureReason(
        'wrong-type', f'{prefix}type is {kind}, and nothing publishes {topic} in this way. '
        f'Published is {" and ".join(published)}. Set {prefix}type to auto.',
        {'topic': topic, 'wanted': kind, 'type': ' '.join(published)})


def transport_not_shown(topic: str) -> PictureReason:
    """Return the reason that a topic of images is not shown: its transport."""
    what = next((text for ending, text in _HIDDEN.items() if topic.endswith(ending)),
                'a transport of image_transport')
    return PictureReason(
        'unsupported-transport', f'{topic} is published by {what}, which is not shown here. '
        'Publish the raw or the compressed topic besides (package compressed_image_transport), or '
        'convert it: ros2 run image_transport republish.', {'topic': topic})
