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

"""What all tests share: a ROS graph of their own, the package's path, browsers."""

from collections import defaultdict
import gc
import os
from pathlib import Path
import shutil
from typing import Iterator

import pytest
from rtc_bridge.core.errors import DependencyError
from rtc_bridge.system.dependency_check import check
from support.browsers import PATIENCE, Shared
from support.chromium import Chromium
from support.colcon_install import Install
from support.fake_clock import FakeClock
from support.isolation import isolate, lonely_domain
from support.needs import need_program
from support.pictures import real_clip
from support.processes import Process
from support.purity import is_pure, needs_network
from support.skips import forbid

try:
    from hypothesis import HealthCheck, settings
except ImportError:
    # Its tests cannot be collected then; the others can.
    pass
else:
    # A busy host may take any time for an example.
    settings.register_profile(
        'any host', deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile('any host')

ROOT = Path(__file__).resolve().parent.parent
# Fixtures.
BROWSERS = {'chromium_path', 'firefox_path', 'browser'}

ROS_HOME, CLAIM = isolate()
# NumPy starts a thread per processor otherwise, in each of hundreds of processes.
os.environ['OPENBLAS_NUM_THREADS'] = '1'
# Child processes find the package and the tests' helpers from wherever they start.
os.environ['PYTHONPATH'] = os.pathsep.join(
    filter(None, [str(ROOT), str(ROOT / 'test'), os.environ.get('PYTHONPATH')]))


def _too_old() -> str:
    """Return which libraries are too old, as those of Ubuntu 24.04's build farm; empty if none."""
    try:
        # Those that are missing are the affair of the tests that need them.
        check('demo', importable=lambda module: True)
    except DependencyError as error:
        return str(error)
    return ''


TOO_OLD = _too_old()


class Unusable(pytest.Module):
    """A module that would fail at its imports: it is skipped, and says why."""

    def collect(self):
        """Skip it."""
        raise pytest.skip.Exception(TOO_OLD, allow_module_level=True)


def pytest_pycollect_makemodule(module_path, parent):
    """Run the pure modules only where libraries are too old."""
    if TOO_OLD and not is_pure(module_path):
        return Unusable.from_parent(parent, path=module_path)


def pytest_unconfigure():
    """Take the secrets away; a worker of xdist ends without Python's own end."""
    shutil.rmtree(ROS_HOME, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Leave thousands of tests out of garbage collections, now and while they run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items):
    """
    Mark the modules with a browser as ``live``, those that need nothing as ``pure``.

    ``network`` marks those with networks of their own, or servers that ``make test`` installs.

    They come in an order in which tests that run side by side are of several kinds, and the
    shortest modules are the last ones.
    """
    modules = defaultdict(list)
    for item in items:
        modules[item.path].append(item)
    kinds = {'live': [], '': [], 'pure': []}
    for path, members in modules.items():
        kind = 'pure' if is_pure(path) else ''
        if any(not BROWSERS.isdisjoint(item.fixturenames) for item in members):
            kind = 'live'
        kinds[kind].append(members)
        for item in members:
            if kind:
                item.add_marker(kind)
            if needs_network(path):
                item.add_marker('network')
    for members in kinds.values():
        members.sort(key=len, reverse=True)
    # Those with a browser take most of the processors' time, so they are spread among the others.
    places = [((number + 0.5) / len(kinds[kind]), members) for kind in ('live', '')
              for number, members in enumerate(kinds[kind])]
    mixed = [members for _, members in sorted(places, key=lambda place: place[0])]
    items[:] = [item for members in mixed + kinds['pure'] for item in members]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Tell of a failure what the programs said: on another machine it may not come again."""
    report = yield
    forbid(report)
    if report.failed:
        for process in Process.started[-12:]:
            if process.lines:
                report.sections.append((' '.join(process.command[1:4]), process.text[-3000:]))
    # A worker cannot send halves of characters, which some tests log on purpose.
    report.sections = [(name, _sendable(text)) for name, text in report.sections]
    if report.failed and not str(report.longrepr).isascii():
        report.longrepr = _sendable(str(report.longrepr))
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    """Let no module be skipped for want of what was installed."""
    report = yield
    forbid(report)
    return report


def _sendable(text: str) -> str:
    return text.encode('utf-8', 'backslashreplace').decode()


@pytest.fixture(scope='session')
def chromium_path() -> str:
    """Return the path of an installed Chromium, or skip."""
    return need_program('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable')


@pytest.fixture(scope='session')
def shared_chromium(chromium_path: str) -> Iterator[Shared]:
    """Return the Chromium of all modules."""
    with Shared(lambda: Chromium(chromium_path)) as shared:
        yield shared


@pytest.fixture(scope='module')
def chromium(shared_chromium: Shared) -> Iterator[Chromium]:
    """Return a Chromium without pages."""
    yield from shared_chromium.lend()


@pytest.fixture
def lonely(monkeypatch) -> Iterator[None]:
    """
    Keep nodes of this process that are made and destroyed away from all others.

    No other participant of DDS should be there while one is destroyed: see ``bound_end`` of
    ``rtc_bridge.ros.program``.
    """
    monkeypatch.setenv('ROS_DOMAIN_ID', str(lonely_domain()))
    yield
    # Of nodes whose making failed.
    gc.collect()


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that stands still until the test moves it."""
    return FakeClock()


@pytest.fixture(scope='session')
def clip() -> Path:
    """Return real footage, 1280x720, or skip."""
    return real_clip('bigbuckbunny.mp4')


@pytest.fixture(scope='module')
def url(robot) -> str:
    """Return where viewers without a browser post their offers to the module's own robot."""
    return f'{robot.own_url}/connect'


@pytest.fixture(scope='module')
def cmd_vel(robot):
    """Hear what the motors of the module's own robot would."""
    from support.stack import CmdVel  # Many tests need no ROS.
    cmd_vel = CmdVel(robot.probe)
    robot.probe.wait_for(lambda: robot.probe.node.count_publishers('cmd_vel'), PATIENCE)
    return cmd_vel


@pytest.fixture(scope='session')
def firefox_path() -> str:
    """Return the path of an installed Firefox, or skip."""
    return need_program('firefox-esr', 'firefox')


@pytest.fixture(scope='session')
def install(tmp_path_factory) -> Install:
    """Return the package as colcon installs it."""
    return Install(tmp_path_factory.mktemp('workspace'))
