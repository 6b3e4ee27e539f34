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
Look for what is wrong with a set-up, and say what to do.

The checks run beside a bridge that runs, and change nothing. Each that cannot be made is skipped
with a word: a host of a relay has no ROS.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
import contextlib
from pathlib import Path
import sys
from typing import TYPE_CHECKING

from .. import __version__
from ..core.checks.result import Check, exit_status, report_json, report_text
from ..core.errors import ParameterError, RtcBridgeError
from ..core.settings.robot_settings import default_robot_id, RobotSettings
from ..doctor.host import (
    check_clock, check_key_folder, check_port, check_rights, check_shared_memory, key_folder,
)
from ..doctor.libraries import check_imports, check_sourced, check_versions
from ..system.dependency_check import dependencies_of, is_importable

if TYPE_CHECKING:
    from rclpy.node import Node

    from ..doctor.parameters import BridgeParameters

Section = Callable[[], Awaitable[list[Check]]]


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < (seconds := float(text)) <= 600:
            return seconds
    raise argparse.ArgumentTypeError(f'{text!r} is no time from 0 to 600 s')


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='rtc-bridge doctor', description='Check the set-up of a robot, or of the host of a '
        'relay, and say what to do. Exit status: 0 if nothing failed, 1 if something did.',
        epilog='Further arguments as for the bridge: --ros-args -p NAME:=VALUE ...')
    parser.add_argument('--params-file', type=Path, action='append', default=[],
                        help="the bridge's parameter file")
    parser.add_argument('--relay-config', type=Path,
                        help='check a relay on this host instead, by its settings (TOML)')
    parser.add_argument('--seconds', type=_seconds, default=5.0,
                        help='how long to wait for pictures [%(default)g]')
    parser.add_argument('--json', action='store_true', help='print the report for programs')
    return parser


async def _guarded(name: str, section: Section) -> list[Check]:
    """Return the checks of a section; one that cannot be made does not end the others."""
    try:
        return await section()
    except RtcBridgeError as error:
        return [Check(name, 'fail', str(error))]
    except Exception as error:
        return [Check(name, 'fail', f'this check has failed itself: {type(error).__name__}: '
                      f'{error}', 'Please report it')]


