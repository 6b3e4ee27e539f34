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
Why a camera shows nothing, or something worse than expected.

The sentences are made here, on the robot, so that the page, the log and ``/diagnostics`` say the
same: first the fact with the topic, then what to do. ``docs/protocol.md`` lists the codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import ImageError
from ..limits.log_limits import escape

Value = str | int | float
# Seconds without any image, while the topic has a publisher, after which that is said: a camera
# that is just being subscribed to needs about one.
SILENT_AFTER_S = 5.0
# Characters of what a message or a publisher says of itself, in one reason and in one value of it:
# an encoding or a format may be any text of any length.
_MAX_TEXT, _MAX_VALUE = 500, 100
# Names of nodes, and of types, in one reason.
_MAX_NODES, _MAX_TYPES = 3, 2

# What to do about an image that cannot be shown, by the code of its ``ImageError``. {prefix} is
# that of the camera's parameters.
_REMEDIES = {
    'unknown-encoding': 'Publish an encoding of docs/cameras.md, such as rgb8, bgr8 or mono8, or '
                        'say by {prefix}encoding what the pixels are.',
    'bad-step': "Correct the publisher's width, height and step: step is the number of bytes from "
                'one row to the next.',
    'short-data': "Correct the publisher's width, height, step or encoding, or look why its data "
                  'is cut short.',
    'no-content': 'Look at the node that publishes it: an image needs a width and a height.',
    'wrong-encoding': 'Correct {prefix}encoding, or leave it empty.',
    'broken-picture': 'Look at the node that publishes it, and at the way of its messages.',
    'no-parameter-sets': 'Let its encoder send them with each keyframe (x264: repeat-headers=1; '
                         'GStreamer: h264parse config-interval=-1), or start it again while the '
                         'picture is watched.',
    'not-decodable': 'Publish JPEG, PNG or H.264 instead.',
    'too-large': 'Set {prefix}max_width, or publish smaller images.',
    'failed': 'Look at the log of the bridge.',
}
_LATER = 'The picture appears here as soon as that is so.'


@dataclass(frozen=True)
class PictureReason:
    """
    Why a camera shows nothing, or less than it should.

    :ivar code: for programs, words with dashes
    :ivar text: one to three sentences for people: the fact with the topic, and what to do
    :ivar values: what the sentences are about, by name
    """

    code: str
    text: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def members(self) -> dict[str, object]:
        """Return the reason as an object of the message ``slot``."""
        return {'code': self.code, 'text': self.text, 'values': dict(self.values)}


def cannot_be_shown(topic: str, error: ImageError, prefix: str = 'cameras.NAME.') -> PictureReason:
    """
    Return the reason that images come and cannot be shown.

    :param prefix: of the camera's parameters
    """
    remedy = _REMEDIES.get(error.code, '').format(prefix=prefix)
    fact = f'Images of {topic} cannot be shown: {escape(str(error), _MAX_TEXT).rstrip(".")}.'
    values = {name: escape(value, _MAX_VALUE) if isinstance(value, str) else value
              for name, value in error.values.items()}
    return PictureReason(error.code, f'{fact} {remedy}'.rstrip(), {'topic': topic, **values})


def no_publisher(topic: str, similar: Sequence[str] = (),
                 prefix: str = 'cameras.NAME.') -> PictureReason:
    """
    Return the reason that nothing publishes a camera's topic.

    :param similar: image topics that are published and may be meant, the most similar first
    :param prefix: of the camera's parameters
    """
    meant = (f'Published are {" and ".join(similar)}: if one of them is meant, name it in '
             f'{prefix}topic. Else start' if similar else 'Start')
    return PictureReason(
        'no-publisher', f'Nothing publishes {topic}. {meant} the node of the camera, or '
        f'correct its name, its namespace or ROS_DOMAIN_ID. {_LATER}',
        {'topic': topic, **({'similar': ' '.join(similar)} if similar else {})})


def wrong_type(topic: str, found: Sequence[str], wanted: Sequence[str],
               prefix: str = 'cameras.NAME.') -> PictureReason:
    """
    Return the reason that a topic holds something else than what is looked for.

    :param found: the types that are published
    :param wanted: the types that would be shown
    :param prefix: of the camera's parameters
    """
    return PictureReason(
        'wrong-type', f'{topic} is published as {" and ".join(found)}, which is not shown here. '
        f'Expected is {" or ".join(wanted[:_MAX_TYPES])}. Correct {prefix}topic and {prefix}type.',
        {'topic': topic, 'type': ' '.join(found), 'wanted': ' '.join(wanted)})


def package_missing(topic: str, message_type: str) -> PictureReason:
    """Return the reason that a topic's message package is not installed."""
    package = message_type.partition('/')[0]
    return PictureReason(
        'package-missing', f'{topic} has type {message_type}, but package {package} is not '
        f'installed where the bridge runs. Install ros-$ROS_DISTRO-{package.replace("_", "-")}, '
        'and start the bridge again.',
        {'topic': topic, 'type': message_type, 'package': package})


