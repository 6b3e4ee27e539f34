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
Which test modules are pure: they need no ROS, network, browser or process.

The imports decide, those of the helpers beside a test module too. Run as a program, it lists them.
"""

import ast
from functools import cache
from pathlib import Path
import sys

# What reaches beyond this process.
IMPURE_STDLIB = {'http', 'multiprocessing', 'select', 'socket', 'socketserver', 'ssl',
                 'subprocess', 'urllib'}
PURE_PACKAGES = {'av', 'cv2', 'hypothesis', 'numpy', 'pytest', 'yaml'}
# Layers of the package that import no network library.
PURE_LAYERS = {'core', 'media', '__version__'}
HELPERS = 'support'
# Helpers that make networks, or start servers that this package does not bring.
NETWORK_HELPERS = {'netns', 'networks', 'redis_server', 'sites'}


@cache
def _imports(path: Path) -> set[str]:
    """Return the dotted names that a module imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f'{node.module}.{alias.name}' for alias in node.names}
        elif isinstance(node, ast.Call) and getattr(node.func, 'attr', '') == 'importorskip':
            found |= {a.value for a in node.args[:1] if isinstance(a, ast.Constant)}
    return found


@cache
def is_pure(path: Path) -> bool:
    """Tell whether a test module, with the helpers beside it, imports only what is pure."""
    for name in _imports(path):
        top, _, rest = name.partition('.')
        if top == 'rtc_bridge':
            pure = rest.partition('.')[0] in PURE_LAYERS
        elif top == HELPERS:
            pure = is_pure(Path(__file__).with_name(f"{rest.partition('.')[0]}.py"))
        elif top in sys.stdlib_module_names:
            pure = top not in IMPURE_STDLIB
        else:
            pure = top in PURE_PACKAGES
        if not pure:
            return False
    return True


def needs_network(path: Path) -> bool:
    """Tell whether a test module makes networks, or starts servers of others."""
    helpers = {name.split('.')[1] for name in _imports(path) if name.startswith(f'{HELPERS}.')}
    return not helpers.isdisjoint(NETWORK_HELPERS)


if __name__ == '__main__':
    for file in sorted(Path(__file__).resolve().parents[1].glob('**/test_*.py')):
        if is_pure(file):
            print(file)
