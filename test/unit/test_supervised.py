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

"""Each task, thread and callback goes through the supervisor: the sources are read for others."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / 'rtc_bridge'
# The one module that may make tasks and threads itself.
SUPERVISOR = 'core/supervision.py'

# What only the supervisor calls: it has a function of its own for each.
MAKERS = {'create_task', 'ensure_future', 'TaskGroup', 'run_coroutine_threadsafe', 'Thread',
          'Timer', 'ThreadPoolExecutor', 'ProcessPoolExecutor', 'run_in_executor', 'submit',
          'start_new_thread'}
# Functions that take a callback, and which of their arguments that is.
TAKERS = {'call_soon': 0, 'call_soon_threadsafe': 0, 'call_later': 1, 'call_at': 1,
          'add_done_callback': 0, 'add_reader': 1, 'add_writer': 1, 'add_signal_handler': 1,
          'on': 1, 'once': 1, 'add_listener': 1,
          'create_subscription': 2, 'create_service': 2, 'create_timer': 1,
          'create_guard_condition': 0, 'add_on_set_parameters_callback': 0,
          'add_post_set_parameters_callback': 0, 'add_pre_set_parameters_callback': 0}
# Those whose every named argument is one, but for these.
EVENTS = {'PublisherEventCallbacks', 'SubscriptionEventCallbacks'}
NO_CALLBACKS = {'use_default_callbacks'}
# Methods of events, tasks and sets that cannot raise.
HARMLESS = {'set', 'cancel', 'discard'}


def name_of(node):
    """Return the last part of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, 'id', '')


def is_guarded(node):
    """Tell whether an expression is a callback that never raises."""
    if isinstance(node, ast.Call):
        return name_of(node.func) in ('guarded', 'guarded_service')
    return name_of(node) == 'call_guarded' or (
        isinstance(node, ast.Attribute) and node.attr in HARMLESS)


def is_harmless_handler(node):
    """Tell whether a signal handler does nothing, ends the process, or is the system's."""
    if isinstance(node, ast.Lambda):
        return isinstance(node.body, ast.Constant) or (
            isinstance(node.body, ast.Call) and name_of(node.body.func) == '_exit')
    return name_of(node).startswith('SIG_') or name_of(node) == 'default_int_handler'


def callbacks(call):
    """Return the callbacks among the arguments of a call; ``None`` for one that is missing."""
    name = name_of(call.func)
    if name in EVENTS:
        return [word.value for word in call.keywords if word.arg not in NO_CALLBACKS]
    if name == 'signal' and len(call.args) > 1:
        return [] if is_harmless_handler(call.args[1]) else [call.args[1]]
    if name == 'register' and name_of(getattr(call.func, 'value', None)) == 'atexit':
        return call.args[:1]
    if name not in TAKERS:
        return []
    named = [word.value for word in call.keywords if word.arg == 'callback']
    place = TAKERS[name]
    return named or (call.args[place:place + 1] or [None])


def breaches(source, path):
    """Return what a module does without the supervisor."""
    if path == SUPERVISOR:
        return []
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and any(name_of(b) == 'Thread' for b in node.bases):
            found.append(f'{path}:{node.lineno}: {node.name} is a thread')
        if not isinstance(node, ast.Call):
            continue
        name = name_of(node.func)
        # An executor of rclpy takes work as tasks, too.
        if name in MAKERS and not (node.args and is_guarded(node.args[0])):
            found.append(f'{path}:{node.lineno}: {name}')
        found += [f'{path}:{node.lineno}: {name} with a callback that is not guarded'
                  for callback in callbacks(node) if not is_guarded(callback)]
    return found


MODULES = sorted(str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob('*.py'))


@pytest.mark.parametrize('path', MODULES)
def test_tasks_threads_and_callbacks_are_supervised(path):
    assert breaches((PACKAGE / path).read_text(), path) == []


@pytest.mark.parametrize('source', [
    'asyncio.create_task(work())',
    'from asyncio import create_task\ncreate_task(work())',
    'loop.create_task(work())',
    'asyncio.ensure_future(work())',
    'async def f():\n    async with asyncio.TaskGroup() as group:\n        pass',
    'threading.Thread(target=work).start()',
    'from threading import Thread\nThread(target=work)',
    'class Worker(threading.Thread):\n    pass',
    'threading.Timer(1, work)',
    'loop.run_in_executor(None, work)',
    'pool.submit(work)',
    'asyncio.run_coroutine_threadsafe(work(), loop)',
    'loop.call_soon(work)',
    'loop.call_soon_threadsafe(lambda: work())',
    'loop.call_later(1, work)',
    'loop.call_later(1, self.other.work, guarded("name", work))',
    'loop.add_reader(socket, read)',
    'loop.add_signal_handler(2, stop)',
    'future.add_done_callback(done)',
    'pc.on("datachannel", self._on_channel)',
    'channel.once("open", lambda: 1)',
    '@pc.on("track")\ndef on_track(track):\n    pass',
    'node.create_subscription(Bool, "stop", self._stop, 1)',
    'node.create_subscription(Bool, "stop", callback=self._stop, qos_profile=1)',
    'node.create_subscription(Bool, "stop", lambda m: guarded("name", work)(m), 1)',
    'node.create_service(Trigger, "stop", self._stop)',
    'node.create_timer(1, self._tick)',
    'node.add_on_set_parameters_callback(allow)',
    'PublisherEventCallbacks(matched=self._matched)',
    'signal.signal(2, stop)',
    'signal.signal(2, lambda *_: stop())',
    'atexit.register(work)',
])
def test_a_breach_is_found(source):
    assert len(breaches(source, 'nodes/bridge.py')) == 1
    assert breaches(source, SUPERVISOR) == []


@pytest.mark.parametrize('source', [
    'spawn("name", work())',
    'start_thread("name", work)',
    'await asyncio.to_thread(work)',
    'await asyncio.gather(one(), two())',
    'loop.call_soon_threadsafe(call_guarded, "name", work, 1)',
    'loop.call_later(1, guarded("name", work))',
    'loop.add_signal_handler(2, stop.set)',
    'task.add_done_callback(tasks.discard)',
    'channel.on("message", guarded("name", self._on_message, on_failure=session.fail))',
    'node.create_subscription(Bool, "stop", guarded("name", self._stop), 1)',
    'node.create_service(Trigger, "stop", guarded_service("name", self._stop))',
    'node.create_client(Trigger, "stop")',
    'executor.create_task(call_guarded, "name", work)',
    'PublisherEventCallbacks(use_default_callbacks=False)',
    'signal.signal(2, lambda *_: None)',
    'signal.signal(2, lambda *_: os._exit(0))',
    'signal.signal(2, signal.SIG_IGN)',
    'signal.signal(2, signal.default_int_handler)',
])
def test_what_is_supervised_is_let_through(source):
    assert breaches(source, 'nodes/bridge.py') == []
