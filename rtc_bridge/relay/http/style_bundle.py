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
The page's stylesheets, each joined with those that it imports, and made short.

A browser computes all styles anew with each stylesheet that comes. The files stay as they are for
people and for other servers.
"""

from collections.abc import Iterator
from pathlib import Path
import re

_STRING = rb'"(?:[^"\\]|\\.)*"|' rb"'(?:[^'\\]|\\.)*'"
_COMMENT = re.compile(rb'(' + _STRING + rb')|/\*(?:(?!\*/).)*\*/', re.DOTALL)
_BLANK = re.compile(rb'(' + _STRING + rb')|\s*([{};,])\s*|\s+', re.DOTALL)
# Those of the page, which are plain names of files.
_IMPORT = re.compile(rb"^@import '([\w./-]+)';$", re.MULTILINE)
# Every other one, and what is found beside the file, would be lost when it is joined.
_UNKNOWN = re.compile(rb'@import[^;]*|url\((?!data:)[^)]*')


def join_styles(folder: Path) -> dict[str, bytes]:
    """
    Return each stylesheet of a folder, with those that it imports before it, by its path there.

    :raises OSError: a file cannot be read
    :raises ValueError: one imports itself or what is not in the folder, or has another form that
        cannot be joined; the text names it
    """
    folder = folder.resolve()
    return {file.relative_to(folder).as_posix(): b''.join(_parts(folder, file, ()))
            for file in folder.rglob('*.css')}


def _parts(folder: Path, file: Path, above: tuple[Path, ...]) -> Iterator[bytes]:
    """Yield the texts of a stylesheet and of those that it imports, as they count."""
    name = file.relative_to(folder).as_posix()
    if file in above:
        raise ValueError(f'{name} imports itself')
    text = file.read_bytes()
    for imported in _IMPORT.findall(text):
        target = file.parent.joinpath(imported.decode()).resolve()
        if not target.is_relative_to(folder) or not target.is_file():
            raise ValueError(f'{name} imports {imported.decode()}, which is no file of the page')
        yield from _parts(folder, target, (*above, file))
    text = _COMMENT.sub(lambda part: part[1] or b'', _IMPORT.sub(b'', text))
    if unknown := _UNKNOWN.search(text):
        raise ValueError(f'{name}: stylesheets that have this form cannot be joined: '
                         f'{unknown[0][:80].decode(errors="replace")}')
    yield _BLANK.sub(lambda part: part[1] or part[2] or b' ', text).strip()
