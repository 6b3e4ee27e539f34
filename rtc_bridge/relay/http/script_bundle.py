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
Scripts of the page, each with the modules that it imports, as one.

A page of two dozen modules waits for as many answers, six at a time, longer than for all else. The
modules stay as they are, for people, for other servers, and for the tools that check them.
"""

from pathlib import Path
import re

_IMPORT = re.compile(r"^import \{([^{}]*)\} from '\./([\w.-]+\.js)';$", re.MULTILINE)
_EXPORT = re.compile(r'^export (?=(?:async function|function\*?|class|const) (\w+))', re.MULTILINE)
# What begins a statement otherwise. Comments begin with something else, in this page's style.
_OTHER = re.compile(r'^(?:import\b(?!\()|export\b).*', re.MULTILINE)


def join(script: Path) -> str:
    """
    Return a module's text, with the modules that it imports in it.

    Each module becomes a function that is called once and returns what it exports, after those
    that it imports itself. What is imported by ``import()`` stays outside.

    :raises OSError: a module cannot be read
    :raises ValueError: an import or export has a form that is not known here, or goes in a circle;
        the text names it
    """
    parts: dict[str, str] = {}
    body = _body(script, parts, ())
    return ''.join(parts.values()) + body


def _name(module: str) -> str:
    return '$' + re.sub(r'\W', '_', module)


def _body(script: Path, parts: dict[str, str], above: tuple[str, ...]) -> str:
    """Return a module without its imports, and add those to the parts before it."""
    above = (*above, script.name)

    def take(found: re.Match[str]) -> str:
        names, module = found.groups()
        if module in above:
            raise ValueError(f'{script.name} imports {module} in a circle')
        if module not in parts:
            text = _body(script.with_name(module), parts, above)
            exports = ', '.join(_EXPORT.findall(text))
            text = _EXPORT.sub('', text)
            _check(text, module)
            parts[module] = (f'const {_name(module)} = (() => {{\n{text}\n'
                             f'return {{ {exports} }};\n}})();\n')
        return f'const {{{names.replace(" as ", ": ")}}} = {_name(module)};'

    body = _IMPORT.sub(take, script.read_text())
    _check(_EXPORT.sub('', body), script.name)
    return body


def _check(text: str, name: str) -> None:
    other = _OTHER.search(text)
    if other:
        raise ValueError(f'{name}: {other[0][:80]!r} is not known here')
