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

"""The parameters, as the bridge would read them."""

from collections.abc import Sequence
from dataclasses import dataclass

import rclpy
from rclpy.context import Context
from rclpy.node import Node

from ..bridge.data.action_parameters import declare_actions
from ..bridge.data.telemetry_parameters import declare_topics
from ..bridge.driving.obstacle_parameters import read_obstacle_topics
from ..bridge.start_settings import (
    check_codecs, make_host_candidates, read_page_url, read_relay_trust, read_robot_id,
)
from ..bridge.streams.camera_parameters import CameraParameters
from ..core.checks.result import Check
from ..core.errors import ParameterError
from ..core.gateway.service_rules import service_rule
from ..core.network.listen_address import listen_host
from ..core.settings.camera_names import CameraNames
from ..core.settings.local_service_settings import LocalServiceSettings
from ..core.settings.parameters import parameters_of
from ..core.settings.robot_settings import ALL_CAMERAS, camera_prefix, RobotSettings
from ..core.video.tiers import parse_scales
from ..ros.parameter_files import explain_refused_files, unused_parameters
from ..ros.parameters import declare_parameters, given_parameters, refuse_unknown_parameters
from ..signaling.relay_url import dial_url, read_token
from ..system.files.secret_files import read_credential_service, read_ice

# The name of the bridge's node, for which a parameter file has a key.
_NODE = 'rtc_bridge'
_GUARD = 'cmd_vel_guard'
_OWN_NODE = 'rtc_bridge_doctor'


@dataclass(frozen=True)
class ListenedCamera:
    """
    A camera to listen to.

    :ivar topics: that may be meant, the best first
    :ivar kind: parameter ``type``
    :ivar qos: parameter ``qos``
    :ivar encoding: parameter ``encoding``
    """

    topics: tuple[str, ...]
    kind: str
    qos: str
    encoding: str = ''


@dataclass(frozen=True)
class BridgeParameters:
    """
    What the bridge would read.

    :ivar names: ``cameras.names``
    :ivar cameras: those that are named there
    :ivar others: kind and QoS of those that are found
    """

    settings: RobotSettings
    robot_id: str
    names: CameraNames
    cameras: tuple[ListenedCamera, ...] = ()
    others: ListenedCamera = ListenedCamera((), 'auto', 'auto')


def read_parameters(context: Context) -> tuple[BridgeParameters, Check]:
    """
    Read the parameters of the bridge, and tell whether it would take them.

    The defaults are returned for parameters that the bridge would refuse.

    :param context: initialised with the arguments that the bridge has, as ``sys.argv`` has them
    """
    node = Node(_NODE, context=context, start_parameter_services=False, enable_rosout=False)
    try:
        return _read(node)
    except ParameterError as error:
        settings = RobotSettings()
        return (BridgeParameters(settings, read_robot_id(''), CameraNames(settings.cameras.names)),
                Check('parameters', 'fail', f'the bridge would refuse to start: {error}',
                      'docs/parameters.md has all of them, with what is allowed'))
    finally:
        node.destroy_node()


def _read(node: Node) -> tuple[BridgeParameters, Check]:
    settings = declare_parameters(node, RobotSettings())
    robot_id = read_robot_id(settings.robot_id)
    relay_url = dial_url(settings.relay_url, robot_id) if settings.relay_url else ''
    read_page_url(settings.page_url)
    read_token(settings.relay_token_file)
    read_relay_trust(settings.relay_ca_file, relay_url)
    check_codecs(settings.video)
    parse_scales(settings.video.tiers)
    read_ice(settings.ice)
    read_credential_service(settings.ice)
    make_host_candidates(settings.ice)
    listen_host(settings.server.host, 'server.host')
    full_name = node.get_fully_qualified_name()
    names, options = CameraNames(settings.cameras.names, full_name), CameraParameters(node)
    cameras = []
    for named in names.named:
        camera = options.declare(named.name, lambda settings: None)
        cameras.append(ListenedCamera((camera.topic,) if camera.topic else named.topics,
                                      camera.type, camera.qos, camera.encoding))
    declare_topics(node, settings.telemetry)
    read_obstacle_topics(node, settings.obstacles)
    declare_actions(node, settings.actions)
    for name in settings.services.names:
        service_rule(name, declare_parameters(node, LocalServiceSettings(), f'services.{name}.'))
    known = [row.name for row in parameters_of(settings)]
    refuse_unknown_parameters(node, {name.split('.')[0] for name in known if '.' in name}, known,
                              options.given)
    options.unknown([named.name for named in names.named], others_may_come=names.discovers)
    default = camera_prefix(ALL_CAMERAS)
    parameters = BridgeParameters(settings, robot_id, names, tuple(cameras), ListenedCamera(
        (), *(str(node.get_parameter(default + name).value)
              for name in ('type', 'qos', 'encoding'))))
    unused = unused_parameters(node, known, [_GUARD])
    count = len(given_parameters(node))
    return parameters, (
        Check('parameters', 'fail', ' '.join(unused)) if unused else
        Check('parameters', 'ok', f'{count} given' if count else
              'none is given: the defaults are used'))


def start_ros(arguments: Sequence[str]) -> Node:
    """
    Return the doctor's node, in an initialised context of its own.

    It is there until all checks are made, and its participant of DDS with it, see
    ``ros.program.bound_end``.

    :param arguments: of the command line, ``--ros-args`` and what follows
    :raises ParameterError: the arguments, or a file that they name, cannot be used
    """
    context = Context()
    try:
        rclpy.init(args=list(arguments), context=context)
        return Node(_OWN_NODE, context=context, start_parameter_services=False,
                    enable_rosout=False, cli_args=['--ros-args', '-r', f'__node:={_OWN_NODE}'])
    except Exception as error:
        # rcl's exceptions have no public class.
        raise ParameterError(explain_refused_files(list(arguments))
                             or str(error).splitlines()[0]) from None