class Doctor:
    """
    Makes all checks of a robot.

    :param ros_arguments: ``--ros-args`` and what follows, as in ``sys.argv``
    :param seconds: for which pictures are waited for
    """

    def __init__(self, ros_arguments: Sequence[str], seconds: float) -> None:
        self._ros_arguments = ros_arguments
        self._seconds = seconds
        self._settings = RobotSettings()
        self._robot_id = default_robot_id()
        self._parameters: 'BridgeParameters | None' = None
        self._node: 'Node | None' = None

    async def run(self) -> list[Check]:
        """Return the results in the order of the report."""
        checks = [check_versions('bridge') if is_importable('rclpy') else check_sourced()]
        checks += await _guarded('libraries', lambda: check_imports(
            [module for module in (
                *(each.module for each in dependencies_of('bridge')), 'cv_bridge')
             if is_importable(module)]))
        broken = {check.name.removeprefix('library ') for check in checks
                  if check.state == 'fail'}
        checks += await _guarded('parameters', lambda: self._read_parameters(broken))
        sections: dict[str, Section] = {
            'host': self._check_host,
            'encoder': lambda: self._with(('av', 'cv2', 'numpy'), broken, self._check_encoders),
            'certificate': lambda: self._with(('cryptography',), broken,
                                              self._check_certificate),
            'ICE servers': lambda: self._with(('aiohttp', 'aiortc', 'av'), broken,
                                              self._check_ice_servers),
            'relay': lambda: self._with(('websockets',), broken, self._check_relay),
            'graph': lambda: self._with(('rclpy', 'cv2', 'numpy'), broken,
                                        self._check_graph)}
        for found in await asyncio.gather(*(
                _guarded(name, section) for name, section in sections.items())):
            checks += found
        return checks

    def close(self) -> None:
        """End the doctor's node."""
        if self._node is not None:
            from ..ros.program import bound_end
            bound_end()
            self._node.destroy_node()
            self._node.context.try_shutdown()

    async def _with(self, modules: Sequence[str], broken: set[str], section: Section
                    ) -> list[Check]:
        """Make checks that need libraries, or say which of them is missing."""
        missing = [module for module in modules if module in broken or not is_importable(module)]
        if missing:
            name = section.__name__.removeprefix('_check_').replace('_', ' ')
            return [Check(name, 'skipped', f'{", ".join(missing)} cannot be imported'
                          + (' (no ROS is sourced)' if not is_importable('rclpy') else ''))]
        return await section()

    async def _read_parameters(self, broken: set[str]) -> list[Check]:
        if 'rclpy' in broken or not is_importable('rclpy'):
            return [Check('parameters', 'skipped', 'rclpy cannot be imported, so the defaults are '
                          'used')]
        from ..doctor.parameters import read_parameters, start_ros
        try:
            self._node = start_ros(self._ros_arguments)
        except ParameterError as error:
            return [Check('parameters', 'fail', f'ROS does not take the arguments: {error}',
                          'Correct the file or the arguments')]
        self._parameters, check = read_parameters(self._node.context)
        self._settings, self._robot_id = self._parameters.settings, self._parameters.robot_id
        return [check]

    async def _check_host(self) -> list[Check]:
        access, server = self._settings.access, self._settings.server
        folder = key_folder(access.directory)
        return [check_clock(folder, access.require_synchronized_clock), *check_rights(),
                check_shared_memory(), check_key_folder(folder),
                await asyncio.to_thread(check_port, server.host, server.port)]

    async def _check_encoders(self) -> list[Check]:
        from ..doctor.encoders import check_encoders
        return await check_encoders(self._settings.video.h264_encoder)

    async def _check_certificate(self) -> list[Check]:
        from ..doctor.certificate import check_server_certificate
        return check_server_certificate(
            self._settings.server, key_folder(self._settings.access.directory),
            self._settings.page_url)

    async def _check_ice_servers(self) -> list[Check]:
        from ..doctor.ice_servers import check_ice_servers
        return await check_ice_servers(self._settings.ice)

    async def _check_relay(self) -> list[Check]:
        if not self._settings.relay_url:
            return [Check('relay', 'skipped', 'relay_url is empty: no relay')]
        from ..doctor.relay import check_relay
        return await check_relay(self._settings, self._robot_id, __version__)

    async def _check_graph(self) -> list[Check]:
        if self._node is None or self._parameters is None:
            return [Check('graph', 'skipped', 'ROS did not start')]
        from ..doctor.graph import check_graph
        return await asyncio.to_thread(check_graph, self._node, self._parameters,
                                       self._seconds)


async def _check_relay_host(config: Path) -> list[Check]:
    checks = [check_versions('relay')]

    async def settings() -> list[Check]:
        from ..doctor.relay_host import check_relay_host
        return await asyncio.to_thread(check_relay_host, config)

    return checks + await _guarded('settings', settings)


def main() -> int:
    """Make the checks and print the report; return the exit status."""
    arguments = sys.argv[1:]
    split = arguments.index('--ros-args') if '--ros-args' in arguments else len(arguments)
    options = _parser().parse_args(arguments[:split])
    doctor: Doctor | None = None
    if options.relay_config is not None:
        checks = asyncio.run(_check_relay_host(options.relay_config))
    else:
        ros_arguments = arguments[split:] or ['--ros-args']
        for file in options.params_file:
            ros_arguments += ['--params-file', str(file)]
        # Files of parameters are looked for there.
        sys.argv[1:] = ros_arguments
        doctor = Doctor(ros_arguments, options.seconds)
        checks = asyncio.run(doctor.run())
    with contextlib.suppress(BrokenPipeError):
        print(report_json(checks, __version__) if options.json else report_text(checks),
              flush=True)
    if doctor is not None:
        # Only now: it may take long, see ``bound_end``.
        doctor.close()
    return exit_status(checks)
