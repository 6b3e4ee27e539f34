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

"""Message packages that PyPI does not have, made on the spot by the generators that it has."""

import json
import os
from pathlib import Path
import subprocess
import sys
import sysconfig

import numpy
import pytest
from support.needs import need_program

GENERATORS = {
    'rosidl_generator_type_description': (),
    'rosidl_generator_c': (),
    'rosidl_typesupport_introspection_c': (),
    'rosidl_typesupport_fastrtps_c': (),
    'rosidl_typesupport_c': ('--typesupports', 'rosidl_typesupport_fastrtps_c',
                             'rosidl_typesupport_introspection_c'),
    'rosidl_generator_py': ('--typesupport-impls', 'rosidl_typesupport_c')}
# Files with the macros of Windows' DLLs, which are nothing here.
VISIBLE = ('rosidl_generator_c', 'rosidl_typesupport_introspection_c',
           'rosidl_typesupport_fastrtps_c')
LIBRARIES = ('rosidl_runtime_c', 'rosidl_typesupport_c', 'rosidl_typesupport_introspection_c',
             'rosidl_typesupport_fastrtps_c', 'rosidl_typesupport_fastrtps_cpp', 'fastcdr',
             'rcutils')


class MadePackage:
    """
    A package of messages, installed in a folder.

    :ivar environment: variables with which programs find it
    """

    def __init__(self, folder: Path, package: str, messages: dict[str, str],
                 parts: tuple[str, ...] = ()) -> None:
        """
        Generate and compile it, or skip the test.

        :param messages: definitions by the messages' names
        :param parts: packages whose messages these have in them, and those of their parts
        """
        self._compilers = {'.c': need_program('gcc', 'cc'), '.cpp': need_program('g++', 'c++')}
        adapter = pytest.importorskip('rosidl_adapter.msg')
        self._prefix = Path(sys.prefix)
        if not (self._prefix / 'include' / 'fastcdr').is_dir():
            pytest.skip('the headers of ROS are not beside this interpreter')
        self._folder, self._package, self._names = folder, package, list(messages)
        self._parts = parts
        (folder / 'msg').mkdir()
        for name, text in messages.items():
            file = Path('msg') / f'{name}.msg'
            (folder / file).write_text(text)
            adapter.convert_msg_to_idl(folder, package, file, folder / 'msg')
        for generator, options in GENERATORS.items():
            self._generate(generator, *options)
        self._compile()
        self.environment = {
            name: os.pathsep.join(filter(None, [str(path), os.environ.get(name)]))
            for name, path in (('PYTHONPATH', folder / 'site'), ('LD_LIBRARY_PATH', folder))}

    def _generate(self, generator: str, *options: str) -> None:
        files = [f'msg/{name}.idl' for name in self._names]
        described = self._folder / 'rosidl_generator_type_description' / self._package
        target = self._folder / generator / self._package
        (target / 'msg').mkdir(parents=True)
        arguments = self._folder / f'{generator}.json'
        arguments.write_text(json.dumps({
            'package_name': self._package, 'output_dir': str(target),
            'template_dir': str(self._prefix / 'share' / generator / 'resource'),
            'idl_tuples': [f'{self._folder}:{file}' for file in files],
            'type_description_tuples': [f'{file}:{(described / file).with_suffix(".json")}'
                                        for file in files],
            'ros_interface_dependencies': [], 'ros_interface_files': [],
            'include_paths': [f'{part}:{self._prefix}/share/{part}' for part in self._parts],
            'target_dependencies': []}))
        subprocess.run([sys.executable, self._prefix / 'lib' / generator / generator,
                        '--generator-arguments-file', arguments, *options], check=True,
                       stdout=subprocess.DEVNULL)
        if generator in VISIBLE:
            (target / 'msg' / f'{generator}__visibility_control.h').write_text(''.join(
                f'#define {generator.upper()}_{kind}_{self._package}\n'
                for kind in ('PUBLIC', 'IMPORT', 'EXPORT')))

    def _compile(self) -> None:
        folder, package = self._folder, self._package
        site = folder / 'site' / package
        (site / 'msg').mkdir(parents=True)
        (site / '__init__.py').touch()
        for module in (folder / 'rosidl_generator_py' / package / 'msg').glob('*.py'):
            (site / 'msg' / module.name).write_text(module.read_text())
        # The dispatching type support looks for these by their names.
        typesupports = VISIBLE[1:]
        self._link(folder / f'lib{package}__rosidl_generator_c.so', ['rosidl_generator_c'])
        for typesupport in typesupports:
            self._link(folder / f'lib{package}__{typesupport}.so', [typesupport],
                       f'{package}__rosidl_generator_c')
        self._link(site / f'{package}_s__rosidl_typesupport_c.so',
                   ['rosidl_typesupport_c', 'rosidl_generator_py'],
                   f'{package}__rosidl_generator_c')

    def _link(self, library: Path, generators: list[str], *libraries: str) -> None:
        """Compile what some generators made into one library."""
        libraries += LIBRARIES + tuple(
            f'{part}__{generator}' for part in self._parts for generator in GENERATORS
            if generator != 'rosidl_generator_type_description')
        headers = [self._folder / generator for generator in GENERATORS]
        include = self._prefix / 'include'
        headers += [include, *sorted(include.iterdir())]
        headers += [sysconfig.get_paths()['include'], numpy.get_include()]
        objects = []
        for generator in generators:
            for source in sorted((self._folder / generator).rglob('*.c*')):
                objects.append(source.with_suffix('.o'))
                subprocess.run([self._compilers[source.suffix], '-O0', '-fPIC', '-c', source,
                                '-o', objects[-1], *(f'-I{path}' for path in headers)],
                               check=True)
        subprocess.run([self._compilers['.cpp'], '-shared', *objects, '-o', library,
                        f'-L{self._prefix / "lib"}', f'-L{self._folder}',
                        *(f'-l{name}' for name in libraries)], check=True)
