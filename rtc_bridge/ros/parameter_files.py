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

"""The files of parameters that a program was given, and what of them does not reach its node."""

from collections.abc import Collection, Iterator
from pathlib import Path
import sys

from rclpy.node import Node
import yaml

from .parameters import given_parameters, undeclared_parameters
from ..core.errors import ParameterError
from ..core.settings.parameter_files import (
    misplaced, ParameterSection, read_sections, unused_sections)

# A file of all parameters has 20 kB; what is much larger is none.
_MAX_BYTES = 4 << 20


def explain_refused_files(args: list[str] | None) -> str:
    """
    Return what is wrong with the files of parameters, with name and reason; '' if nothing is seen.

    :param args: the command line; ``None``: that of the process
    """
    for path in _files(sys.argv if args is None else args):
        try:
            read_sections(_load(path))
        except ParameterError as error:
            return f'file of parameters {path}: {error}'
    return ''


def unused_parameters(node: Node, known: Collection[str], siblings: Collection[str],
                      of_siblings: Collection[str] = (), shares: bool = False) -> list[str]:
    """
    Return in sentences which given parameters the node does not use, though they seem to be its.

    :param known: names of the node's parameters
    :param siblings: names of nodes, without namespace, that may share its files
    :param of_siblings: names of their parameters
    :param shares: as for :func:`unused_sections`
    """
    full_name = node.get_fully_qualified_name()
    given = given_parameters(node)
    texts = []
    for path in _files(sys.argv):
        try:
            document = _load(path)
        except ParameterError:
            # ROS could read it; so it is in order, whatever it is here.
            continue
        try:
            texts += unused_sections(
                path, read_sections(document), full_name, given, known, siblings, shares)
        except ParameterError as error:
            texts.append(f'The file of parameters {path} sets nothing: {error}.')
    for name, node_name in _named_arguments(sys.argv):
        section = ParameterSection(f'/{node_name.lstrip("/")}', node_name, (name,))
        texts += unused_sections('the arguments', [section], full_name, given, known, siblings)
    groups = {name.split('.')[0] for name in (*known, *of_siblings) if '.' in name}
    for name in undeclared_parameters(node):
        # Those in a group of this package are refused, or of a camera that is declared later.
        is_foreign = (name not in known and name not in of_siblings
                      and name.split('.')[0] not in groups)
        meant = misplaced(name, known) if is_foreign else ''
        if meant:
            texts.append(f'Parameter {name} is not known to {full_name}, and is not used. '
                         f'Is it to be {meant}?')
    return texts


class _Loader(yaml.BaseLoader):  # type: ignore[misc]  # PyYAML has no types here.
    """
    Reads the structure of YAML, each value as a text.

    Values are not looked at, since PyYAML fails at some that are texts for ROS (``2026-13-01``).
    """

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        """Refuse aliases, as ROS does: a few lines of them may stand for millions."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.composer.ComposerError(
                None, None, 'ROS knows no aliases (*)', self.peek_event().start_mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        return node


def _load(path: str) -> object:
    """
    Return the content of a file.

    :raises ParameterError: it cannot be read, or is not YAML
    """
    try:
        with Path(path).open(encoding='utf-8') as file:
            text = file.read(_MAX_BYTES)
        # A BaseLoader makes texts, lists and mappings only.
        document: object = yaml.load(text, Loader=_Loader)
        return document
    except RecursionError:
        raise ParameterError('it is nested too deep') from None
    except OSError as error:
        raise ParameterError(error.strerror or str(error)) from None
    except UnicodeDecodeError:
        raise ParameterError('it is not YAML: it is no text in UTF-8') from None
    except yaml.YAMLError as error:
        mark = getattr(error, 'problem_mark', None)
        line = f' in line {mark.line + 1}' if mark is not None else ''
        problem = getattr(error, 'problem', None) or str(error).partition('\n')[0]
        raise ParameterError(f'it is not YAML{line}: {problem}') from None


def _ros_arguments(args: list[str]) -> Iterator[tuple[str, str]]:
    """Return each argument for ROS with the one behind it (--ros-args to --)."""
    inside = False
    for word, following in zip(args, [*args[1:], '']):
        if word == '--ros-args':
            inside = True
        elif word == '--':
            inside = False
        elif inside:
            yield word, following


def _files(args: list[str]) -> list[str]:
    return [following for word, following in _ros_arguments(args) if word == '--params-file']


def _named_arguments(args: list[str]) -> list[tuple[str, str]]:
    """Return the parameters of ``-p NODE:NAME:=VALUE``: their names, and those of the nodes."""
    found = []
    for word, following in _ros_arguments(args):
        if word in ('-p', '--param'):
            node_name, _, name = following.partition(':=')[0].rpartition(':')
            if node_name:
                found.append((name, node_name))
    return found
