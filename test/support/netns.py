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

"""A network of its own for a browser, which can be cut like a radio link."""

import os
import subprocess

import pytest

PREFIX = 'rtc-bridge-'


def _ip(*words):
    subprocess.run(['ip', *words], check=True, capture_output=True, text=True)


def sweep():
    """Take away what runs that were killed have left; a namespace takes its link with it."""
    for name in os.listdir('/run/netns') if os.path.isdir('/run/netns') else ():
        owner = name.removeprefix(PREFIX).split('-')[0]
        if name.startswith(PREFIX) and not os.path.exists(f'/proc/{owner}'):
            subprocess.run(['ip', 'netns', 'del', name], check=False, capture_output=True)


class Namespace:
    """
    A network namespace with one link to this host. Needs root.

    ``address`` is this host's end of the link, ``prefix`` what a command is to be started with.
    The addresses are those that RFC 2544 keeps for tests.

    :raises OSError: this machine does not let us
    """

    def __init__(self):
        """Make it."""
        sweep()
        number = os.getpid() % 250
        self._name = f'{PREFIX}{os.getpid()}'
        # Interface names have at most 15 characters.
        self._link, peer = f'rtcb{os.getpid()}', f'rtcp{os.getpid()}'
        self.address = f'198.18.{number}.1'
        self.prefix = ('ip', 'netns', 'exec', self._name)
        # Both ends of the link, each with what a command there is to be started with.
        self.ends = (((), self._link), (self.prefix, peer))
        try:
            _ip('netns', 'add', self._name)
            _ip('link', 'add', self._link, 'type', 'veth', 'peer', 'name', peer, 'netns',
                self._name)
            _ip('address', 'add', f'{self.address}/30', 'dev', self._link)
            _ip('link', 'set', self._link, 'up')
            _ip('-n', self._name, 'link', 'set', 'lo', 'up')
            _ip('-n', self._name, 'address', 'add', f'198.18.{number}.2/30', 'dev', peer)
            _ip('-n', self._name, 'link', 'set', peer, 'up')
        except (OSError, subprocess.CalledProcessError) as error:
            self.close()
            raise OSError(f'no network namespace: {error}') from error

    def cut(self):
        """Let nothing through."""
        _ip('link', 'set', self._link, 'down')

    def mend(self):
        """Let everything through again."""
        _ip('link', 'set', self._link, 'up')

    def close(self):
        """Take it away."""
        for words in (('link', 'del', self._link), ('netns', 'del', self._name)):
            subprocess.run(['ip', *words], check=False, capture_output=True)


@pytest.fixture(scope='module')
def namespace():
    """Make a namespace; ``None`` where that is not allowed."""
    try:
        made = Namespace()
    except OSError:
        yield None
        return
    yield made
    made.close()
