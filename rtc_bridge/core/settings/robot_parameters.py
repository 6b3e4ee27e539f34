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

"""Every parameter of the robot's nodes."""

import re
import socket

from .parameter_table import Parameter as P
from ..video.encoder_settings import H264_ENCODERS

TELEOP_OUTPUT = (
    P('teleop.message_type', 'auto', 'message on cmd_vel; auto looks at the subscribers',
      choices=('twist', 'twist_stamped', 'auto')),
    P('teleop.frame_id', 'base_link', 'frame of TwistStamped'),
    P('teleop.timeout', 0.3, 'the robot stops when no command came for this long', 's', 0.1, 5.0),
)

BRIDGE = (
    P('robot_id', '', 'name of the robot; empty: the host name'),
    P('relay_url', '', 'where the robot is found: https://host/name, https://host (robot_id is '
      'appended), https://host/ws (RTCBot); empty: no relay'),
    P('relay_token_file', '', 'file with the token that the relay asks for; empty: what '
      'RTC_BRIDGE_RELAY_TOKEN has in the environment'),
    P('server.host', '127.0.0.1', "address of the robot's own server; 0.0.0.0: all"),
    P('server.port', 8080, "port of the robot's own server; 0: off", '', 0, 65535),
    P('server.hosts', [], "names that clients have for the robot's own server, where it is bound "
      "to the loopback and a proxy or tunnel leads to it; '*': all"),
    P('server.tls', 'off', 'https instead of http, as browsers ask it for gamepads off this host; '
      'self: with a certificate of its own making, files: with server.certificate',
      choices=('off', 'self', 'files')),
    P('server.certificate', '', 'file with the TLS certificate and its chain, PEM; empty: none'),
    P('server.key', '', "file with the certificate's key, PEM; empty: in the certificate's file"),
    P('cameras.names', ['*'], "cameras to show, '*': every image topic there is"),
    P('video.codecs', ['h264', 'vp8'], 'codecs in order of preference: h264, vp8'),
    P('video.h264_profile', 'baseline', 'main: fewer bits for the same look, for viewers that '
      'take it', choices=('baseline', 'main')),
    P('video.h264_encoder', 'auto', 'auto: the hardware that works here, libx264 otherwise',
      choices=H264_ENCODERS),
    P('video.tiers', ['1/1', '1/2', '1/4@20'], 'qualities for paths of different rates: what the '
      'width and height are divided by, and frames per second at most'),
    P('video.max_slots', 4, 'cameras that one viewer can see at once', '', 1, 16),
    P('teleop.enabled', True, 'whether the robot can be driven at all'),
    P('teleop.max_linear_x', 0.5, 'largest speed forward and back', 'm/s', 0.0, 50.0),
    P('teleop.max_linear_y', 0.0, 'largest speed sideways; 0: not holonomic', 'm/s', 0.0, 50.0),
    P('teleop.max_angular_z', 1.5, 'largest turning rate', 'rad/s', 0.0, 50.0),
    P('teleop.max_linear_acceleration', 2.5, 'largest change of speed; stopping is exempt',
      'm/s2', 0.01, 1000.0),
    P('teleop.max_angular_acceleration', 8.0, 'largest change of turning; stopping is exempt',
      'rad/s2', 0.01, 1000.0),
    P('teleop.max_age', 0.5, 'a command older than this is refused', 's', 0.1, 5.0),
    P('teleop.max_frame_age', 1.0, 'nobody drives who sees no picture that came to the robot '
      'within this time; 0: driving without a picture is allowed', 's', 0.0, 60.0),
    P('teleop.slow_from', 0.0, 'the speed falls with the delay (round trip) of commands from '
      'here on', 's', 0.0, 5.0),
    P('teleop.slow_to', 0.0, 'and from this delay on there is none; 0: the speed never falls', 's',
      0.0, 5.0),
    P('teleop.idle_timeout', 60.0, 'who moves nothing for this long gives up the seat; 0: never',
      's', 0.0, 86400.0),
    P('teleop.joy', False, "publish the driver's gamepad on joy"),
    P('teleop.guard', True, 'commands go through the cmd_vel_guard process; false: this node '
      'publishes cmd_vel itself'),
    *TELEOP_OUTPUT,
    P('telemetry.battery', 'battery_state', 'sensor_msgs/BatteryState that viewers see; empty: '
      'none'),
    P('telemetry.odometry', 'odom', 'nav_msgs/Odometry whose speed and heading viewers see; '
      'empty: none'),
    P('telemetry.topics', [], 'further topics whose messages viewers see, of any type'),
    P('telemetry.rate', 5.0, 'messages of each topic at most', 'Hz', 0.1, 20.0),
    P('actions.services', [], 'services that drivers may call from the page: the name, or '
      'name:trigger (std_srvs/Trigger), or name:set_bool (std_srvs/SetBool)'),
    P('actions.timeout', 10.0, 'a service that has not answered by then has failed', 's', 0.1,
      60.0),
    P('rtcbot.hold_timeout', 2.0, "an RTCBot client's state holds this long after its last sign "
      'of life', 's', 0.6, 10.0),
    P('page_url', '', 'page that links with invites lead to, https://host/name; empty: the '
      "relay's, or that of the robot's own server"),
    P('access.anonymous', 'none', "role without an invite at the robot's own server",
      choices=('none', 'view', 'drive')),
    P('access.anonymous_via_relay', 'none', 'role without an invite through the relay',
      choices=('none', 'view', 'drive')),
    P('access.origins', [], 'pages of other origins that get these roles, too, like '
      "https://pages.example.org; '*': all, as RTCBot's pages elsewhere need it"),
    P('access.whep_via_relay', False, 'WHEP players may come through the relay, which can then '
      'watch'),
    P('access.kscale_token_file', '', "file with the token that K-Scale's apps have to send, "
      'where they are let in; empty: what RTC_BRIDGE_KSCALE_TOKEN has in the environment'),
    P('access.view_may_stop', False, 'whether those with role view may press the emergency stop; '
      'releasing it takes role drive or supervise'),
    P('access.directory', '', 'where the secret and the revoked invites are kept; empty: '
      '~/.ros/rtc_bridge'),
    P('access.require_synchronized_clock', True, 'whether invites that expire are refused while '
      'the system clock is not synchronized'),
    P('access.console_link', 'drive', 'role of the link that is printed at start; none: no link',
      choices=('none', 'view', 'drive', 'supervise')),
    P('ice.servers', [], 'STUN and TURN servers for robot and viewers, the best first: '
      'stun:host:port, turn:host:port?transport=udp (or tcp), turns:host:port?transport=tcp; '
      'empty: none'),
    P('ice.login_file', '', 'file with USERNAME:PASSWORD for the TURN servers; empty: what '
      'RTC_BRIDGE_TURN_LOGIN has in the environment'),
    P('ice.secret_file', '', "file with the secret of coturn's use-auth-secret, instead of a "
      'login; empty: what RTC_BRIDGE_TURN_SECRET has in the environment'),
    P('ice.ttl', 3600.0, 'what the robot makes with that secret for itself holds this long', 's',
      60.0, 86400.0),
)


