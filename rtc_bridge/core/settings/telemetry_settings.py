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

"""The parameters of what viewers see besides cameras."""

from dataclasses import dataclass

from .parameters import parameter
from ..telemetry.member_path import MemberPath
from ..telemetry.threshold import THRESHOLD_FORMS, threshold_text

# Characters of a label, and of a unit.
MAX_LABEL = 64
_MAX_UNIT = 16


def member_text(value: object) -> str:
    """
    Return the value of a parameter that is the path to a member, or empty.

    :raises ValueError: it is neither
    """
    if not isinstance(value, str):
        raise ValueError(value)
    if value:
        MemberPath(value)
    return value


def _printable(value: object, limit: int) -> str:
    if not isinstance(value, str) or len(value) > limit or not value.isprintable():
        raise ValueError(value)
    return value


def label_text(value: object) -> str:
    """
    Return the value of a parameter that is a label.

    :raises ValueError: it is none
    """
    return _printable(value, MAX_LABEL)


def _unit_text(value: object) -> str:
    return _printable(value, _MAX_UNIT)


LABEL_FORMS = f'a text of up to {MAX_LABEL} printable characters'
PATH_FORMS = ("a path of members like 'temperature', 'status[0].level' or "
              "'status[wifi].values[level].value'")


@dataclass(frozen=True)
class TelemetrySettings:
    """What viewers see besides cameras: ``telemetry.*``."""

    battery: str = parameter(
        'battery_state', 'topic of type sensor_msgs/BatteryState that viewers see; empty: no '
        'topic')
    odometry: str = parameter(
        'odom', 'topic of type nav_msgs/Odometry whose speed and heading viewers see; empty: no '
        'topic')
    topics: tuple[str, ...] = parameter(
        (), 'further topics, of any type, whose messages viewers see; or names of your choice '
        'that have telemetry.NAME.topic')
    rate: float = parameter(5.0, 'most messages of each topic', unit='Hz', low=0.1, high=20.0)


@dataclass(frozen=True)
class TelemetryTopicSettings:
    """One of the topics: ``telemetry.NAME.*``."""

    topic: str = parameter('', 'topic; empty: NAME')
    label: str = parameter(
        '', 'what viewers read in place of NAME; empty: the name of the topic', read=label_text,
        forms=LABEL_FORMS)
    member: str = parameter(
        '', 'the one member that is shown; text in brackets is the name or key of an item; empty: '
        'the whole message', read=member_text, forms=f'empty, or {PATH_FORMS}')
    unit: str = parameter(
        '', 'unit after the value; dBm: bars besides (dBm RSRP: those of LTE); empty: that of the '
        'type, if it has one', read=_unit_text,
        forms=f'a text of up to {_MAX_UNIT} printable characters')
    digits: int = parameter(-1, 'digits after the point; -1: as the value has them', low=-1,
                            high=9)
    amber: str = parameter('', 'values that are a warning', read=threshold_text,
                           forms=THRESHOLD_FORMS)
    red: str = parameter('', 'values that are an alarm', read=threshold_text,
                         forms=THRESHOLD_FORMS)
    sparkline: bool = parameter(False, 'whether the last minute is drawn beside the value')


# Members of the group that are no names of topics.
RESERVED_NAMES = ('battery', 'odometry', 'topics', 'rate')


def group_name(name: str) -> str:
    """Return a name of a list as the part of parameters' names; slashes become dots."""
    return name.strip('~/').replace('/', '.')
