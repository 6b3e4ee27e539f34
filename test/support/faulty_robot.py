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

"""A robot in whose programs parts fail on demand."""

import sys

from support import faulty_program
from support.stack import Robot


class FaultyRobot(Robot):
    """
    Bridge and guard run by ``faulty_program.py``, in which each part can be made to fail.

    :param directory: for the files that say which part fails
    """

    def __init__(self, directory, **parameters):
        """Start it."""
        self._directory = directory
        super().__init__(**parameters)

    def command(self, module, **parameters):
        """Return a program's command line."""
        command = super().command(module, **parameters)
        if module == 'relay':
            return command
        folder = self._directory / module
        folder.mkdir(exist_ok=True)
        return [sys.executable, faulty_program.__file__, module, str(folder), *command[3:]]

    def arm(self, name, how, module='bridge'):
        """Let a part fail from now on: ``once`` or ``always``."""
        fresh = self._directory / module / f'.{name}'
        fresh.write_text(how)
        fresh.rename(self._directory / module / name)

    def disarm(self, name, module='bridge'):
        """Let a part work again."""
        (self._directory / module / name).unlink(missing_ok=True)

    def failures(self, name, at_least=1):
        """Wait until a part has failed so often since the start; return how often."""
        return _count(self.diagnostics(
            'failures', lambda values, _: _count(values, name) >= at_least), name)

    def failures_so_far(self, name):
        """Return how often a part had failed at the time of the newest diagnostics."""
        for message in reversed(self._diagnostics):
            for status in message.status:
                if status.name == 'rtc_bridge: failures':
                    return _count({pair.key: pair.value for pair in status.values}, name)
        return 0


def _count(values, name):
    return int(values.get(name, '0').partition(',')[0])
