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
The command ``rtc-bridge``, and the entry points of the ROS executables.

Everything is imported late: the relay starts on a host without ROS, a missing or too old library
is reported before its import fails, and signals during the imports end the process quietly.
"""

from importlib import import_module
import os
import sys

from . import __version__
from .core.errors import DependencyError, REFUSED
from .system.processes.early_signals import ended_by_signals

PROGRAMS = {
    'demo': 'a simulated robot with everything around it, and a link to drive it',
    'relay': 'serve the page and connect it with robots (needs no ROS)',
    'invite': 'make a link that lets somebody see or drive this robot, or take it back',
    'doctor': 'check the set-up, and say what to do about what is wrong',
    'view': "open a link with this computer's own copy of the page, not the relay's",
    'forward': 'a port here that leads to a program on the robot, such as ssh (needs no ROS)',
    'bridge': 'ROS node on the robot: camera topics to browsers, commands back',
    'cmd-vel-guard': 'ROS node on the robot: the only publisher on cmd_vel, stops what goes stale',
    'sim-robot': 'ROS node: a simulated robot with a camera',
    'play-video': 'ROS node: a video file or image folder as a camera',
}
# The programs that parse options of their own. The others take ROS arguments only.
_WITH_OPTIONS = ('demo', 'relay', 'invite', 'doctor', 'view', 'forward')
# Those that end by themselves: interrupted they have not done their work. The others run until
# somebody ends them.
_ONE_SHOT = ('invite', 'doctor')
# The exit status of a command that SIGINT has ended, as shells have it.
_INTERRUPTED = 130


def _usage() -> str:
    lines = [f'  {name:<15}{text}' for name, text in PROGRAMS.items()]
    return '\n'.join(['usage: rtc-bridge PROGRAM [OPTIONS] [--ros-args ...]', '', 'programs:',
                      *lines, '', 'rtc-bridge PROGRAM --help tells its options, '
                      'rtc-bridge --version the version.'])


def _refuse_options(program: str, option: str) -> int:
    """Print the help of a program that takes ROS arguments only; return the exit status."""
    if option in ('-h', '--help'):
        print(f'usage: rtc-bridge {program} [--ros-args -p NAME:=VALUE ... '
              f'--params-file FILE]\n{PROGRAMS[program]}\n'
              'Every parameter, with its range: ros2 param describe; of bridge and guard also '
              'config/robot.yaml')
        return 0
    print(f'rtc-bridge {program}: {option!r} is not known; parameters follow --ros-args',
          file=sys.stderr)
    return REFUSED


def run(program: str, arguments: list[str]) -> int:
    """
    Run one program with its arguments; return its exit status.

    :param program: a key of ``PROGRAMS``
    """
    own = arguments[:arguments.index('--ros-args')] if '--ros-args' in arguments else arguments
    if program not in _WITH_OPTIONS and own:
        return _refuse_options(program, own[0])
    # rclpy, argparse and the programs read the command line from here.
    sys.argv = [f'rtc-bridge {program}', *arguments]
    interrupted = _INTERRUPTED if program in _ONE_SHOT else 0
    try:
        with ended_by_signals(interrupted):
            import_module('rtc_bridge.system.dependency_check').check(program)
            module = import_module(f'rtc_bridge.nodes.{program.replace("-", "_")}')
        return module.main() or 0
    except DependencyError as error:
        print(f'rtc-bridge {program}: {error}', file=sys.stderr)
        return REFUSED
    except ImportError as error:
        if (error.name or '').partition('.')[0] == __package__:
            raise
        remedy = import_module('rtc_bridge.system.import_faults').import_remedy(str(error))
        print(f'rtc-bridge {program}: a library cannot be imported: {error}. {remedy}',
              file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        # Ctrl-C before the program handles SIGINT, if it ever does.
        return interrupted
    finally:
        _flush()


def _flush() -> None:
    """
    Write what was printed, or drop it where nobody reads it any more, as after launch has died.

    Python would print a traceback at its end, and exit with status 120.
    """
    try:
        print(end='', flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main() -> int:
    """Run ``rtc-bridge`` with the process's arguments; return its exit status."""
    program, *rest = sys.argv[1:] or ['']
    if program in ('-h', '--help', 'help'):
        print(_usage())
        return 0
    if program == '--version':
        print(f'rtc-bridge {__version__}')
        return 0
    if program not in PROGRAMS:
        fault = f'there is no program {program!r}' if program else 'which program?'
        print(f'rtc-bridge: {fault}\n\n{_usage()}', file=sys.stderr)
        return REFUSED
    return run(program, rest)


def bridge() -> int:
    """Run the ROS executable ``bridge``."""
    return run('bridge', sys.argv[1:])


def cmd_vel_guard() -> int:
    """Run the ROS executable ``cmd_vel_guard``."""
    return run('cmd-vel-guard', sys.argv[1:])


def doctor() -> int:
    """Run the ROS executable ``doctor``."""
    return run('doctor', sys.argv[1:])


def play_video() -> int:
    """Run the ROS executable ``play_video``."""
    return run('play-video', sys.argv[1:])


def relay() -> int:
    """Run the ROS executable ``relay``."""
    return run('relay', sys.argv[1:])


def sim_robot() -> int:
    """Run the ROS executable ``sim_robot``."""
    return run('sim-robot', sys.argv[1:])


if __name__ == '__main__':
    sys.exit(main())
