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

from .action_settings import ActionSettings
from .alarm_settings import AlarmSettings
from .driving_settings import RTCBotSettings, TeleopSettings
from .local_service_settings import LocalServicesSettings
from .obstacle_settings import ObstacleSettings
from .parameters import parameter
from .telemetry_settings import TelemetrySettings
from .viewer_media_settings import AudioSettings, OperatorCameraSettings
from ..congestion.pacer import DEFAULT_BURST_S
from ..images.value_range import RANGE_FORMS, range_text
from ..images.video_formats import format_text
from ..video.video_codecs import CODECS


@dataclass(frozen=True)
class ServerSettings:
    """The robot's own HTTP server: ``server.*``."""

    host: str = parameter(
        '127.0.0.1', "address that the robot's own server listens on; 0.0.0.0: all of "
        "IPv4, '::': all of IPv4 and IPv6")
    port: int = parameter(8080, "port of the robot's own server; 0: no server", low=0, high=65_535)
    hosts: tuple[str, ...] = parameter(
        (), "host names by which clients reach the robot's own server through a proxy or "
        "tunnel, if it listens on the loopback only; '*': all")
    tls: str = parameter(
        'off', 'off: http; self: https with a certificate that the robot makes; files: https '
        'with server.certificate. On another computer browsers allow gamepads with https only',
        choices=('off', 'self', 'files'))
    certificate: str = parameter(
        '', 'file with the TLS certificate and its chain, PEM; empty: no file')
    key: str = parameter(
        '', "file with the certificate's key, PEM; empty: in the certificate's file")


@dataclass(frozen=True)
class CameraSelection:
    """Which topics are cameras: ``cameras.names``. Each has :class:`CameraTopicSettings`."""

    names: tuple[str, ...] = parameter(
        ('*',), "names (front for front/image_raw), topics and patterns of cameras; '*': every "
        "image topic; '!' before one excludes it")
    base_frame: str = parameter(
        'base_footprint', "frame on the ground below the robot's centre, in which tf_static has "
        'the cameras whose mount_height is 0; empty: none')


@dataclass(frozen=True)
class VideoSettings:
    """Encoding for all cameras: ``video.*``."""

    codecs: tuple[str, ...] = parameter(
        ('h264', 'vp8'), 'codecs in order of preference: h264, vp8')
    h264_profile: str = parameter(
        'baseline', 'profile of H.264; main: fewer bits for the same quality, for viewers that '
        'decode it', choices=('baseline', 'main'))
    h264_encoder: str = parameter(
        'auto', 'encoder of H.264; auto: a hardware encoder that works here, else libx264; or '
        "FFmpeg's name of one, such as libx264, h264_nvenc, h264_qsv, h264_vaapi, h264_v4l2m2m or "
        'h264_rkmpp, with libx264 where that does not work')
    tiers: tuple[str, ...] = parameter(
        ('1/1', '1/2', '1/4@20'), 'quality tiers for paths of different rates, from large to '
        'small: the divisor of width and height, and after an @ the most frames per second')
    burst: float = parameter(
        DEFAULT_BURST_S, 'how much of a keyframe is sent at once, in seconds of what a narrow '
        'path carries; the rest follows at that rate, as its queue may be too short; 0: all at '
        'once', unit='s', low=0.0, high=1.0)
    threads: int = parameter(
        2, 'threads that encode one picture of full size, each a slice of it; more of them pay on '
        'computers of many slow cores', low=1, high=16)
    max_slots: int = parameter(4, 'most cameras that one viewer can see at once', low=1, high=16)


@dataclass(frozen=True)
class AccessSettings:
    """Who may see and drive: ``access.*``."""

    anonymous: str = parameter(
        'none', "role of viewers without an invite at the robot's own server",
        choices=('none', 'view', 'drive'))
    anonymous_via_relay: str = parameter(
        'none', 'role of viewers without an invite through the relay',
        choices=('none', 'view', 'drive'))
    origins: tuple[str, ...] = parameter(
        (), 'origins of other pages that get these roles, too, like https://pages.example.org; '
        "'*': all, for RTCBot's pages on other sites")
    whep_via_relay: bool = parameter(
        False, 'whether WHEP players may come through the relay, which can then watch, too')
    kscale_token_file: str = parameter(
        '', "file with the token that K-Scale's apps must send besides; empty: the "
        "environment's RTC_BRIDGE_KSCALE_TOKEN")
    view_may_stop: bool = parameter(
        False, 'whether viewers with role view may press the emergency stop; role drive or '
        'supervise is needed to release it')
    directory: str = parameter(
        '', 'folder with the secret and the revoked invites; empty: ~/.ros/rtc_bridge')
    require_synchronized_clock: bool = parameter(
        True, 'whether invites that expire are refused while the system clock is not '
        'synchronized')
    console_link: str = parameter(
        'drive', 'role of the link that is printed once it can be used; none: no link',
        choices=('none', 'view', 'drive', 'supervise'))


