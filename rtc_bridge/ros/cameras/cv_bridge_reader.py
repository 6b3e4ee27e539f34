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
Plain images read by cv_bridge, as long as it works.

It is built against a NumPy and an OpenCV that may not be those that are installed. Then this
package reads the images alone, and says so once.
"""

from collections.abc import Callable
import contextlib
from functools import lru_cache, partial
import io
import logging
import os
from typing import Any, cast

import numpy as np
from sensor_msgs.msg import Image

from ...media.images.i420 import Pixels
from ...system.import_faults import import_remedy

logger = logging.getLogger(__name__)
# What every cv_bridge reads right, if there is no padding, with the channels; the pure Python one
# on PyPI ignores ``step``.
_PLAIN = {'rgb8': 3, 'bgr8': 3, 'mono8': 1}
# Characters of the failure that are logged.
_MAX_TEXT = 200


def _import() -> Callable[[Image], Any]:
    # What NumPy writes about a module that was built for another one, with a traceback.
    with contextlib.redirect_stderr(io.StringIO()):
        from cv_bridge import CvBridge
        read: Callable[[Image], Any] = partial(CvBridge().imgmsg_to_cv2,
                                               desired_encoding='passthrough')
    tried = read(Image(height=1, width=2, encoding='bgr8', step=6, data=bytes(range(6))))
    if tried.tolist() != [[[0, 1, 2], [3, 4, 5]]]:
        raise ValueError('it reads a test image wrongly')
    return read


class CvBridgeReader:
    """Reads images by cv_bridge until it fails; any thread may call all methods."""

    def __init__(self, load: Callable[[], Callable[[Image], Any]] = _import) -> None:
        self._read: Callable[[Image], Any] | None = None
        try:
            self._read = load()
        except (Exception, SystemExit) as error:
            _report('cannot be used', error)

    def read(self, message: Any) -> Pixels | None:
        """Return the pixels of a plain image, ``None`` if this package is to read it."""
        channels = _PLAIN.get(message.encoding, 0)
        if self._read is None or not channels or not isinstance(message, Image) or (
                message.is_bigendian):
            return None
        step = message.width * channels
        if step != message.step or len(message.data) != step * message.height or not step:
            return None
        try:
            pixels = self._read(message)
            shape = (message.height, message.width, channels)[:3 if channels > 1 else 2]
            if not isinstance(pixels, np.ndarray) or pixels.shape != shape or (
                    pixels.dtype != np.uint8):
                raise ValueError('it returned something else than the image')
            return cast(Pixels, pixels)
        except (Exception, SystemExit) as error:
            if self._read is not None:
                self._read = None
                _report('failed', error)
            return None


def _report(what: str, error: BaseException) -> None:
    text = ' '.join(f'{type(error).__name__}: {error}'.split())
    package = f'ros-{os.environ.get("ROS_DISTRO", "jazzy")}-cv-bridge'
    remedy = (f'sudo apt install {package}' if isinstance(error, ModuleNotFoundError)
              else import_remedy(text, package))
    logger.warning('cv_bridge %s (%s); images are read without it. %s', what, text[:_MAX_TEXT],
                   remedy)


@lru_cache(maxsize=1)
def cv_bridge_reader() -> CvBridgeReader:
    """Return the one of this process, which is made, and reports what is wrong, at first use."""
    return CvBridgeReader()
