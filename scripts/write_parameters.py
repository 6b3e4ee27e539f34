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
Write docs/parameters.md from the settings' dataclasses.

Usage: python3 scripts/write_parameters.py. It needs the standard library only.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
import json
from pathlib import Path
import sys
import textwrap

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from rtc_bridge.core.settings.action_settings import ActionServiceSettings  # noqa: E402
from rtc_bridge.core.settings.local_service_settings import LocalServiceSettings  # noqa: E402
from rtc_bridge.core.settings.parameters import Parameter, parameters_of, Settings  # noqa: E402
from rtc_bridge.core.settings.relay_settings import RelaySettings  # noqa: E402
from rtc_bridge.core.settings.robot_settings import (  # noqa: E402
    CameraTopicSettings, RobotSettings)
from rtc_bridge.core.settings.telemetry_settings import TelemetryTopicSettings  # noqa: E402
from rtc_bridge.system.files.setting_sources import (  # noqa: E402
    command_line_flag, environment_variable)

PAGE = ROOT / 'docs' / 'parameters.md'
COLUMNS = 115

HEAD = """\
# Parameters

`scripts/write_parameters.py` writes this page from `rtc_bridge/core/settings/`.
Do not edit it by hand.

- [Robot](#robot): parameters of the nodes `bridge` and `cmd_vel_guard`
- [Cameras](#cameras): parameters of one camera
- [Telemetry topics](#telemetry-topics): parameters of one topic
- [Action services](#action-services): parameters of one service
- [Local services](#local-services): parameters of one program on the robot
- [Relay](#relay): settings of `rtc-bridge relay`

A value that is not allowed stops the start, and the message names it.
Parameters marked *live* can be changed while the bridge runs, by `ros2 param set`.
All others need a restart.
[config/robot.yaml](../config/robot.yaml) and [config/relay.toml](../config/relay.toml) have
all of them with their defaults.
"""
CAMERAS = """
## Cameras

Each camera has these parameters, under `cameras.NAME.`.
`NAME` is a name from `cameras.names`.
For a topic that a pattern has found, `NAME` is the topic with dots for its slashes:
`front.image_raw`.
`cameras.default.max_fps` is for all cameras that have no value of their own.
So are the others, but for `topic` and `label`.
"""
TELEMETRY = """
## Telemetry topics

Each entry in `telemetry.topics` has these parameters, under `telemetry.NAME.`.
`NAME` is the entry without the slash at its start, with dots for the other slashes: `imu.data`.
"""
ACTIONS = """
## Action services

Each entry in `actions.services` has these parameters, under `actions.NAME.`.
`NAME` is the entry without its type and the slash at its start, with dots for the other
slashes: `arm.lamp`.
"""
SERVICES = """
## Local services

Each name in `services.names` has these parameters, under `services.NAME.`.
"""
RELAY = """
## Relay

A setting is an option, an environment variable, or a line in the file that `--config` names.
The first of these that is given counts.
Tokens can also be in `RTC_BRIDGE_RELAY_TOKENS`, separated by spaces.
"""


def sentence(text: str) -> str:
    """Return a description as a sentence; a value or URL at its start keeps its letters."""
    first = text.split()[0]
    if first.isalpha() and first not in ('https', 'http'):
        text = first.capitalize() + text[len(first):] if first.islower() else text
    return text.removesuffix('.') + '.'


def entry(row: Parameter, *more: str) -> str:
    """Return the lines of one parameter."""
    default = json.dumps(row.default if not isinstance(row.default, tuple) else list(row.default))
    facts = [f'`{row.name}`' + (' (live)' if row.live else ''),
             f'default `{default}`', row.allowed() + '.']
    first = textwrap.wrap('; '.join(facts), COLUMNS)
    lines = [*first, *textwrap.wrap(sentence(row.description), COLUMNS), *more]
    return '- ' + '\n  '.join(lines) + '\n'


def groups(settings: Settings) -> Iterator[tuple[str, Settings]]:
    """Return the groups of settings by name, and last the empty name for what has none."""
    for item in fields(settings):
        value = getattr(settings, item.name)
        if is_dataclass(value):
            yield item.name, value


def page() -> str:
    """Return the whole page."""
    robot, relay = RobotSettings(), RelaySettings()
    parts = [HEAD, '\n## Robot\n\n']
    parts += [entry(row) for row in parameters_of(robot) if '.' not in row.name]
    for name, group in groups(robot):
        summary = (type(group).__doc__ or '').strip().splitlines()[0].partition(':')[0]
        parts.append(f'\n### {name}\n\n{sentence(summary)}\n\n')
        parts += [entry(row) for row in parameters_of(group, f'{name}.')]
    parts += [CAMERAS, '\n']
    parts += [entry(row) for row in parameters_of(CameraTopicSettings(), 'cameras.NAME.')]
    parts += [TELEMETRY, '\n']
    parts += [entry(row) for row in parameters_of(TelemetryTopicSettings(), 'telemetry.NAME.')]
    parts += [ACTIONS, '\n']
    parts += [entry(row) for row in parameters_of(ActionServiceSettings(), 'actions.NAME.')]
    parts += [SERVICES, '\n']
    parts += [entry(row) for row in parameters_of(LocalServiceSettings(), 'services.NAME.')]
    parts += [RELAY, '\n']
    for row in parameters_of(relay):
        option = command_line_flag(row.name) + ('' if row.name == 'open' else ' VALUE')
        parts.append(entry(
            row, f'Option `{option}`, environment `{environment_variable(row.name)}`.'))
    return ''.join(parts)


def main() -> None:
    """Write the page."""
    PAGE.write_text(page())


if __name__ == '__main__':
    main()
