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
The documents name what exists: files, links, parameters, topics, options, variables, arguments.

They also keep to the rules of CONTRIBUTING.md: short lines, and parameters.md as it is generated.
"""

import ast
import importlib.util
import json
from pathlib import Path
import re

import pytest
from rtc_bridge.core.protocol import signaling_messages
from rtc_bridge.core.settings.action_settings import ActionServiceSettings
from rtc_bridge.core.settings.local_service_settings import LocalServiceSettings
from rtc_bridge.core.settings.parameters import parameters_of
from rtc_bridge.core.settings.relay_settings import RelaySettings
from rtc_bridge.core.settings.robot_settings import (
    CameraOptions, CameraTopicSettings, RobotSettings,
)
from rtc_bridge.core.settings.telemetry_settings import group_name, TelemetryTopicSettings

ROOT = Path(__file__).resolve().parents[2]
DOCS = [*sorted((ROOT / 'docs').glob('*.md')), ROOT / 'README.md', ROOT / 'CONTRIBUTING.md',
        ROOT / 'QUALITY_DECLARATION.md']
COLUMNS = 119
# A path in these folders of the repository is meant as such, with wildcards or without.
FOLDERS = ('.github', 'benchmarks', 'config', 'containers', 'docs', 'launch', 'rtc_bridge',
           'scripts', 'test', *(path.name for path in (ROOT / 'rtc_bridge').iterdir()
                                if path.is_dir() and path.name != '__pycache__'))
PARAMETERS = {row.name for row in parameters_of(RobotSettings())} | {
    row.name for row in parameters_of(CameraTopicSettings(), 'cameras.NAME.')} | {
    row.name for row in parameters_of(TelemetryTopicSettings(), 'telemetry.NAME.')} | {
    row.name for row in parameters_of(ActionServiceSettings(), 'actions.NAME.')} | {
    row.name for row in parameters_of(LocalServiceSettings(), 'services.NAME.')}
RELAY = {row.name for row in parameters_of(RelaySettings())}
# Neither is a parameter.
FOREIGN = {'server.pem', 'cameras.NAME.', 'services.NAME.', 'telemetry.NAME.', 'actions.NAME.'}
# A topic, and a file that the reader writes.
NO_FILES = {'rtc_bridge/send', 'containers/.env'}
SOURCE = '\n'.join(path.read_text() for path in (ROOT / 'rtc_bridge').rglob('*.py'))


def load_generator():
    """Return scripts/write_parameters.py as a module."""
    spec = importlib.util.spec_from_file_location(
        'write_parameters', ROOT / 'scripts' / 'write_parameters.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = load_generator()


def documents():
    return [pytest.param(path, id=path.name) for path in DOCS]


def without_blocks(text):
    """Return a document without its fenced blocks."""
    return re.sub(r'^ *```.*?^ *```$', '', text, flags=re.DOTALL | re.MULTILINE)


def blocks(text, *languages):
    """Return the contents of a document's fenced blocks."""
    return [match[2] for match in re.finditer(
        r'^ *```(\w+)\n(.*?)^ *```$', text, flags=re.DOTALL | re.MULTILINE)
        if not languages or match[1] in languages]


def quoted(text):
    """Return what stands between single backticks, outside blocks."""
    return re.findall(r'`([^`\n]+)`', without_blocks(text))


def anchors(path):
    """Return the anchors that GitHub makes of a document's headings."""
    found = set()
    for heading in re.findall(r'^#+ (.*)$', without_blocks(path.read_text()), re.MULTILINE):
        plain = re.sub(r'[`*]', '', heading).lower()
        found.add(re.sub(r'[^\w\- ]', '', plain).replace(' ', '-'))
    return found


@pytest.mark.parametrize('path', documents())
def test_lines_are_short(path):
    long = [(number, len(line)) for number, line in enumerate(path.read_text().splitlines(), 1)
            if len(line) > COLUMNS]
    assert long == []


def test_the_readme_is_short():
    assert len((ROOT / 'README.md').read_text().splitlines()) <= 150


@pytest.mark.parametrize('path', documents())
def test_link_targets_exist(path):
    text = without_blocks(path.read_text())
    for target in re.findall(r'\]\(([^)\s]+)\)', text):
        if target.startswith(('http://', 'https://')):
            continue
        file, _, anchor = target.partition('#')
        where = (path.parent / file).resolve() if file else path
        assert where.exists(), target
        if anchor:
            assert anchor in anchors(where), target


