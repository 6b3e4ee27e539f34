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
Run one of the launch files with the real launch; for test_launch.py, in a process of its own.

launch_run.py FILE NAME:=VALUE...
"""

import sys

from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription, RegisterEventHandler
from launch.event_handlers import OnProcessExit, OnProcessStart
from launch.launch_description_sources import PythonLaunchDescriptionSource


def started(event, context):
    """Print the command line of a process."""
    print('started:', *event.cmd, flush=True)


def exited(event, context):
    """Print how a process ended."""
    print('exited:', event.action.name, event.returncode, flush=True)


def main() -> int:
    """Launch until SIGINT; return launch's status."""
    file, *arguments = sys.argv[1:]
    service = LaunchService(argv=arguments)
    pairs = [argument.split(':=', 1) for argument in arguments]
    service.include_launch_description(LaunchDescription([
        RegisterEventHandler(OnProcessStart(on_start=started)),
        RegisterEventHandler(OnProcessExit(on_exit=exited)),
        IncludeLaunchDescription(PythonLaunchDescriptionSource(file), launch_arguments=pairs)]))
    return service.run()


if __name__ == '__main__':
    sys.exit(main())
