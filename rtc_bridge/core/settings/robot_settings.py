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

"""The parameters of the robot's nodes."""

from dataclasses import dataclass
import re
import socket

from .parameters import parameter
from ..video.video_codecs import CODECS, H264_ENCODERS


@dataclass(frozen=True)
class ServerSettings:
    """The robot's own HTTP server: ``server.*``."""

    host: str = parameter('127.0.0.1', "address of the robot's own server; 0.0.0.0: all")
    port: int = parameter(8080, "port of the robot's own server; 0: off", low=0, high=65_535)
    hosts: tuple[str, ...] = parameter(
        (), "names that clients have for the robot's own server, where it is bound to the "
        "loopback and a proxy or tunnel leads to it; '*': all")
    tls: str = parameter(
        'off', 'https instead of http, as browsers ask it for gamepads off this host; self: '
        'with a certificate of its own making, files: with server.certificate',
        choices=('off', 'self', 'files'))
    certificate: str = parameter(
        '', 'file with the TLS certificate and its chain, PEM; empty: none')
    key: str = parameter(
        '', "file with the certificate's key, PEM; empty: in the certificate's file")


@dataclass(frozen=True)
class CameraSelection:
    """Which topics are cameras: ``cameras.names``. Each has :class:`CameraTopicSettings`."""

    names: tuple[str, ...] = parameter(('*',), "cameras to show, '*': every image topic there is")


@dataclass(frozen=True)
class VideoSettings:
    """Encoding for all cameras: ``video.*``."""

    codecs: tuple[str, ...] = parameter(
        ('h264', 'vp8'), 'codecs in order of preference: h264, vp8')
    h264_profile: str = parameter(
        'baseline', 'main: fewer bits for the same look, for viewers that take it',
        choices=('baseline', 'main'))
    h264_encoder: str = parameter(
        'auto', 'auto: the hardware that works here, libx264 otherwise',
        choices=H264_ENCODERS)
    tiers: tuple[str, ...] = parameter(
        ('1/1', '1/2', '1/4@20'), 'qualities for paths of different rates: what the width and '
        'height are divided by, and frames per second at most')
    max_slots: int = parameter(4, 'cameras that one viewer can see at once', low=1, high=16)


@dataclass(frozen=True)
class VelocityOutputSettings:
    """Publishing velocities: the part of ``teleop.*`` that bridge and cmd_vel_guard share."""

    message_type: str = parameter(
        'auto', 'message on cmd_vel; auto looks at the subscribers',
        choices=('twist', 'twist_stamped', 'auto'))
    frame_id: str = parameter('base_link', 'frame of TwistStamped')
    timeout: float = parameter(
        0.3, 'the robot stops when no command came for this long', unit='s', low=0.1, high=5.0)


@dataclass(frozen=True)
class TeleopSettings(VelocityOutputSettings):
    """Driving: ``teleop.*``."""

    enabled: bool = parameter(True, 'whether the robot can be driven at all')
    max_linear_x: float = parameter(
        0.5, 'largest speed forward and back', unit='m/s', low=0.0, high=50.0)
    max_linear_y: float = parameter(
        0.0, 'largest speed sideways; 0: not holonomic', unit='m/s', low=0.0, high=50.0)
    max_angular_z: float = parameter(1.5, 'largest turning rate', unit='rad/s', low=0.0, high=50.0)
    max_linear_acceleration: float = parameter(
        2.5, 'largest change of speed; stopping is exempt', unit='m/s2', low=0.01, high=1000.0)
    max_angular_acceleration: float = parameter(
        8.0, 'largest change of turning; stopping is exempt', unit='rad/s2', low=0.01, high=1000.0)
    max_age: float = parameter(
        0.5, 'a command older than this is refused', unit='s', low=0.1, high=5.0)
    max_frame_age: float = parameter(
        1.0, 'nobody drives who sees no picture that came to the robot within this time; 0: '
        'driving without a picture is allowed', unit='s', low=0.0, high=60.0)
    slow_from: float = parameter(
        0.0, 'the speed falls with the delay (round trip) of commands from here on', unit='s',
        low=0.0, high=5.0)
    slow_to: float = parameter(
        0.0, 'and from this delay on there is none; 0: the speed never falls', unit='s', low=0.0,
        high=5.0)
    idle_timeout: float = parameter(
        60.0, 'who moves nothing for this long gives up the seat; 0: never', unit='s', low=0.0,
        high=86400.0)
    joy: bool = parameter(False, "publish the driver's gamepad on joy")
    guard: bool = parameter(
        True, 'commands go through the cmd_vel_guard process; false: this node publishes '
        'cmd_vel itself')