@pytest.mark.parametrize('path', documents())
def test_files_exist(path):
    for word in quoted(path.read_text()):
        if word in NO_FILES or not re.fullmatch(r'[\w.*-]+(/[\w.*-]+)*/?', word) or (
                '/' not in word or word.partition('/')[0] not in FOLDERS):
            continue
        found = [place for base in (ROOT, ROOT / 'rtc_bridge')
                 for place in base.glob(word.rstrip('/'))]
        assert found, word


@pytest.mark.parametrize('path', documents())
def test_parameters_exist(path):
    groups = {name.partition('.')[0] for name in PARAMETERS | RELAY if '.' in name}
    for word in quoted(path.read_text()):
        match = re.match(r'([a-z]+)\.([A-Za-z0-9_.]+)', word)
        if not match or match[1] not in groups or match[0] in FOREIGN or (
                word.endswith(('.py', '.md', '.json', '.yaml', '.js'))):
            continue
        name = re.sub(r'^cameras\.(front\.image_raw|front|arm|default)\.', 'cameras.NAME.',
                      match[0])
        assert name in PARAMETERS | RELAY, word


def flatten(tree, prefix=''):
    """Return the leaves of nested mappings by dotted names."""
    if not isinstance(tree, dict):
        return {prefix: tree}
    return {name: value for key, part in tree.items()
            for name, value in flatten(part, f'{prefix}.{key}' if prefix else str(key)).items()}


@pytest.mark.parametrize('path', documents())
def test_parameter_files_are_accepted(path):
    """Each YAML block is one that the bridge takes."""
    yaml = pytest.importorskip('yaml')
    robot = {row.name: row for row in parameters_of(RobotSettings())}
    for block in blocks(path.read_text(), 'yaml'):
        tree = yaml.safe_load(block)
        values = tree['/**']['ros__parameters'] if '/**' in tree else tree
        names = values.get('cameras', {}).get('names', [])
        rows = robot | {row.name: row for name in names
                        for row in parameters_of(CameraTopicSettings(), f'cameras.{name}.')}
        rows |= {row.name: row for name in values.get('services', {}).get('names', [])
                 for row in parameters_of(LocalServiceSettings(), f'services.{name}.')}
        for group, entries, settings in (('telemetry', 'topics', TelemetryTopicSettings()),
                                         ('actions', 'services', ActionServiceSettings())):
            rows |= {row.name: row for entry in values.get(group, {}).get(entries, [])
                     for row in parameters_of(
                         settings, f'{group}.{group_name(entry.partition(":")[0])}.')}
        rows |= {row.name: row for row in parameters_of(CameraOptions(), 'cameras.default.')}
        for name, value in flatten(values).items():
            rows[name].check(value)


def test_relay_files_are_accepted():
    tomllib = pytest.importorskip('tomllib')
    rows = {row.name: row for row in parameters_of(RelaySettings())}
    found = [block for path in DOCS for block in blocks(path.read_text(), 'toml')]
    assert found
    for block in found:
        for name, value in flatten(tomllib.loads(block)).items():
            rows[name].check(value)


def test_the_page_of_parameters_is_as_generated():
    """After a change: python3 scripts/write_parameters.py."""
    assert (ROOT / 'docs' / 'parameters.md').read_text() == GENERATOR.page()


def options(program):
    """Return the options of a program of rtc-bridge, as its source has them."""
    source = (ROOT / 'rtc_bridge' / 'nodes' / f'{program.replace("-", "_")}.py').read_text()
    found = set(re.findall(r"""add_argument\(\s*'(--[a-z-]+)'""", source)) | {'--help'}
    if program == 'relay':
        found |= {GENERATOR.command_line_flag(name) for name in RELAY}
    return found


def test_options_exist():
    assert '--revoke-name' in options('invite')
    for path in DOCS:
        text = path.read_text().replace('\\\n', ' ')
        for program, words in re.findall(
                r'rtc-bridge (relay|invite|view|demo)((?: [^`\n|;]*)?)', text):
            for option in re.findall(r' (--[a-z][a-z-]*)', words):
                assert option in options(program), f'{path.name}: {program} {option}'


def test_programs_exist():
    source = (ROOT / 'rtc_bridge' / 'cli.py').read_text()
    programs = re.findall(r"^    '([a-z-]+)':", source, re.MULTILINE)
    assert 'invite' in programs
    for path in DOCS:
        for text in (*blocks(path.read_text(), 'bash'), *quoted(path.read_text())):
            for program in re.findall(r'\brtc-bridge ([a-z][a-z-]+)', text):
                assert program in programs, f'{path.name}: {program}'