def camera_parameters(name: str, topic: str) -> tuple[P, ...]:
    """Return the parameters of one camera; slashes in its name become dots."""
    prefix = 'cameras.' + name.replace('/', '.')
    return (
        P(f'{prefix}.topic', topic, 'image topic'),
        P(f'{prefix}.type', 'auto', 'raw: sensor_msgs/Image; compressed: CompressedImage on the '
          'topic or its /compressed sibling; h264: H.264 as CompressedImage, FFMPEGPacket or '
          'CompressedVideo, on the topic or its /h264 or /ffmpeg sibling; auto: the first of '
          'these that is published', choices=('auto', 'raw', 'compressed', 'h264')),
        P(f'{prefix}.max_fps', 30.0, 'frame rate at most', 'Hz', 0.1, 120.0, live=True),
        P(f'{prefix}.max_bitrate', 2_500_000, 'bitrate at most', 'bit/s', 100_000, 50_000_000,
          live=True),
        P(f'{prefix}.max_width', 0, 'width at most; 0: as it comes', 'pixels', 0, 7680,
          live=True),
        P(f'{prefix}.rotate', 0, 'turn clockwise', 'degrees', choices=(0, 90, 180, 270),
          live=True),
        P(f'{prefix}.codec', 'auto', 'codec for viewers that decode it; auto: by the order of '
          'video.codecs', choices=('auto', 'h264', 'vp8'), live=True),
        P(f'{prefix}.passthrough', True, 'H.264 that the camera itself encodes goes to viewers as '
          'it is, within these limits; false: always encoded anew', live=True),
        P(f'{prefix}.qos', 'auto', 'reliability; auto: what the publishers offer',
          choices=('auto', 'best_effort', 'reliable')),
        P(f'{prefix}.drive', True, 'whether people may drive by its pictures; false: for watching '
          'only', live=True),
        P(f'{prefix}.depth_min', 0.3, 'nearest depth of the colour map', 'm', 0.0, 1000.0,
          live=True),
        P(f'{prefix}.depth_max', 10.0, 'farthest depth of the colour map', 'm', 0.001, 1000.0,
          live=True),
    )


def default_robot_id() -> str:
    """Return the host name as a robot name."""
    name = re.sub(r'[^A-Za-z0-9_.~-]+', '-', socket.gethostname())[:64].lstrip('_.~-')
    return name or 'robot'
