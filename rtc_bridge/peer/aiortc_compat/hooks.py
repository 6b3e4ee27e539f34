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
Whether this release of aiortc and aioice has the private parts that a feature of ours needs.

Each file of this package looks for its parts when it is imported. A feature whose parts are
missing is left out: sessions work without it, and one warning names it.
"""

from collections.abc import Sequence
import logging

logger = logging.getLogger(__name__)

# The features that this release does not allow; a test requires that there are none.
missing: list[str] = []


def available(feature: str, *parts: tuple[object, Sequence[str]]) -> bool:
    """
    Tell whether all private parts for a feature are there; warn if not.

    :param feature: what is lost without them, for the log
    :param parts: objects (modules, classes, ``None`` if even that is missing) with the names of
        attributes that each must have
    """
    lacking = [name for owner, names in parts for name in names if not hasattr(owner, name)]
    if lacking:
        missing.append(feature)
        logger.warning('this release of aiortc has no %s: %s is not available',
                       ', '.join(lacking), feature)
    return not lacking
