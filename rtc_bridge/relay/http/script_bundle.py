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
The page's scripts, each joined with the modules that it imports.

A browser asks for the modules of a page six at a time, and learns of a module only by those that
import it. Joined, they are one request; benchmarks/results/page_load.md has the times. The
modules stay as they are for people, for other servers, and for the tools that check them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
import json
from pathlib import Path
import posixpath
import re

from .script_module import Line, read_module, ScriptModule

# Programs elsewhere import the JavaScript API by this path.
_API = 'client/index.js'
_SCRIPT = re.compile(r'<script (?:type="module"|defer)[^>]* src="static/([\w./-]+)">')
_BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'


@dataclass(frozen=True)
class Script:
    """A script as it is served, and its source map (ECMA-426)."""

    text: str
    source_map: str


def join_scripts(folder: Path) -> dict[str, Script]:
    """
    Join the page's scripts; return them by their paths in its folder.

    These are the scripts of ``index.html``, the JavaScript API, and the modules that they
    load by ``import()``. Each module becomes a function that is called once, after those of the
    modules that it imports, and returns what it exports. No module runs twice: it is in the first
    script that needs it, those of ``index.html`` before those that are loaded by ``import()``, and
    the others take it from there.

    :param folder: of the page
    :raises OSError: a file cannot be read
    :raises ValueError: a module has a form that is not known here, imports a name that does not
        exist, or imports itself in a circle; the text names it
    """
    index = folder / 'index.html'
    pages = [_SCRIPT.findall(index.read_text())] if index.is_file() else []
    if folder.joinpath(_API).is_file():
        pages.append([_API])
    modules: dict[str, ScriptModule] = {}
    scripts: dict[str, Script] = {}
    for entries in pages:
        for path, script in _join(folder, entries, modules):
            if path in scripts:
                raise ValueError(f'{path} is loaded by two scripts')
            scripts[path] = script
    return scripts


def _join(folder: Path, entries: list[str], modules: dict[str, ScriptModule]
          ) -> Iterator[tuple[str, Script]]:
    """Yield the scripts of a page, in its order, and those that are loaded by them."""
    def closure(roots: Iterable[str]) -> list[str]:
        order: list[str] = []
        for root in roots:
            _collect(folder, root, modules, order, ())
        return order

    first = closure(entries)
    loaded: dict[str, list[str]] = {}
    waiting = [path for module in first for path in modules[module].loads]
    while waiting:
        path = waiting.pop(0)
        if path not in loaded:
            loaded[path] = closure([path])
            waiting += [more for module in loaded[path] for more in modules[module].loads]
    orders = {entry: closure([entry]) for entry in entries} | loaded
    for path in loaded:
        if any(path in order for other, order in orders.items() if other != path):
            raise ValueError(f'{path} is both imported and loaded by import()')
    places: dict[str, str] = {}
    for path, order in orders.items():
        for module in order:
            places.setdefault(module, path)
    taken = {path: [module for module in order if places[module] != path]
             for path, order in orders.items()}
    given = {module for order in taken.values() for module in order}
    for path, order in orders.items():
        own = [module for module in order if places[module] == path]
        yield path, _script(path, own, modules, {module: places[module] for module in taken[path]},
                            given=sorted(given.intersection(own[:-1])))


def _collect(folder: Path, path: str, modules: dict[str, ScriptModule], order: list[str],
             above: tuple[str, ...]) -> None:
    """Append a module to a list, after those that it imports; check what it imports."""
    if path in order:
        return
    if path in above:
        raise ValueError(f'{path} imports itself by way of {", ".join(above[::-1])}')
    if path not in modules:
        modules[path] = read_module(folder, path)
    for target, names in modules[path].imports.items():
        _collect(folder, target, modules, order, (*above, path))
        if missing := names.difference(modules[target].exports):
            raise ValueError(f'{path} imports {", ".join(sorted(missing))} from {target}, which '
                             'does not export that')
    order.append(path)


def _variable(module: str) -> str:
    """Return the name of the variable that holds a module's exports."""
    return '$' + re.sub(r'\W', '_', module)


def _script(path: str, order: list[str], modules: dict[str, ScriptModule],
            taken: dict[str, str], given: Iterable[str]) -> Script:
    """
    Return the script of some modules, of which the last one is the script itself.

    :param taken: the scripts that have modules which this one takes from there
    :param given: modules of which other scripts take the exports
    """
    folder = posixpath.dirname(path)
    lines: list[tuple[str, Line | None]] = []
    for source in dict.fromkeys(taken.values()):
        names = ', '.join(_variable(name) for name, place in taken.items()
                          if place == source != name)
        if names:
            lines.append((path, Line(
                f"import {{ {names} }} from '{_relative(source, folder)}';", 0)))
        if source in taken:
            # The script itself is a module, too.
            lines.append((path, Line(
                f"import * as {_variable(source)} from '{_relative(source, folder)}';", 0)))
    for name in order[:-1]:
        lines.append((name, Line(f'const {_variable(name)} = (() => {{', 0)))
        lines += [(name, line) for line in modules[name].lines(_variable, folder, inner=True)]
        lines.append((name, Line(f'return {{ {", ".join(modules[name].exports)} }}; }})();', 0)))
    lines += [(path, line) for line in modules[path].lines(_variable, folder, inner=False)]
    if given:
        lines.append((path, Line(f'export {{ {", ".join(map(_variable, given))} }};', 0)))
    text = ''.join(f'{line.text}\n' for _, line in lines if line)
    text += f'//# sourceMappingURL={posixpath.basename(path)}.map\n'
    sources = {name: number for number, name in enumerate(order)}
    return Script(text, json.dumps({
        'version': 3, 'file': posixpath.basename(path), 'names': [],
        'sources': [_relative(name, folder) for name in order],
        'sourcesContent': [modules[name].source for name in order],
        'mappings': _mappings([(sources[name], line.number) for name, line in lines if line])}))


def _relative(path: str, folder: str) -> str:
    relative = posixpath.relpath(path, folder or '.')
    return relative if relative.startswith('.') else './' + relative


def _mappings(places: list[tuple[int, int]]) -> str:
    """Return a source map's mappings: the source and line there of each line's beginning."""
    last = (0, 0)
    parts = []
    for place in places:
        # Column here; source, line and column there: each as the difference to the one before.
        parts.append('A' + _vlq(place[0] - last[0]) + _vlq(place[1] - last[1]) + 'A')
        last = place
    return ';'.join(parts)


def _vlq(value: int) -> str:
    """Return a number as a Base64 VLQ: five bits a digit, the lowest of all for the sign."""
    value = -value << 1 | 1 if value < 0 else value << 1
    digits = ''
    while True:
        value, digit = value >> 5, value & 31
        digits += _BASE64[digit | (32 if value else 0)]
        if not value:
            return digits
