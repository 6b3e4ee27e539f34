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
Child processes that try what may crash or hang, such as a driver, instead of this process.

The child is this Python with a module of this package. It ends with this process.
"""

import asyncio
from collections.abc import Callable, Sequence
import contextlib
import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_NICE = 10
# Characters of what a child said last, in the reason of its end.
_MAX_SAID = 200


async def run_trial(command: Sequence[str], on_line: Callable[[str], bool],
                    silence_s: float) -> str:
    """
    Run a child process until it ends; return '' if it did so in order, otherwise how it ended.

    :param command: arguments of this Python, such as ``['-m', 'rtc_bridge.media.encoder_probe']``
    :param on_line: called with each line of its output; returns whether the line was understood
    :param silence_s: seconds without a line after which it is killed
    """
    # -P: with -m, Python would take modules from the present directory first.
    process = await asyncio.create_subprocess_exec(
        sys.executable, '-P', *command, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, start_new_session=True)
    assert process.stdout is not None, 'there is a pipe'
    said = ''
    try:
        while True:
            async with asyncio.timeout(silence_s):
                data = await process.stdout.readline()
            if not data:
                break
            line = data.decode(errors='replace').strip()
            if line and not on_line(line):
                said = line[:_MAX_SAID]
        return _ending(await process.wait(), said)
    except TimeoutError:
        return f'gave no answer for {silence_s:g} s'
    except ValueError:
        return 'said a line that is too long'
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _ending(status: int, said: str) -> str:
    if status == 0:
        return ''
    if status < 0:
        with contextlib.suppress(ValueError):
            return f'crashed ({signal.Signals(-status).name})'
    return f'ended with status {status}' + (f': {said}' if said else '')


def prepare_trial() -> None:
    """Let this child process end with its parent, and disturb others little."""
    # Linux kills the child when the thread that made it ends: prctl(2).
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    with contextlib.suppress(OSError):
        os.nice(_NICE)