@dataclass(frozen=True)
class TelemetrySettings:
    """What viewers see besides cameras: ``telemetry.*``."""

    battery: str = parameter(
        'battery_state', 'sensor_msgs/BatteryState that viewers see; empty: none')
    odometry: str = parameter(
        'odom', 'nav_msgs/Odometry whose speed and heading viewers see; empty: none')
    topics: tuple[str, ...] = parameter(
        (), 'further topics whose messages viewers see, of any type')
    rate: float = parameter(5.0, 'messages of each topic at most', unit='Hz', low=0.1, high=20.0)


@dataclass(frozen=True)
class ActionSettings:
    """Services that drivers may call: ``actions.*``."""

    services: tuple[str, ...] = parameter(
        (), 'services that drivers may call from the page: the name, or name:trigger '
        '(std_srvs/Trigger), or name:set_bool (std_srvs/SetBool)')
    timeout: float = parameter(
        10.0, 'a service that has not answered by then has failed', unit='s', low=0.1, high=60.0)


@dataclass(frozen=True)
class RTCBotSettings:
    """Driving by clients of RTCBot: ``rtcbot.*``."""

    hold_timeout: float = parameter(
        2.0, "an RTCBot client's state holds this long after its last sign of life", unit='s',
        low=0.6, high=10.0)


@dataclass(frozen=True)
class AccessSettings:
    """Who may see and drive: ``access.*``."""

    anonymous: str = parameter(
        'none', "role without an invite at the robot's own server",
        choices=('none', 'view', 'drive'))
    anonymous_via_relay: str = parameter(
        'none', 'role without an invite through the relay', choices=('none', 'view', 'drive'))
    origins: tuple[str, ...] = parameter(
        (), 'pages of other origins that get these roles, too, like https://pages.example.org; '
        "'*': all, as RTCBot's pages elsewhere need it")
    whep_via_relay: bool = parameter(
        False, 'WHEP players may come through the relay, which can then watch')
    kscale_token_file: str = parameter(
        '', "file with the token that K-Scale's apps have to send, where they are let in; "
        'empty: what RTC_BRIDGE_KSCALE_TOKEN has in the environment')
    view_may_stop: bool = parameter(
        False, 'whether those with role view may press the emergency stop; releasing it takes '
        'role drive or supervise')
    directory: str = parameter(
        '', 'where the secret and the revoked invites are kept; empty: ~/.ros/rtc_bridge')
    require_synchronized_clock: bool = parameter(
        True, 'whether invites that expire are refused while the system clock is not '
        'synchronized')
    console_link: str = parameter(
        'drive', 'role of the link that is printed at start; none: no link',
        choices=('none', 'view', 'drive', 'supervise'))


@dataclass(frozen=True)
class IceSettings:
    """STUN and TURN servers: ``ice.*``."""

    servers: tuple[str, ...] = parameter(
        (), 'STUN and TURN servers for robot and viewers, the best first: stun:host:port, '
        'turn:host:port?transport=udp (or tcp), turns:host:port?transport=tcp; empty: none')
    login_file: str = parameter(
        '', 'file with USERNAME:PASSWORD for the TURN servers; empty: what '
        'RTC_BRIDGE_TURN_LOGIN has in the environment')
    secret_file: str = parameter(
        '', "file with the secret of coturn's use-auth-secret, instead of a login; empty: what "
        'RTC_BRIDGE_TURN_SECRET has in the environment')
    ttl: float = parameter(
        3600.0, 'what the robot makes with that secret for itself holds this long', unit='s',
        low=60.0, high=86400.0)