@dataclass(frozen=True)
class IceSettings:
    """STUN and TURN servers: ``ice.*``."""

    servers: tuple[str, ...] = parameter(
        (), 'STUN and TURN servers for robot and viewers, the best first: stun:HOST:PORT, '
        'turn:HOST:PORT?transport=udp (or tcp), turns:HOST:PORT?transport=tcp')
    login_file: str = parameter(
        '', 'file with USERNAME:PASSWORD for the TURN servers, or with a line HOST '
        "USERNAME:PASSWORD for each of them; empty: the environment's RTC_BRIDGE_TURN_LOGIN")
    secret_file: str = parameter(
        '', "file with the secret of coturn's use-auth-secret, instead of a login; empty: the "
        "environment's RTC_BRIDGE_TURN_SECRET")
    ttl: float = parameter(
        3600.0, "the robot's own credentials from that secret are valid for this long; credentials"
        ' of ice.credentials_url are asked for this long', unit='s', low=60.0, high=86400.0)
    credentials_url: str = parameter(
        '', 'service that issues TURN servers and their credentials (Cloudflare, Twilio, Metered '
        'and others): https://HOST/PATH, with {token} where the token belongs if it belongs into '
        'the URL; empty: none')
    credentials_token_file: str = parameter(
        '', 'file with the token for that service; USER:PASSWORD is sent as Basic, another one as '
        "Bearer; empty: the environment's RTC_BRIDGE_TURN_API_TOKEN")
    credentials_method: str = parameter(
        'auto', 'method of the request; auto: post if the token is sent in a header, get if it is '
        'in the URL or if there is none', choices=('auto', 'get', 'post'))
    ports: tuple[int, ...] = parameter(
        (), 'first and last UDP port for video and commands, for firewalls and port mappings: '
        'each session takes one on each address of the robot; empty: any', item=int)
    addresses: tuple[str, ...] = parameter(
        (), 'further addresses by which viewers reach this robot, as behind 1:1 NAT or a port '
        'mapping: PUBLIC, or PUBLIC/PRIVATE for one of several addresses of the robot')
    interfaces: tuple[str, ...] = parameter(
        ('*',), 'network interfaces for video and commands; * stands for any characters, ! before '
        "a name leaves it out: ['*', '!docker*', '!tailscale0']")


@dataclass(frozen=True)
class CameraIdentity:
    """What each camera has for itself."""

    topic: str = parameter(
        '', 'image topic; empty: NAME if that is an image topic, else NAME/image_raw')
    label: str = parameter(
        '', 'what viewers read in place of NAME, up to 64 characters; empty: NAME', live=True)


