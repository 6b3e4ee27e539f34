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

"""The parameters of the topics in ``telemetry.topics``."""

from dataclasses import dataclass

from rclpy.node import Node

from ...core.errors import ParameterError
from ...core.protocol.strict_json import shorten
from ...core.settings.telemetry_settings import (
    group_name, RESERVED_NAMES, TelemetrySettings, TelemetryTopicSettings,
)
from ...ros.parameters import declare_parameters

# Topics besides battery and odometry; a viewer gets a message with all of them at the rate.
MAX_TOPICS = 32


@dataclass(frozen=True)
class TelemetryEntry:
    """
    One entry of ``telemetry.topics``.

    :ivar name: as viewers get it: the full name of the topic, or the name that was chosen
    :ivar topic: its full name
    """

    name: str
    topic: str
    settings: TelemetryTopicSettings

    @property
    def display(self) -> dict[str, object]:
        """Return how a page shows the values, without what is empty."""
        settings, shown = self.settings, {}
        for name in ('label', 'unit'):
            if getattr(settings, name):
                shown[name] = getattr(settings, name)
        if settings.digits >= 0:
            shown['digits'] = settings.digits
        if settings.sparkline:
            shown['sparkline'] = True
        return shown


def resolve_topic(node: Node, parameter: str, name: str) -> str:
    """
    Return the full name of a topic.

    :param parameter: that has it
    :raises ParameterError: it is no name of a topic
    """
    try:
        return str(node.resolve_topic_name(name))
    except (ValueError, RuntimeError) as error:
        raise ParameterError(f'parameter {parameter} has {shorten(name)}, allowed are names '
                             f'of topics: {str(error).splitlines()[0]}') from None


def declare_topics(node: Node, settings: TelemetrySettings) -> list[TelemetryEntry]:
    """
    Declare ``telemetry.NAME.*`` of each listed topic, and return them.

    :raises ParameterError: an entry or a value is not allowed, or there are too many entries
    """
    if len(settings.topics) > MAX_TOPICS:
        raise ParameterError(f'parameter telemetry.topics has {len(settings.topics)} entries, '
                             f'at most {MAX_TOPICS} are allowed')
    found: list[TelemetryEntry] = []
    # The first entry of each group of parameters: as written, and as its full name.
    first: dict[str, tuple[str, str]] = {}
    for written in settings.topics:
        topic = resolve_topic(node, 'telemetry.topics', written)
        group = group_name(written)
        # Reserved names have no parameters that two entries could share.
        reserved = group in RESERVED_NAMES
        key = topic if reserved else group
        if key in first:
            other, meant = first[key]
            if meant == topic:
                # Another spelling of the same.
                continue
            raise ParameterError(
                f'parameter telemetry.topics has {shorten(other)} and {shorten(written)}, which '
                f'share the parameters telemetry.{group}.*: give one another name, with '
                'telemetry.NAME.topic')
        first[key] = written, topic
        options = TelemetryTopicSettings()
        if not reserved:
            options = declare_parameters(node, options, f'telemetry.{group}.')
        name = topic
        if options.topic:
            name, topic = written, resolve_topic(
                node, f'telemetry.{group}.topic', options.topic)
        found.append(TelemetryEntry(name, topic, options))
    return found