def qos_mismatch(topic: str, policy: str, offered: str, requested: str,
                 prefix: str = 'cameras.NAME.', nodes: Sequence[str] = ()) -> PictureReason:
    """
    Return the reason that publisher and subscription do not match.

    :param policy: ``reliability`` or ``durability``
    :param offered: by the publisher
    :param requested: by the bridge
    :param prefix: of the camera's parameters
    :param nodes: that publish it so
    """
    return PictureReason(
        'qos-mismatch', f'{topic} is published{_by(nodes)} with {policy} {offered}, and the '
        f'bridge asks for {requested}, so no image can arrive. Set {prefix}qos to auto, or change '
        'the publisher.',
        {'topic': topic, 'policy': policy, 'offered': offered, 'requested': requested,
         **_nodes(nodes)})


def qos_refused(topic: str, policy: str, prefix: str = 'cameras.NAME.',
                nodes: Sequence[str] = ()) -> PictureReason:
    """
    Return the reason that the middleware refused a publisher for its QoS, which is not known.

    :param policy: as ROS names it, in lower case
    :param prefix: of the camera's parameters
    :param nodes: that publish the topic
    """
    return PictureReason(
        'qos-mismatch', f'{topic} is published{_by(nodes)} with a {policy} that does not match '
        f'what the bridge asks for, so no image can arrive. Set {prefix}qos to auto, or change '
        'the publisher.', {'topic': topic, 'policy': policy, **_nodes(nodes)})


def nothing_arrives(topic: str, nodes: Sequence[str], same_host: bool | None) -> PictureReason:
    """
    Return the reason that a published topic has never brought an image.

    :param nodes: that publish it
    :param same_host: whether they run on the bridge's host, ``None`` if that is not known
    """
    memory = ('shared memory is not shared: start both containers with --ipc host, or set '
              'FASTDDS_BUILTIN_TRANSPORTS=UDPv4 for both')
    network = ('a firewall or a network without multicast is between the hosts: open UDP ports '
               '7400 to 7999, and prefer a small compressed topic')
    ways = (f'If it does, {memory}.' if same_host else f'If it does, {network}.'
            if same_host is not None else
            f'If it does: on one host in containers {memory}; from another host {network}.')
    return PictureReason(
        'nothing-arrives', f'{topic} is published{_by(nodes)}, but nothing arrives here. Look on '
        f'its host whether it sends at all: ros2 topic hz {topic}. {ways}',
        {'topic': topic, **_nodes(nodes),
         **({} if same_host is None else {'same_host': int(same_host)})})


def publisher_silent(topic: str, nodes: Sequence[str]) -> PictureReason:
    """Return the reason that a topic's publisher is there and sends no more."""
    return PictureReason(
        'publisher-silent', f'{topic} is published{_by(nodes)}, but no image has come of late. '
        'Look at the log of that node and at the cable of the '
        'camera.', {'topic': topic, **_nodes(nodes)})


def losing_pictures(topic: str, lost: int, sent: int, image_bytes: int,
                    same_host: bool | None) -> PictureReason:
    """
    Return the reason that a camera's images get lost on their way to the bridge.

    :param lost: images that did not arrive
    :param sent: images that were sent in the same time
    :param image_bytes: size of one message
    :param same_host: whether the publisher runs on the bridge's host, ``None`` if not known
    """
    remedy = ('Publish it compressed (image_transport), or smaller.' if same_host is False
              else 'Load config/fastdds_shm.xml in the process of the camera and in the bridge '
                   '(docs/cameras.md, Large images), or publish it compressed.')
    return PictureReason(
        'losing-pictures', f'{lost} of {sent} images of {topic} are lost on their way to the '
        f'bridge ({image_bytes / 1e6:.1f} MB each). {remedy}',
        {'topic': topic, 'lost': lost, 'sent': sent, 'image_bytes': image_bytes})


def several_publishers(topic: str, nodes: Sequence[str]) -> PictureReason:
    """
    Return the reason that a picture jumps between those of several publishers.

    :param nodes: that publish it
    """
    again = ' more than once' if len(nodes) < 2 else ''
    return PictureReason(
        'several-publishers', f'Images of several publishers come on {topic}, which is published'
        f'{_by(nodes)}{again}, so the picture jumps between them. End one of them, or let each '
        'publish on a topic of its own.', {'topic': topic, **_nodes(nodes)})


