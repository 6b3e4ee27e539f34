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

"""Where a JPEG image begins and ends in the data of a message (ITU-T T.81, annex B)."""

import re

# Start of image, and the first byte of the marker that follows it.
START = b'\xff\xd8\xff'
END = b'\xff\xd9'
# Bytes within which an image has to begin: cameras put a header of their own before it.
_MAX_BEFORE = 1024
# A marker between entropy-coded bytes: no stuffed zero, no restart, no fill byte.
_MARKER = re.compile(rb'\xff[^\x00\xd0-\xd7\xff]')
# Markers without a length: restarts, start of image, and one for arithmetic coding.
_ALONE = frozenset({*range(0xd0, 0xd9), 0x01})


def find_start(data: bytes) -> int:
    """Return where an image begins in the first bytes of data, -1 if none does."""
    return 0 if data.startswith(START) else data.find(START, 0, _MAX_BEFORE)


def find_end(data: bytes) -> int | None:
    """
    Return where an image's end marker ends, ``None`` if it has none.

    That of a thumbnail in the header does not count.

    :param data: from the start of the image on
    """
    at = 2
    while True:
        found = _MARKER.search(data, at)
        if found is None:
            return None
        marker = data[found.end() - 1]
        at = found.end()
        if marker == END[1]:
            return at
        if marker in _ALONE:
            continue
        length = int.from_bytes(data[at:at + 2], 'big')
        if length < 2:
            return None
        at += length