def test_environment_variables_exist():
    known = {GENERATOR.environment_variable(name) for name in RELAY}
    for path in DOCS:
        for name in re.findall(r'\bRTC_BRIDGE_[A-Z_]*[A-Z]', path.read_text()):
            assert name in known or f"'{name}'" in SOURCE or name in SOURCE or any(
                name in file.read_text() for folder in ('test', 'scripts') for file in (
                    ROOT / folder).rglob('*.*') if file.suffix in ('.py', '.sh')), name


def launch_arguments(path):
    """Return the arguments that a launch file declares."""
    return {node.args[0].value for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call) and getattr(node.func, 'id', '') == (
                'DeclareLaunchArgument')}


def test_launch_arguments_exist():
    files = {path.name: launch_arguments(path) for path in (ROOT / 'launch').glob('*.launch.py')}
    assert {'relay_url', 'params_file'} <= files['robot.launch.py']
    for path in DOCS:
        text = path.read_text().replace('\\\n', ' ')
        for file, words in re.findall(r'(\w+\.launch\.py)([^`\n]*)', text):
            for name in re.findall(r' (\w+):=', words):
                assert name in files[file], f'{path.name}: {file} {name}:='
    table = (ROOT / 'docs' / 'first-robot.md').read_text()
    for file, words in re.findall(r'^\| `(\w+\.launch\.py)` \| (.*) \|$', table, re.MULTILINE):
        assert set(re.findall(r'`(\w+)`', words)) == files.pop(file)
    assert files == {}


def test_topics_and_services_exist():
    """The first column of each table that lists some."""
    text = (ROOT / 'docs' / 'topics.md').read_text()
    section = text[:text.index('## Diagnostics')]
    names = re.findall(r'^\| `([^`]+)` \|', section, re.MULTILINE)
    assert {'cmd_vel', '~/release', 'emergency_stop'} <= set(names)
    defaults = {row.default for row in parameters_of(RobotSettings())}
    for name in names:
        last = name.removeprefix('TOPIC')
        assert f"{last}'" in SOURCE or name in defaults, name


def test_statuses_exist():
    text = (ROOT / 'docs' / 'topics.md').read_text()
    names = re.findall(r'^\| `rtc_bridge: (\w+)', text, re.MULTILINE)
    assert len(names) >= 7
    for name in names:
        assert re.search(rf"f?'{name}\b", SOURCE), name


def test_parts_of_the_failure_table_exist():
    text = (ROOT / 'docs' / 'architecture.md').read_text()
    section = text[text.index('## Failures'):text.index('## Glossary')]
    names = [name for row in re.findall(r'^\| (`.*?) \|', section, re.MULTILINE)
             for name in re.findall(r'`([^`]+)`', row)]
    assert len(names) > 20
    for name in names:
        assert re.search(rf"""['"]{re.escape(name)}['"]""", SOURCE), name


def test_texts_of_the_page_exist():
    """Those in tables whose head says that the page shows them."""
    page = '\n'.join(path.read_text() for path in (ROOT / 'rtc_bridge' / 'web').rglob('*.js'))
    found = []
    for path in DOCS:
        text = path.read_text()
        for table in re.findall(r'^\| (?:The page says|Text on the page) \|.*\n((?:\|.*\n)+)',
                                text, re.MULTILINE):
            found += [word for cell in re.findall(r'^\|([^|]*)\|', table, re.MULTILINE)
                      for word in re.findall(r'`([^`]+)`', cell)]
        found += re.findall(r'Page: `([^`]+)`', text)
    assert len(found) > 20
    assert [text for text in found if text not in page] == []


def recorded():
    """Return the messages of the session in protocol.md, with the way that each went."""
    block, = blocks((ROOT / 'docs' / 'protocol.md').read_text(), 'jsonc')
    return [(way.strip(), json.loads(text)) for way, text in re.findall(
        r'^// [\d.]+ s, (.*)\n((?:[^/].*\n)+)', block, re.MULTILINE)]


def test_the_recorded_session_is_of_this_version():
    messages = recorded()
    assert len(messages) > 30
    for way, message in messages:
        if 'relay' in way:
            signaling_messages.parse(json.dumps(message))


def test_messages_are_documented():
    """Each type that the code sends or takes has a row in protocol.md."""
    text = (ROOT / 'docs' / 'protocol.md').read_text()
    rows = {name for row in re.findall(r'^\| (`[a-z, `]+) \|', text, re.MULTILINE)
            for name in re.findall(r'`([a-z]+)`', row)}
    assert {message['type'] for _, message in recorded()} <= rows