def no_keyframes(topic: str, seconds: float, request_topic: str,
                 listeners: int | None = None, title: str = 'H.264') -> PictureReason:
    """
    Return the reason that a camera's video cannot be joined.

    :param seconds: without a keyframe
    :param request_topic: on which the bridge asks for one
    :param listeners: subscribers of that topic, ``None`` if not known
    :param title: of the codec
    """
    heard = '' if listeners is None else (
        'nobody listens there' if not listeners else 'its subscribers did not answer')
    return PictureReason(
        'no-keyframes', f'{title} of {topic} comes, but has brought no keyframe for {seconds:.0f} '
        f's, and without one nothing can be shown. The bridge asks on {request_topic}'
        f'{f"; {heard}" if heard else ""}. Let the encoder send one each second (GOP size).',
        {'topic': topic, 'seconds': round(seconds), 'request_topic': request_topic,
         **({} if listeners is None else {'listeners': listeners})})


def has_b_frames(topic: str) -> PictureReason:
    """Return the reason that a camera's H.264 is not passed on as it is."""
    return PictureReason(
        'b-frames', f'H.264 of {topic} has B frames, which WebRTC viewers cannot show, so it is '
        'decoded and encoded anew, later and with more load. Let its encoder make none.',
        {'topic': topic})


def encoded_late(topic: str, seconds: float, prefix: str = 'cameras.NAME.') -> PictureReason:
    """
    Return the reason that images come and no picture is made of them.

    :param seconds: for so long
    :param prefix: of the camera's parameters
    """
    return PictureReason(
        'encoded-late', f'Images of {topic} come, but none has been encoded for {seconds:.0f} s: '
        'the computer of the bridge is too busy, or they are too large. Publish smaller ones, or '
        f'set {prefix}max_width and {prefix}max_fps.', {'topic': topic, 'seconds': round(seconds)})


def made_smaller(topic: str, size: tuple[int, int], shown: tuple[int, int],
                 prefix: str = 'cameras.NAME.') -> PictureReason:
    """
    Return the reason that images are shown smaller than they come, as they take too long.

    :param size: width and height that would be shown, in pixels
    :param shown: width and height that are
    :param prefix: of the camera's parameters
    """
    return PictureReason(
        'too-large', f'{topic} is shown at {shown[0]}x{shown[1]} instead of {size[0]}x{size[1]}: '
        f'larger pictures are not encoded or sent in time. Set {prefix}max_width to {shown[0]}, '
        f'or raise {prefix}max_bitrate if host and network carry more.',
        {'topic': topic, 'width': size[0], 'height': size[1], 'shown_width': shown[0],
         'shown_height': shown[1]})


def flat_picture(topic: str, found: tuple[float, float], shown: tuple[float, float], unit: str,
                 prefix: str = 'cameras.NAME.') -> PictureReason:
    """
    Return the reason that all of a picture looks the same.

    :param found: the least and the largest number of the image, without those that mean nothing
    :param shown: between these, numbers look different
    :param unit: of the numbers, '' for none
    :param prefix: of the camera's parameters
    """
    low, high, first, last = map(_number, (*found, *shown))
    of_unit = f' {unit}' if unit else ''
    return PictureReason(
        'flat-picture', f'Images of {topic} have numbers from {low} to {high}{of_unit} only, and '
        f'only those from {first} to {last}{of_unit} look different. Set {prefix}range to auto, '
        f'or to two numbers{", or correct depth_min and depth_max" if unit else ""}.',
        {'topic': topic, 'low': found[0], 'high': found[1], 'shown_low': shown[0],
         'shown_high': shown[1]})


def nothing_measured(topic: str) -> PictureReason:
    """Return the reason that a depth image is black: it has no measurement."""
    return PictureReason(
        'nothing-measured', f'Depth images of {topic} come, but nothing is measured in them: all '
        'their numbers are 0 or NaN, which is shown black. Look whether the depth sensor and its '
        'projector work, and whether something covers it or is too near.', {'topic': topic})


def viewer_decodes_nothing(camera: str, codecs: Sequence[str]) -> PictureReason:
    """
    Return the reason that a viewer shows nothing of what it is sent.

    :param codecs: all that were tried, of those that viewer and robot have in common
    """
    return PictureReason(
        'viewer-decodes-nothing', f'The pictures of {camera} arrive at this browser, and it shows '
        f'none of them ({" and ".join(codec.upper() for codec in codecs)} tried). Use another '
        'browser, or set video.codecs to one that it decodes.', {'codecs': ' '.join(codecs)})


def _number(number: float) -> str:
    """Return a number for people: 0.3, 9.8 or 10000."""
    return f'{number:.4g}' if abs(number) < 9999.5 else f'{number:.0f}'


def _by(nodes: Sequence[str]) -> str:
    """Return `` by /a and /b`` for nodes, nothing if none is known."""
    names = list(nodes[:_MAX_NODES])
    if len(nodes) > _MAX_NODES:
        names.append(f'{len(nodes) - _MAX_NODES} more')
    return f' by {" and ".join(names)}' if names else ''


def _nodes(nodes: Sequence[str]) -> dict[str, Value]:
    return {'nodes': ' '.join(nodes[:_MAX_NODES])} if nodes else {}
