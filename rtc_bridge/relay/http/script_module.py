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

"""A JavaScript module of the page: its text made short, its imports and its exports."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
import posixpath
import re

_TOKEN = re.compile(
    r"""(?P<plain>[^'"`/{}]+)
      | (?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
      | (?P<regex>/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*)
      | (?P<sign>.)""", re.DOTALL | re.VERBOSE)
_TEMPLATE_PART = re.compile(r'(?:[^`\\$]|\\.|\$(?!\{))*', re.DOTALL)
# What a slash after which divides; after anything else it begins a regular expression.
_BEFORE_DIVISION = re.compile(
    r'[\])}\w$](?<!\breturn)(?<!\btypeof)(?<!\bcase)(?<!\bin)(?<!\bof)(?<!\bawait)\s*$')

# Spaces that no script needs; between two signs of plus or minus they are needed.
_AROUND_SIGN = re.compile(r' ?([=<>&|?:,;()\[\]!]) ?')

_NAMES = r'\{([^{}]*)\}'
_STATEMENT = re.compile(
    rf"""^(?:import\s+{_NAMES}\s+from\s+'([^'\n]+)';
          |export\s+{_NAMES}\s+from\s+'([^'\n]+)';
          |export\s+(?=(?:async\s+function|function\*?|class|const)\s+(\w+)))""",
    re.MULTILINE | re.VERBOSE)
_LOAD = re.compile(r"\bimport\('([^'\n]+)'\)")
# Every other use of these words; in the page's style each statement begins a line. A script that
# waited at its top level for one that it loads, which takes modules from it, would never go on.
_UNKNOWN = re.compile(r'^(?:import|export|await)\b.*|\bimport\s*[.(].*', re.MULTILINE)


@dataclass(frozen=True)
class Line:
    """A line of a module, and its number in the module's file, from 0."""

    text: str
    number: int


@dataclass(frozen=True)
class ScriptModule:
    """
    A module, parsed.

    :param path: in the page's folder, as ``ui/main.js``
    :param source: as it is written
    :param imports: paths of the modules that it imports or re-exports from, in its order, each
        with the names that it takes from there
    :param exports: names that it exports
    :param loads: paths of the modules that it loads by ``import()``
    """

    path: str
    source: str
    imports: dict[str, frozenset[str]]
    exports: tuple[str, ...]
    loads: tuple[str, ...]
    _code: str
    # Numbers of the lines that begin within a template literal.
    _literal_lines: frozenset[int]

    def lines(self, variable: Callable[[str], str], folder: str, *, inner: bool) -> list[Line]:
        """
        Return the module's lines as a part of another script, without indentation and blank lines.

        :param variable: gives the name of the variable that holds a module's exports, by its path
        :param folder: of that script, to which the paths in ``import()`` are changed
        :param inner: exports are not declared, as in the body of a function
        """
        def statement(found: re.Match[str]) -> str:
            names, source, again, source_again, name = found.groups()
            if name is not None:
                return '' if inner else found[0]
            module = _resolve(self.path, source or source_again)
            pairs = _pairs(again if names is None else names)
            taken = ', '.join(old if old == new else f'{old}: {new}' for old, new in pairs)
            text = f'const {{ {taken} }} = {variable(module)};'
            if names is None and not inner:
                text += f' export {{ {", ".join(new for _, new in pairs)} }};'
            # The lines that follow keep their numbers.
            return text + '\n' * found[0].count('\n')

        def load(found: re.Match[str]) -> str:
            path = posixpath.relpath(_resolve(self.path, found[1]), folder or '.')
            return f"import('{path if path.startswith('.') else './' + path}')"

        text = _LOAD.sub(load, _substitute(_STATEMENT, statement, self._code,
                                           self._literal_lines))
        lines = [line if number in self._literal_lines else line.strip()
                 for number, line in enumerate(text.split('\n'))]
        return [Line(line, number) for number, line in enumerate(lines)
                if line or number in self._literal_lines]


