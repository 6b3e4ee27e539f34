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
A media stream of its own for a track.

A browser plays the tracks of one stream at the same time, so that lips fit the sound: a picture
would wait for the buffer of the sound. aiortc puts all tracks of a connection into one stream.

Private part used (aiortc 1.14 to 1.16): ``RTCRtpSender._stream_id``. Without it pictures may be
shown later while the viewer listens.
"""

from uuid import uuid4

from aiortc import RTCRtpSender

from ..hooks import available


def use_own_stream(sender: RTCRtpSender) -> None:
    """Announce a sender's track in a media stream of its own, in what is described from now on."""
    if available('a media stream of its own for sound', (sender, ['_stream_id'])):
        sender._stream_id = str(uuid4())
