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

"""What the ROS graph has to show: other nodes, cameras whose pictures come, who drives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .result import Check
from ..driving.driver_notices import name_all, Notice

_RANGES = ('SUBNET', 'LOCALHOST', 'OFF', 'SYSTEM_DEFAULT')
# Bytes of an image above which Fast DDS's own shared memory is too small.
_LARGE_IMAGE = 500_000


def discovery_check(rmw: str, environment: Mapping[str, str]) -> Check:
    """
    Judge what the environment says of how nodes find each other.

    :param rmw: the middleware in use
    """
    domain = environment.get('ROS_DOMAIN_ID') or '0'
    reach = environment.get('ROS_AUTOMATIC_DISCOVERY_RANGE', '').upper() or 'SUBNET'
    peers = environment.get('ROS_STATIC_PEERS', '')
    text = f'{rmw}, domain {domain}, discovery {reach}' + (f', peers {peers}' if peers else '')
    name = 'ROS'
    if not domain.isdigit() or int(domain) > 232:
        return Check(name, 'fail', f'ROS_DOMAIN_ID is {domain!r}, allowed is 0 to 232',
                     'Set it alike for all programs of the robot')
    if reach not in _RANGES:
        return Check(name, 'fail', f'ROS_AUTOMATIC_DISCOVERY_RANGE is {reach!r}, allowed is '
                     f'one of {", ".join(_RANGES)}', 'Set it alike for all programs of the robot')
    if reach == 'OFF' and not peers:
        return Check(name, 'fail', f'{text}: no other node can be found',
                     'ROS_AUTOMATIC_DISCOVERY_RANGE=SUBNET or LOCALHOST, or ROS_STATIC_PEERS')
    if environment.get('ROS_LOCALHOST_ONLY', '0') not in ('', '0'):
        return Check(name, 'warn', f'{text}; ROS_LOCALHOST_ONLY is set, so nodes of other '
                     'computers are not found', 'Unset it if cameras run on another computer')
    return Check(name, 'ok', text)


def profile_check(profile: str, exists: bool) -> Check | None:
    """
    Judge the profile of Fast DDS; ``None`` if there is nothing to say.

    :param profile: FASTRTPS_DEFAULT_PROFILES_FILE or its newer name, '' if not set
    """
    if not profile:
        return None
    if not exists:
        return Check('DDS profile', 'fail', f'{profile} cannot be read, so Fast DDS ignores it',
                     'Correct FASTRTPS_DEFAULT_PROFILES_FILE, or unset it')
    return Check('DDS profile', 'ok', profile)


def nodes_check(nodes: Sequence[str]) -> Check:
    """Judge which other nodes are seen."""
    if not nodes:
        return Check('nodes', 'warn', 'no other node is seen',
                     'Start the camera; compare ROS_DOMAIN_ID, ROS_AUTOMATIC_DISCOVERY_RANGE and '
                     'RMW_IMPLEMENTATION of both; in containers: --network host --ipc host')
    return Check('nodes', 'ok', f'{len(nodes)} seen: {name_all(tuple(sorted(nodes)))}',
                 values={'nodes': sorted(nodes)})


@dataclass(frozen=True)
class CameraTrial:
    """
    What a few seconds of listening to an image topic have shown.

    :ivar topic: full name, of what was subscribed to
    :ivar publishers: full names of the nodes that publish it
    :ivar qos: reliability and durability of the publishers, in words
    :ivar pictures: that came
    :ivar seconds: from the first to the last
    :ivar waited: seconds of listening
    :ivar what: size and encoding of the newest, '' if none came
    :ivar size: bytes of the newest
    :ivar fault: why nothing came, or the newest cannot be shown, and what to do; '' if it can
    """

    topic: str
    publishers: tuple[str, ...]
    qos: str = ''
    pictures: int = 0
    seconds: float = 0.0
    waited: float = 0.0
    what: str = ''
    size: int = 0
    fault: str = ''


def camera_check(trial: CameraTrial, profile: bool) -> Check:
    """
    Judge a camera.

    :param profile: a profile of Fast DDS is in use
    """
    name = f'camera {trial.topic}'
    values = {'publishers': list(trial.publishers), 'qos': trial.qos, 'pictures': trial.pictures}
    if not trial.publishers:
        return Check(name, 'fail', 'nothing publishes it',
                     'ros2 topic list; correct cameras.names or cameras.NAME.topic', values)
    by = name_all(trial.publishers)
    if trial.fault:
        return Check(name, 'fail', trial.fault, values=values)
    if not trial.pictures:
        return Check(name, 'fail', f'{by} publishes it ({trial.qos}), but nothing arrived in '
                     f'{trial.waited:.0f} s', 'Does the camera send (ros2 topic hz)? Is it slower '
                     'than that (--seconds 60)? Does it run in a container without the shared '
                     'memory of this computer (--ipc host, or FASTDDS_BUILTIN_TRANSPORTS=UDPv4), '
                     'or behind a firewall?', values)
    rate = f', {(trial.pictures - 1) / trial.seconds:.1f} Hz' if trial.pictures > 2 and (
        trial.seconds > 0) else ''
    text = f'{trial.what}{rate}, {trial.qos}, from {by}'
    if trial.size > _LARGE_IMAGE and not profile:
        return Check(name, 'warn', f'{text}; images of {trial.size / 1e6:.1f} MB get lost on '
                     'their way without a profile for shared memory',
                     'FASTRTPS_DEFAULT_PROFILES_FILE=.../config/fastdds_shm.xml for camera and '
                     'bridge; docs/cameras.md', values)
    return Check(name, 'ok', text, values=values)


def no_camera_check(others: Sequence[str]) -> Check:
    """
    Say that there is no image topic.

    :param others: topics of images that are not shown
    """
    more = f'; not shown: {", ".join(sorted(others)[:8])}' if others else ''
    return Check('cameras', 'warn', f'no image topic is published{more}',
                 'Start the camera; ros2 topic list -t has to show sensor_msgs/msg/Image or '
                 'CompressedImage')


def command_checks(enabled: bool, with_guard: bool, guards: Sequence[str], bridges: Sequence[str],
                   notices: Sequence[Notice], topic: str, subscribers: Sequence[str]
                   ) -> list[Check]:
    """
    Judge the way of commands to the motors.

    :param enabled: ``teleop.enabled``
    :param with_guard: ``teleop.guard``
    :param guards: full names of the guards' nodes
    :param bridges: full names of the bridges' nodes
    :param notices: what is wrong with publishers and subscribers
    :param topic: where velocities go
    :param subscribers: each with its type
    """
    if not enabled:
        return [Check('driving', 'skipped', 'teleop.enabled is false')]
    checks = []
    if len(guards) > 1:
        checks.append(Check('guard', 'fail', f'{len(guards)} guards run: {name_all(tuple(guards))}'
                            ': nothing can be driven until only one is left',
                            'End the others; one may be left over from an earlier launch'))
    elif guards:
        checks.append(Check('guard', 'ok', guards[0]))
    elif with_guard and bridges:
        checks.append(Check('guard', 'fail', 'a bridge runs without cmd_vel_guard: nothing can be '
                            'driven', 'robot.launch.py starts it; or teleop.guard false'))
    else:
        checks.append(Check('guard', 'skipped', 'neither bridge nor guard runs' if with_guard else
                            'teleop.guard is false'))
    if len(bridges) > 1:
        checks.append(Check('bridge', 'warn', f'{len(bridges)} bridges run: '
                            f'{name_all(tuple(bridges))}; the guard takes one at a time',
                            'End the others, or give each robot a namespace'))
    elif bridges:
        checks.append(Check('bridge', 'ok', bridges[0]))
    for notice in notices:
        checks.append(Check(topic.lstrip('/'), 'fail' if notice.level == 'error' or (
            'will not move' in notice.text) else 'warn', notice.text))
    if not notices:
        checks.append(Check(topic.lstrip('/'), 'ok', f'{topic} is heard by '
                            + ', '.join(subscribers)))
    return checks
