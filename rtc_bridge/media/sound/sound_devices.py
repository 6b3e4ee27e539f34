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

"""Devices of this computer, by ALSA or PulseAudio (PipeWire has the latter, too)."""

import os
from pathlib import Path
from typing import Any, Literal

import av

# FFmpeg's names of what opens a device, by the first word of a parameter.
DEVICE_KINDS = ('alsa', 'pulse')
# PyAV's wheels bring an ALSA that looks elsewhere.
_ALSA_CONFIG = Path('/usr/share/alsa/alsa.conf')


def open_device(kind: str, name: str, mode: Literal['r', 'w'], options: dict[str, str]) -> Any:
    """
    Open a device; return PyAV's container.

    :param kind: of ``DEVICE_KINDS``
    :param mode: ``r`` or ``w``
    :raises ValueError: this FFmpeg has not the kind
    :raises OSError: it cannot be opened (PyAV's errors are such)
    """
    if kind not in av.formats_available:
        raise ValueError(f'this PyAV has no {kind}: '
                         + ('use alsa:pulse' if kind == 'pulse' else 'use another kind'))
    if _ALSA_CONFIG.is_file():
        os.environ.setdefault('ALSA_CONFIG_PATH', str(_ALSA_CONFIG))
    return av.open(name, mode, format=kind, options=options)
