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

"""The header of a VP8 frame (RFC 6386, section 9.1)."""

_START_CODE = b'\x9d\x01\x2a'
# Bytes of the frame tag and of what follows it in a keyframe.
_KEYFRAME_HEADER_BYTES = 10


def is_keyframe(frame: bytes) -> bool:
    """Tell whether a frame says that it is a keyframe; none is empty."""
    return bool(frame) and not frame[0] & 1


def keyframe_size(frame: bytes) -> tuple[int, int] | None:
    """Return width and height of a keyframe in pixels, ``None`` if its header is broken."""
    if len(frame) < _KEYFRAME_HEADER_BYTES or frame[3:6] != _START_CODE:
        return None
    # The two highest bits say how a player may enlarge the picture.
    return (int.from_bytes(frame[6:8], 'little') & 0x3fff,
            int.from_bytes(frame[8:10], 'little') & 0x3fff)
