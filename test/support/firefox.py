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

"""Firefox with a page of the robot, driven from synchronous tests."""

import json
import os
from pathlib import Path
import shutil
import subprocess
import tempfile

import pytest
from support.browsers import LOOK, Page, until
from support.needs import need_program
from support.patience import PATIENCE


def node_modules(*packages):
    """Return the folder where npm's packages are, or skip the test."""
    packages = packages or ('puppeteer-core',)
    folders = [*os.environ.get('NODE_PATH', '').split(os.pathsep),
               Path(__file__).resolve().parents[2] / '.venv' / 'node_modules']
    for folder in filter(None, folders):
        if all((Path(folder) / package).is_dir() for package in packages):
            return str(folder)
    pytest.skip(f'not installed from npm, see scripts/test.sh: {", ".join(packages)}')


class Firefox(Page):
    """A Firefox with a fresh profile and one page."""

    def __init__(self, path):
        """Start it."""
        # Nothing was done in its page yet.
        self._new = True
        node = need_program('node', 'nodejs')
        environment = {**os.environ, 'NODE_PATH': node_modules()}
        self._folder = tempfile.TemporaryDirectory(prefix='firefox', ignore_cleanup_errors=True)
        self._process = subprocess.Popen(
            [node, Path(__file__).with_name('firefox.mjs'), path, self._folder.name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        self.version = self._answer()

    def _answer(self):
        line = self._process.stdout.readline()
        assert line, 'Firefox, or its driver, has ended'
        answer = json.loads(line)
        assert 'error' not in answer, answer['error']
        return answer['value']

    def _do(self, kind, **members):
        self._new = False
        try:
            self._process.stdin.write(json.dumps({'do': kind, **members}) + '\n')
            self._process.stdin.flush()
            return self._answer()
        except AssertionError:
            raise
        except BaseException:
            # What it says later would be taken for the answer to another command.
            self._process.kill()
            raise

    @property
    def alive(self):
        """Tell whether it still runs."""
        return self._process.poll() is None

    def close_pages(self):
        """Close the page, with what it stored, and begin a new one."""
        self.fresh()

    @property
    def errors(self):
        """Return errors on the console and of the page so far."""
        return self._do('errors')

    @property
    def asked(self):
        """Return the kinds of what the browser has asked so far; each was answered with yes."""
        return self._do('asked')

    def load(self, url):
        """Load a page."""
        self._do('open', url=url)
        self.wait_scripts()

    def fresh(self):
        """Go on with a new page that shares nothing, not even a cache, with the one before."""
        if not self._new:
            self._do('fresh')
            self._new = True

    def evaluate_on_load(self, code):
        """Run a script before those of whatever is loaded from now on."""
        self._do('preload', code=code)

    def evaluate(self, code, argument=None):
        """Evaluate an expression, or call a function with one argument; wait for promises."""
        if argument is not None:
            code = f'({code})({json.dumps(argument)})'
        return self._do('evaluate', code=code)

    def look(self, code):
        """Wait up to a second until an expression is true; return its last value."""
        return self._do('look', code=LOOK % code)

    def down(self, key):
        """Press a key and hold it."""
        self._do('down', key=key)

    def up(self, key):
        """Let a key go."""
        self._do('up', key=key)

    def click(self, selector):
        """Click an element with the mouse."""
        self._do('click', selector=selector)

    def download(self, action, folder):
        """Do something that saves a file; return its path in a folder."""
        saved = Path(self._folder.name) / 'saved'
        action()

        def complete():
            # While it is written there are an empty one of its name, and another that ends so.
            files = list(saved.glob('*'))
            try:
                done = all(file.suffix != '.part' and file.stat().st_size for file in files)
            except FileNotFoundError:
                return None  # It was given its own name meanwhile.
            return files if len(files) == 1 and done else None
        file, = until(complete, 'a saved file')
        return Path(shutil.move(file, folder))

    def close(self):
        """End it."""
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._folder.cleanup()