def read_module(folder: Path, path: str) -> ScriptModule:
    """
    Read and parse a module.

    :param folder: of the page
    :param path: in that folder
    :raises OSError: the file cannot be read
    :raises ValueError: a statement has a form that cannot be joined; the text names the file and
        the line
    """
    source = folder.joinpath(path).read_text()
    code, literal_lines = _strip(source, path)
    imports: dict[str, frozenset[str]] = {}
    exports: list[str] = []

    def note(found: re.Match[str]) -> str:
        names, target, again, target_again, name = found.groups()
        if name is not None:
            exports.append(name)
            return ''
        pairs = _pairs(again if names is None else names)
        module = _resolve(path, target or target_again)
        imports[module] = imports.get(module, frozenset()) | {old for old, _ in pairs}
        if names is None:
            exports.extend(new for _, new in pairs)
        return '\n' * found[0].count('\n')

    rest = _substitute(_STATEMENT, note, code, literal_lines)
    loads = tuple(_resolve(path, found[1]) for found in _LOAD.finditer(rest))
    _substitute(_UNKNOWN, partial(_refuse, path), _LOAD.sub('', rest), literal_lines)
    return ScriptModule(path, source, imports, tuple(exports), loads, code, literal_lines)


def _refuse(path: str, found: re.Match[str]) -> str:
    line = found.string.count('\n', 0, found.start()) + 1
    raise ValueError(f'{path}:{line}: scripts that have this form cannot be joined: '
                     f'{found[0][:80]!r}')


def _substitute(pattern: re.Pattern[str], change: Callable[[re.Match[str]], str], text: str,
                literal_lines: frozenset[int]) -> str:
    """Replace what matches, but not in lines that begin within a template literal."""
    def outside(found: re.Match[str]) -> str:
        if text.count('\n', 0, found.start()) in literal_lines:
            return found[0]
        return change(found)
    return pattern.sub(outside, text)


def _pairs(names: str) -> list[tuple[str, str]]:
    """Return each name in ``{ a, b as c }``, there and here."""
    pairs = [name.split(' as ') for name in map(str.strip, names.split(',')) if name]
    return [(pair[0].strip(), pair[-1].strip()) for pair in pairs]


def _resolve(path: str, target: str) -> str:
    """
    Return the path, in the page's folder, of what a module imports.

    :raises ValueError: it is not a file in that folder
    """
    resolved = posixpath.normpath(PurePosixPath(path).parent.joinpath(target).as_posix())
    if not target.startswith(('./', '../')) or resolved.startswith('../'):
        raise ValueError(f'{path} imports {target!r}, which is not a path in the folder of the '
                         'page')
    return resolved


def _strip(text: str, path: str) -> tuple[str, frozenset[int]]:
    """
    Remove comments and spaces around signs; every line keeps its number.

    Return the rest, and the numbers of the lines that begin within a template literal.
    """
    literal_lines: set[int] = set()
    parts: list[str] = []
    line = 0
    for kind, part in _tokens(text, path):
        breaks = part.count('\n')
        if kind == 'template':
            literal_lines.update(range(line + 1, line + breaks + 1))
        if kind == 'comment':
            part = '\n' * breaks or ' '
        elif kind == 'plain':
            part = _AROUND_SIGN.sub(r'\1', part)
        parts.append(part)
        line += breaks
    stripped = ''.join(parts).split('\n')
    return '\n'.join(one if number + 1 in literal_lines else one.rstrip()
                     for number, one in enumerate(stripped)), frozenset(literal_lines)


def _tokens(text: str, path: str) -> Iterator[tuple[str, str]]:
    """
    Yield the parts of a script, each with its kind (ECMA-262, section 12).

    A slash divides or begins a regular expression; which of both, the text before it tells, as
    far as it can without a parser.
    """
    at = 0
    # For each template literal that is open: how many braces are open in its ${}.
    braces: list[int] = []
    # The last token that is neither comment nor blank; `)` stands for a literal.
    before = ''
    while at < len(text):
        if text[at] == '`' or (text[at] == '}' and braces and braces[-1] == 0):
            if text[at] == '}':
                braces.pop()
            found = _TEMPLATE_PART.match(text, at + 1)
            assert found is not None  # It may be empty.
            end = found.end()
            if end >= len(text):
                raise ValueError(f'{path}: a template literal has no end')
            if text[end] == '$':
                braces.append(0)
                end += 1
            before = ')' if text[end] == '`' else '{'
            yield 'template', text[at:end + 1]
            at = end + 1
            continue
        found = _TOKEN.match(text, at)
        assert found is not None and found.lastgroup is not None  # One sign always matches.
        kind, part = found.lastgroup, found[0]
        if kind == 'regex' and _BEFORE_DIVISION.search(before):
            kind, part = 'sign', '/'
        if kind == 'sign' and part in '\'"':
            raise ValueError(f'{path}: a string has no end: {text[at:at + 40]!r}')
        if braces and kind == 'sign':
            braces[-1] += (part == '{') - (part == '}')
        if kind in ('string', 'regex'):
            before = ')'
        elif kind != 'comment' and not part.isspace():
            before = part
        yield kind, part
        at += len(part)