@dataclass(frozen=True)
class CameraTopicSettings:
    """One camera: ``cameras.NAME.*``."""

    topic: str = parameter('', 'image topic')
    type: str = parameter(  # noqa: A003 - the parameter has this name
        'auto', 'raw: sensor_msgs/Image; compressed: CompressedImage on the topic or its '
        '/compressed sibling; h264: H.264 as CompressedImage, FFMPEGPacket or CompressedVideo, '
        'on the topic or its /h264 or /ffmpeg sibling; auto: the first of these that is '
        'published', choices=('auto', 'raw', 'compressed', 'h264'))
    max_fps: float = parameter(
        30.0, 'frame rate at most', unit='Hz', low=0.1, high=120.0, live=True)
    max_bitrate: int = parameter(
        2_500_000, 'bitrate at most', unit='bit/s', low=100_000, high=50_000_000, live=True)
    max_width: int = parameter(
        0, 'width at most; 0: as it comes', unit='pixels', low=0, high=7680, live=True)
    rotate: int = parameter(
        0, 'turn clockwise', unit='degrees', choices=(0, 90, 180, 270), live=True)
    codec: str = parameter(
        'auto', 'codec for viewers that decode it; auto: by the order of video.codecs',
        choices=('auto', *CODECS), live=True)
    passthrough: bool = parameter(
        True, 'H.264 that the camera itself encodes goes to viewers as it is, within these '
        'limits; false: always encoded anew', live=True)
    qos: str = parameter(
        'auto', 'reliability; auto: what the publishers offer',
        choices=('auto', 'best_effort', 'reliable'))
    drive: bool = parameter(
        True, 'whether people may drive by its pictures; false: for watching only', live=True)
    depth_min: float = parameter(
        0.3, 'nearest depth of the colour map', unit='m', low=0.0, high=1000.0, live=True)
    depth_max: float = parameter(
        10.0, 'farthest depth of the colour map', unit='m', low=0.001, high=1000.0, live=True)


@dataclass(frozen=True)
class RobotSettings:
    """All parameters of the bridge."""

    robot_id: str = parameter('', 'name of the robot; empty: the host name')
    relay_url: str = parameter(
        '', 'where the robot is found: https://host/name, https://host (robot_id is appended), '
        'https://host/ws (RTCBot); empty: no relay')
    relay_token_file: str = parameter(
        '', 'file with the token that the relay asks for; empty: what RTC_BRIDGE_RELAY_TOKEN '
        'has in the environment')
    server: ServerSettings = ServerSettings()
    cameras: CameraSelection = CameraSelection()
    video: VideoSettings = VideoSettings()
    teleop: TeleopSettings = TeleopSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    actions: ActionSettings = ActionSettings()
    rtcbot: RTCBotSettings = RTCBotSettings()
    page_url: str = parameter(
        '', "page that links with invites lead to, https://host/name; empty: the relay's, or "
        "that of the robot's own server")
    access: AccessSettings = AccessSettings()
    ice: IceSettings = IceSettings()


@dataclass(frozen=True)
class GuardSettings:
    """All parameters of cmd_vel_guard, which reads the same YAML file as the bridge."""

    teleop: VelocityOutputSettings = VelocityOutputSettings()


def camera_prefix(name: str) -> str:
    """Return what the names of a camera's parameters begin with; slashes become dots."""
    return f'cameras.{name.replace("/", ".")}.'


def default_robot_id() -> str:
    """Return the host name as a robot name."""
    name = re.sub(r'[^A-Za-z0-9_.~-]+', '-', socket.gethostname())[:64].lstrip('_.~-')
    return name or 'robot'
