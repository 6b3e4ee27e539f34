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

"""Parameters of cameras: those of one, and those of all that a camera has not set for itself."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from difflib import get_close_matches
import logging

from rclpy.node import Node

from ...core.errors import ParameterError
from ...core.protocol.strict_json import shorten
from ...core.settings.parameters import parameters_of, with_values
from ...core.settings.robot_settings import (
    ALL_CAMERAS, camera_prefix, CameraOptions, CameraTopicSettings,
)
from ...ros.parameters import (
    allow_changes, declare_parameters, follow_changes, given_parameters, undeclared_parameters,
)

logger = logging.getLogger(__name__)
_GROUP = 'cameras.'
_DEFAULTS = camera_prefix(ALL_CAMERAS)
_OPTIONS = [row.name for row in parameters_of(CameraOptions())]
_SETTINGS = [row.name for row in parameters_of(CameraTopicSettings())]
# Characters of a label.
_MAX_LABEL = 64
# Similarity from 0 to 1 from which on an unknown name counts as a misspelt one (difflib).
_MISSPELT = 0.6


class CameraParameters:
    """
    Declares ``cameras.default.*`` and ``cameras.NAME.*``, and lets them change.

    At the start, and then in the executor's thread.

    :raises ParameterError: a value of ``cameras.default.*`` is not allowed
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        defaults = self._defaults = declare_parameters(node, CameraOptions(), _DEFAULTS)
        # Full names of the cameras' parameters that have the value of all cameras, by its name.
        self._followers: dict[str, set[str]] = {_DEFAULTS + name: set() for name in _OPTIONS}
        # Those that were found under other spellings of a camera's name.
        self._known: set[str] = set()
        check_options(defaults, _DEFAULTS)
        follow_changes(node, lambda name: sorted(self._followers.get(name, ())))
        allow_changes(node, defaults, _DEFAULTS, lambda new: check_options(new, _DEFAULTS),
                      self._take_defaults)

    def _take_defaults(self, defaults: CameraOptions) -> None:
        self._defaults = defaults

    def declare(self, name: str, apply: Callable[[CameraTopicSettings], object]
                ) -> CameraTopicSettings:
        """
        Declare the parameters of a camera and return their values.

        :param apply: takes them after a change, in the executor's thread
        :raises ParameterError: a value is not allowed, or the name is that of the group of all
        """
        prefix = camera_prefix(name)
        if name == ALL_CAMERAS:
            raise ParameterError(
                f'its name is that of cameras.{ALL_CAMERAS}.*, the parameters of all cameras; '
                f'give it another one in cameras.names, and its topic by cameras.NAME.topic')
        settings = with_values(
            replace(CameraTopicSettings(), **vars(self._defaults)), self._aliases(prefix), prefix)
        settings = declare_parameters(self._node, settings, prefix)
        self._check(settings, prefix)
        given = {spelling(given) for given in given_parameters(self._node)}
        for option in _OPTIONS:
            if prefix + option not in given:
                self._followers[_DEFAULTS + option].add(prefix + option)

        def take(new: CameraTopicSettings) -> None:
            self._stop_to_follow(prefix, new)
            apply(new)

        allow_changes(self._node, settings, prefix, lambda new: self._check(new, prefix), take)
        return settings

    def _aliases(self, prefix: str) -> dict[str, object]:
        """Return values that were given with slashes in the camera's name."""
        found = {}
        for name, value in given_parameters(self._node).items():
            if name != spelling(name) and spelling(name).startswith(prefix) and (
                    spelling(name).removeprefix(prefix) in _SETTINGS):
                found[spelling(name)] = value
                self._known.add(name)
        return found

    def _stop_to_follow(self, prefix: str, new: CameraTopicSettings) -> None:
        """Note which parameters have another value now than that of all cameras."""
        for row in parameters_of(CameraOptions()):
            of_all = row.check(self._node.get_parameter(_DEFAULTS + row.name).value)
            if getattr(new, row.name) != of_all:
                self._followers[_DEFAULTS + row.name].discard(prefix + row.name)

    def _check(self, settings: CameraTopicSettings, prefix: str) -> None:
        check_options(settings, prefix)
        if len(settings.label) > _MAX_LABEL or not settings.label.isprintable():
            raise ParameterError(f'parameter {prefix}label is {shorten(settings.label)}, allowed '
                                 f'are up to {_MAX_LABEL} printable characters')

    @property
    def given(self) -> list[str]:
        """Return the names of all that were given for cameras, known or not."""
        return [name for name in given_parameters(self._node)
                if name.startswith(_GROUP) and '.' in spelling(name).removeprefix(_GROUP)]

    def unknown(self, cameras: Iterable[str], *, others_may_come: bool) -> dict[str, str]:
        """
        Return sentences about the parameters that were given and belong to no camera.

        Each goes by a parameter; those of one camera that is not there have one in common.

        :param cameras: names of those that there are
        :param others_may_come: cameras that are not there yet may be meant
        :raises ParameterError: one can never be meant
        """
        cameras = list(cameras)
        found: dict[str, str] = {}
        waiting: dict[str, list[str]] = {}
        undeclared = set(undeclared_parameters(self._node)) - self._known
        for name in filter(undeclared.__contains__, self.given):
            camera, _, option = spelling(name).removeprefix(_GROUP).rpartition('.')
            closest = self._closest(camera, option, cameras)
            sentence = f'parameter {name} is not known' + (
                f'; is it {closest}?' if closest else '')
            if camera == ALL_CAMERAS or not others_may_come:
                raise ParameterError(sentence if closest else (
                    f'{sentence}; a camera has: ' + ', '.join(_SETTINGS)))
            if is_misspelt(name):
                found[name] = sentence
            else:
                waiting.setdefault(camera, []).append(name)
        for camera, (first, *more) in waiting.items():
            closest = self._closest(camera, first.rpartition('.')[2], cameras)
            names = f'{first} and {len(more)} more' if more else first
            others = f'; there are: {", ".join(cameras)}' if cameras else ''
            found[first] = f'{names}: for a camera that is not there' + (
                f'; is it {closest}?' if closest else others)
        return found

    @staticmethod
    def _closest(camera: str, option: str, cameras: list[str]) -> str:
        """Return the parameter that may be meant by an unknown one, empty if there is none."""
        options = _OPTIONS if camera == ALL_CAMERAS else _SETTINGS
        meant = option if option in options else next(
            iter(get_close_matches(option, options, 1, _MISSPELT)), '')
        dotted = [name.replace('/', '.') for name in [*cameras, ALL_CAMERAS]]
        # front for front.image_raw.
        whole = {name.removesuffix('.image_raw'): name for name in dotted}
        whole |= {name: name for name in dotted}
        whose = whole.get(camera) or next(
            (name for name in dotted if name.startswith(f'{camera}.')), None) or next(
            (whole[name] for name in get_close_matches(camera, whole, 1, _MISSPELT)), '')
        if not meant or not whose and option in options:
            return ''
        return f'{_GROUP}{whose or camera}.{meant}'


def spelling(name: str) -> str:
    """Return a parameter's name with dots for the slashes of a camera's topic."""
    group, dot, rest = name.partition('.')
    return group + dot + rest.strip('/').replace('/', '.')


def is_misspelt(name: str) -> bool:
    """Tell whether no camera has a parameter of this name."""
    return name.rpartition('.')[2] not in _SETTINGS


def check_options(options: CameraOptions, prefix: str) -> None:
    """
    Check options that depend on each other.

    :raises ParameterError: they do not fit together
    """
    near, far = options.depth_min, options.depth_max
    if far <= near:
        raise ParameterError(f'parameter {prefix}depth_max is {far:g}, allowed is more than '
                             f'{prefix}depth_min, {near:g} m')
