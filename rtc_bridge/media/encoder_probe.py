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
Which H.264 encoders work, tried in child processes: a driver may crash or hang its process.

As a program it tries the encoders that its arguments name, up to the first one that works.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
import json
import sys

from .encoder import probe
from ..core.video.video_codecs import h264_candidates, SOFTWARE
from ..system.processes.trial_process import prepare_trial, run_trial

# Seconds for the import of FFmpeg, and for each encoder. A driver may wake its device first.
PROBE_TIMEOUT_S = 15.0
_EVERY = '--every'

# As run_trial() without its time: a command, and what takes a line, to how it ended.
Run = Callable[[Sequence[str], Callable[[str], bool]], Awaitable[str]]


async def probe_encoders(names: Sequence[str], *, every: bool = False,
                         run: Run = partial(run_trial, silence_s=PROBE_TIMEOUT_S)
                         ) -> dict[str, str]:
    """
    Try encoders; return by name why each cannot be used, '' if it can.

    :param names: FFmpeg's, the best first
    :param every: try all; otherwise only up to the first that works
    """
    faults: dict[str, str] = {}
    waiting = list(names)
    while waiting and (every or '' not in faults.values()):
        trying = _Reports()
        ending = await run(['-m', 'rtc_bridge.media.encoder_probe', *[_EVERY] * every, *waiting],
                           trying.take)
        faults |= trying.faults
        waiting = [name for name in waiting if name not in faults]
        if not ending:
            break
        if trying.current in waiting:
            faults[trying.current] = f'its driver {ending}'
            waiting.remove(trying.current)
        elif not trying.faults:
            # It is not the encoder that does not work.
            return faults | dict.fromkeys(waiting, f'the process that tries it {ending}')
    return faults


class _Reports:
    """What a child process has said."""

    def __init__(self) -> None:
        self.current = ''
        self.faults: dict[str, str] = {}

    def take(self, line: str) -> bool:
        """Take a line of output; return whether it is a report, and not a library's text."""
        try:
            report = json.loads(line)
            self.current = str(report['encoder'])
            if 'fault' in report:
                self.faults[self.current] = str(report['fault'])
                self.current = ''
            return True
        except (ValueError, TypeError, KeyError):
            return False


def _say(**report: str) -> None:
    # The line break before ends what a library may have written.
    print('\n' + json.dumps(report), flush=True)


def main(names: list[str]) -> None:
    """Try encoders, in a child process of their own."""
    prepare_trial()
    every = _EVERY in names
    for name in names:
        if name == _EVERY:
            continue
        _say(encoder=name)
        kinds = (SOFTWARE['h264'],) if name == SOFTWARE['h264'].name else h264_candidates(name)
        fault = probe(kinds[0])
        _say(encoder=name, fault=fault)
        if not (fault or every):
            return


if __name__ == '__main__':
    main(sys.argv[1:])
