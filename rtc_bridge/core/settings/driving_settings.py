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

"""Parameters of driving, and of the process that has the last word on it."""

from dataclasses import dataclass

from .parameters import parameter
from ..driving.footprint import FOOTPRINT_FORMS, footprint_text


@dataclass(frozen=True)
class VelocityOutputSettings:
    """Publishing velocities: the part of ``teleop.*`` that bridge and cmd_vel_guard share."""

    message_type: str = parameter(
        'auto', 'message type on cmd_vel; auto: the type that the subscribers expect',
        choices=('twist', 'twist_stamped', 'auto'))
    frame_id: str = parameter('base_link', 'frame_id of TwistStamped')
    timeout: float = parameter(
        0.3, 'the robot stops if it receives no command for this long', unit='s', low=0.1,
        high=5.0)


@dataclass(frozen=True)
class TeleopSettings(VelocityOutputSettings):
    """Driving: ``teleop.*``."""

    enabled: bool = parameter(True, 'whether anybody can drive the robot')
    max_linear_x: float = parameter(
        0.5, 'largest speed forward and backward', unit='m/s', low=0.0, high=50.0)
    max_linear_y: float = parameter(
        0.0, 'largest speed sideways; 0: the robot is not holonomic', unit='m/s', low=0.0,
        high=50.0)
    max_linear_z: float = parameter(
        0.0, 'largest speed up and down; 0: the robot does not fly or dive', unit='m/s', low=0.0,
        high=50.0)
    max_angular_z: float = parameter(
        1.5, 'largest turning speed', unit='rad/s', low=0.0, high=50.0)
    max_linear_acceleration: float = parameter(
        2.5, 'largest acceleration; a stop is not limited', unit='m/s2', low=0.01, high=1000.0)
    max_angular_acceleration: float = parameter(
        8.0, 'largest turning acceleration; a stop is not limited', unit='rad/s2', low=0.01,
        high=1000.0)
    max_age: float = parameter(
        0.5, 'commands older than this are refused', unit='s', low=0.1, high=5.0)
    max_frame_age: float = parameter(
        1.0, 'commands are refused unless the driver sees a picture that reached the robot '
        'within this time; 0: driving without a picture is allowed', unit='s', low=0.0, high=60.0)
    slow_from: float = parameter(
        0.0, 'round-trip delay of commands from which on the speed limit falls', unit='s', low=0.0,
        high=5.0)
    slow_to: float = parameter(
        0.0, 'round-trip delay of commands at which the speed limit reaches 0; 0: it never falls',
        unit='s', low=0.0, high=5.0)
    idle_timeout: float = parameter(
        60.0, 'a driver who moves nothing for this long loses the lease; 0: never', unit='s',
        low=0.0, high=86400.0)
    joy: bool = parameter(False, "publish the driver's gamepad on joy")
    footprint: str = parameter(
        '', 'outline of the robot on the ground, around the centre about which it turns, for the '
        'path that pages draw; what is seen within it is no obstacle',
        read=footprint_text, forms=FOOTPRINT_FORMS)
    guard: bool = parameter(
        True, 'true: commands pass the cmd_vel_guard process; false: the bridge publishes '
        'cmd_vel itself')


@dataclass(frozen=True)
class RTCBotSettings:
    """Driving by clients of RTCBot: ``rtcbot.*``."""

    hold_timeout: float = parameter(
        2.0, "the state of an RTCBot client's keys is valid for this long after its last sign "
        'of life', unit='s', low=0.6, high=10.0)


@dataclass(frozen=True)
class GuardSettings:
    """All parameters of cmd_vel_guard, which reads the same YAML file as the bridge."""

    teleop: VelocityOutputSettings = VelocityOutputSettings()
