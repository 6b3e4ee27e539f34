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
The estimate of what a video that comes may take, made when the first packet comes.

Each video section has one, and it takes 5 ms to make. A robot sends on nearly all of them, and the
viewer waits for its answer meanwhile.

Private parts used (aiortc 1.14 to 1.16): ``RemoteBitrateEstimator`` as ``rtcrtpreceiver`` finds
it, of which it calls ``add``. If it is missing, answers take longer.
"""

from typing import Any

from aiortc import rtcrtpreceiver

from ..hooks import available

# Its class is replaced here.
_module: Any = rtcrtpreceiver


class _LateEstimator:
    """In the place of an estimator; event loop only."""

    def __init__(self) -> None:
        self._estimator: Any = None

    def add(self, *args: Any, **kwargs: Any) -> Any:
        """See ``RemoteBitrateEstimator.add``."""
        if self._estimator is None:
            self._estimator = _estimator_class()
        return self._estimator.add(*args, **kwargs)


if available('a bandwidth estimator that is made late', (_module, ['RemoteBitrateEstimator'])):
    _estimator_class = _module.RemoteBitrateEstimator
    _module.RemoteBitrateEstimator = _LateEstimator
