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

"""The video encoders of this computer, each tried in a child process."""

from collections.abc import Mapping

from ..core.checks.result import Check
from ..core.errors import ParameterError
from ..core.video.video_codecs import (
    check_h264_encoder, choose_h264_encoder, h264_candidates, H264_ENCODERS, SOFTWARE,
)
from ..media.encoder import h264_encoders
from ..media.encoder_probe import probe_encoders

_SOFTWARE = SOFTWARE['h264'].name


async def check_encoders(wanted: str) -> list[Check]:
    """
    Try the encoders of H.264.

    :param wanted: ``video.h264_encoder``
    """
    try:
        if wanted not in H264_ENCODERS:
            check_h264_encoder(wanted, h264_encoders())
    except ParameterError as error:
        return [Check('encoder', 'fail', str(error))]
    names = [kind.name for kind in h264_candidates(wanted)]
    return encoder_checks(wanted, await probe_encoders([*names, _SOFTWARE], every=True))


def encoder_checks(wanted: str, faults: Mapping[str, str]) -> list[Check]:
    """
    Judge the encoders.

    :param faults: why each cannot be used, '' if it can
    """
    chosen, _ = choose_h264_encoder(
        wanted, lambda kind: faults.get(kind.name, 'was not tried'))
    checks = []
    for name, fault in faults.items():
        title = f'encoder {name}'
        if not fault:
            checks.append(Check(title, 'ok', 'works' + (', and is used' if name == chosen.name
                                                        else '')))
        elif name == _SOFTWARE:
            checks.append(Check(title, 'fail', fault, 'Reinstall PyAV: python3 -m pip install '
                                '--force-reinstall av'))
        elif name == wanted:
            checks.append(Check(title, 'fail', f'video.h264_encoder names it, and it cannot be '
                                f'used: {fault}; {_SOFTWARE} is used',
                                'Install its driver, or another build of FFmpeg and PyAV'))
        elif 'crashed' in fault or 'gave no answer' in fault:
            checks.append(Check(title, 'warn', f'{fault}; it is not used', 'Update the driver of '
                                'this hardware, or remove it; the bridge does without'))
        else:
            checks.append(Check(title, 'skipped', f'cannot be used here: {fault}'))
    return checks