@dataclass(frozen=True)
class CameraOptions:
    """All cameras, unless ``cameras.NAME.*`` says otherwise: ``cameras.default.*``."""

    type: str = parameter(  # noqa: A003 - the parameter has this name
        'auto', 'type of the topic; raw: sensor_msgs/Image; compressed: CompressedImage on the '
        'topic or its /compressed sibling; h264: H.264 as CompressedImage, FFMPEGPacket or '
        'CompressedVideo, on the topic or its /h264 or /ffmpeg sibling; auto: the first of '
        'these that is published', choices=('auto', 'raw', 'compressed', 'h264'),
        live=True)
    max_fps: float = parameter(
        30.0, 'largest frame rate', unit='Hz', low=0.1, high=120.0, live=True)
    max_bitrate: int = parameter(
        2_500_000, 'largest bitrate', unit='bit/s', low=100_000, high=50_000_000, live=True)
    max_width: int = parameter(
        0, 'largest width; 0: that of the image', unit='pixels', low=0, high=7680, live=True)
    rotate: int = parameter(
        0, 'clockwise rotation', unit='degrees', choices=(0, 90, 180, 270), live=True)
    flip: str = parameter(
        'none', 'mirroring of the picture, after its rotation',
        choices=('none', 'horizontal', 'vertical', 'both'), live=True)
    encoding: str = parameter(
        '', 'what the images are if their messages say it wrongly or not at all, as in yuyv, '
        'mono16 or h264; empty: as the messages say', live=True, read=format_text,
        forms='empty, an encoding, or a format of docs/cameras.md')
    range: str = parameter(  # noqa: A003 - the parameter has this name
        '', 'numbers that are shown as black and as white; auto: those that the images have, '
        'followed slowly; empty: auto for grey of more than 8 bits, for all else the range of the '
        'type', live=True, read=range_text, forms=RANGE_FORMS)
    codec: str = parameter(
        'auto', 'codec, for viewers that decode it; auto: the first of video.codecs that the '
        'viewer decodes', choices=('auto', *CODECS), live=True)
    passthrough: bool = parameter(
        True, 'whether H.264 of the camera goes to viewers unchanged, if it is within these '
        'limits; false: it is always encoded again', live=True)
    qos: str = parameter(
        'auto', 'reliability of the subscription; auto: that of the publishers',
        choices=('auto', 'best_effort', 'reliable'), live=True)
    keep_warm: float = parameter(
        0.0, 'how long the camera stays subscribed after its last viewer, so that the next one '
        'sees a picture sooner', unit='s', low=0.0, high=3600.0, live=True)
    drive: bool = parameter(
        True, 'whether the camera is for driving; false: for watching only', live=True)
    order: int = parameter(
        0, 'place in the list: lower numbers first; the same: as in cameras.names, then by name',
        low=-1000, high=1000, live=True)
    mount_height: float = parameter(
        0.0, 'height of the lens above the ground; 0: all of mount_* is as tf_static says, or not '
        'known, and no path is drawn over the picture', unit='m', low=0.0, high=100.0, live=True)
    mount_forward: float = parameter(
        0.0, "how far the lens is ahead of the robot's centre; negative: behind it", unit='m',
        low=-100.0, high=100.0, live=True)
    mount_left: float = parameter(
        0.0, "how far the lens is to the left of the robot's centre; negative: to the right",
        unit='m', low=-100.0, high=100.0, live=True)
    mount_pitch: float = parameter(
        0.0, 'how far the camera looks down; negative: up', unit='rad', low=-1.6, high=1.6,
        live=True)
    mount_yaw: float = parameter(
        0.0, 'how far the camera looks to the left; negative: to the right', unit='rad', low=-3.2,
        high=3.2, live=True)
    fov: float = parameter(
        0.0, 'horizontal field of view of the picture as it is shown; 0: as camera_info beside '
        'the topic says', unit='rad', low=0.0, high=3.0, live=True)
    depth_min: float = parameter(
        0.3, 'nearest depth of the colour map', unit='m', low=0.0, high=1000.0, live=True)
    depth_max: float = parameter(
        10.0, 'farthest depth of the colour map', unit='m', low=0.001, high=1000.0, live=True)


@dataclass(frozen=True)
class CameraTopicSettings(CameraOptions, CameraIdentity):
    """One camera: ``cameras.NAME.*``."""


@dataclass(frozen=True)
class RobotSettings:
    """All parameters of the bridge."""

    robot_id: str = parameter('', 'name of the robot; empty: the host name')
    relay_url: str = parameter(
        '', 'relay: https://HOST/NAME, https://HOST (robot_id is appended) or https://HOST/ws '
        '(RTCBot); empty: no relay')
    relay_token_file: str = parameter(
        '', "file with the token for the relay; empty: the environment's RTC_BRIDGE_RELAY_TOKEN")
    relay_ca_file: str = parameter(
        '', "file with certificates (PEM) that the relay's certificate may be from, besides the "
        "system's: a private authority's, or the relay's own if it is self-signed; empty: no "
        'file')
    server: ServerSettings = ServerSettings()
    cameras: CameraSelection = CameraSelection()
    video: VideoSettings = VideoSettings()
    audio: AudioSettings = AudioSettings()
    operator_camera: OperatorCameraSettings = OperatorCameraSettings()
    teleop: TeleopSettings = TeleopSettings()
    telemetry: TelemetrySettings = TelemetrySettings()
    alarms: AlarmSettings = AlarmSettings()
    obstacles: ObstacleSettings = ObstacleSettings()
    actions: ActionSettings = ActionSettings()
    services: LocalServicesSettings = LocalServicesSettings()
    rtcbot: RTCBotSettings = RTCBotSettings()
    page_url: str = parameter(
        '', "page that links with invites lead to, https://HOST/NAME; empty: the relay's page, "
        "or that of the robot's own server")
    access: AccessSettings = AccessSettings()
    ice: IceSettings = IceSettings()


# In the place of a camera's name: parameters of all cameras.
ALL_CAMERAS = 'default'


def camera_prefix(name: str) -> str:
    """Return what the names of a camera's parameters begin with; slashes become dots."""
    return f'cameras.{name.replace("/", ".")}.'


def default_robot_id() -> str:
    """Return the host name as a robot name."""
    name = re.sub(r'[^A-Za-z0-9_.~-]+', '-', socket.gethostname())[:64].lstrip('_.~-')
    return name or 'robot'
