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
Whether a file of parameters reaches the node that it was given to.

ROS takes from a file what stands below the node's full name or a pattern of it, and ignores the
rest without a word: a limit below another name limits nothing.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches, SequenceMatcher

from ..errors import ParameterError

_PARAMETERS = 'ros__parameters'
# Similarity from 0 to 1 from which on the name of a section counts as this node's (difflib).
_SIMILAR = 0.5
# Names in one warning; more of them are counted.
_MAX_NAMES = 4


@dataclass(frozen=True)
class ParameterSection:
    """
    The parameters of a file below one name of a node.

    :param node: the name or pattern, as ROS reads it: ``/r1/rtc_bridge``, ``/**``
    :param written: the same as the file has it
    :param names: full names of the parameters, with dots
    """

    node: str
    written: str
    names: tuple[str, ...]

    def is_for(self, full_name: str, given: Collection[str]) -> bool:
        """
        Tell whether a node gets these parameters.

        :param given: names of all parameters that the node was given
        """
        if '*' in self.node and self.node != '/**':
            return set(self.names) <= set(given)
        return self.node in (full_name, '/**')


def read_sections(document: object) -> list[ParameterSection]:
    """
    Return the sections of a file.

    :param document: the file's content, as a YAML library reads it
    :raises ParameterError: it has no parameters that ROS would find
    """
    sections = list(_sections(document, ()))
    if not sections:
        found = ', '.join(f'{key}:' for key in document) if isinstance(document, Mapping) else (
            'no names at all' if document in (None, '') else 'no names, but a value')
        raise ParameterError(
            f'it has no {_PARAMETERS}: (found: {found}). Below the name of a node, or /**:, there '
            f'has to be {_PARAMETERS}:, and the parameters below that')
    return sections


def _sections(document: object, path: tuple[str, ...]) -> Iterator[ParameterSection]:
    if not isinstance(document, Mapping):
        return
    for key, value in document.items():
        if key == _PARAMETERS:
            written = '/'.join(part.strip('/') for part in path)
            leading = '/' if path and path[0].startswith('/') else ''
            yield ParameterSection(f'/{written}', f'{leading}{written}',
                                   tuple(_names(value, '')))
        else:
            yield from _sections(value, (*path, str(key)))


def _names(value: object, prefix: str) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _names(item, f'{prefix}.{key}' if prefix else str(key))
    elif prefix:
        yield prefix


def unused_sections(file: str, sections: Collection[ParameterSection], full_name: str,
                    given: Collection[str], known: Collection[str],
                    siblings: Collection[str] = (), shares: bool = False) -> list[str]:
    """
    Return what to tell about a file's sections that do not reach the node, though they should.

    :param file: its path
    :param full_name: of the node, as ``/r1/rtc_bridge``
    :param given: names of all parameters that the node was given
    :param known: names of the parameters that the node has
    :param siblings: names of nodes, without namespace, that may share the file
    :param shares: what siblings are given is meant for this node, too, as far as it has it
    """
    groups = {name.split('.')[0] for name in known if '.' in name}
    reached = [section for section in sections if section.is_for(full_name, given)]
    namespace, _, base = full_name.rpartition('/')
    texts = []
    for section in sections:
        place, _, other = section.node.rpartition('/')
        if section in reached:
            continue
        lost = [name for name in section.names
                if name in known or other not in siblings and name.split('.')[0] in groups]
        if other in siblings:
            wanted = [name for name in lost if name not in given]
            if reached and not (shares and wanted and place in ('', namespace)):
                continue
            lost = wanted
        if not lost and (reached or other in siblings):
            continue
        # With a section of its own, one for the same node in another namespace is another robot's.
        if reached and other not in siblings and (
                other == base or SequenceMatcher(None, other, base).ratio() < _SIMILAR):
            continue
        texts.append(_text(file, section, full_name, lost))
    return texts


def _text(file: str, section: ParameterSection, full_name: str, lost: list[str]) -> str:
    if not lost:
        return (f'The file of parameters {file} has nothing for this node: it has '
                f'{section.written}:, and the node is {full_name}.')
    names = ', '.join(lost[:_MAX_NAMES])
    more = f' and {len(lost) - _MAX_NAMES} more' if len(lost) > _MAX_NAMES else ''
    return (f'Parameters are not used: {names}{more} in {file} stand below {section.written}:, '
            f'and this node is {full_name}. Write {full_name}: or /**: there.')


def misplaced(name: str, known: Collection[str]) -> str:
    """
    Return which parameter an unknown name stands for that is at another depth; '' if none is near.

    As ``max_linear_x`` for ``teleop.max_linear_x``, ``rtc_bridge.teleop.max_linear_x``, or
    ``drive.max_linear_x``.
    """
    for one in known:
        if '.' in one and name.endswith(f'.{one}'):
            return one
    leaf = name.rpartition('.')[2]
    leaves = [one.rpartition('.')[2] for one in known]
    # A misspelt one is recognised without a group, too.
    near = [leaf] if leaf in leaves or '.' in name else get_close_matches(leaf, leaves, 1, 0.85)
    meant = [one for one in known if '.' in one and one.rpartition('.')[2] in near]
    return meant[0] if len(meant) == 1 else ''
