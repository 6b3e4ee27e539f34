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
Which tests may be skipped where everything that they need was installed.

A skip hides a test, so ``scripts/test.sh`` sets ``RTC_BRIDGE_ALL_INSTALLED`` once it has installed
all of it, as root. From then on a missing part is a failure.
"""

import os
import re

# What no installation brings: reasons of skips, as regular expressions.
UNAVOIDABLE = (
    'launch and launch_ros are not on PyPI', 'it comes with an installed ROS 2',
    'RTC_BRIDGE_KILTED_PYTHON names no Python', 'this host has no (IPv4 )?address',
    'this host has no IPv6',
    'this machine has every kind of hardware')


def is_forbidden(reason: str) -> bool:
    """Tell whether a test must not be skipped for this reason here."""
    if not os.environ.get('RTC_BRIDGE_ALL_INSTALLED'):
        return False
    return not any(re.search(allowed, reason) for allowed in UNAVOIDABLE)


def forbid(report) -> None:
    """Make a report of a skip one of a failure, if the test must not be skipped here."""
    if report.skipped and not hasattr(report, 'wasxfail'):
        # A skip's text is a tuple: file, line, reason.
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if is_forbidden(reason):
            report.outcome = 'failed'
            report.longrepr = f'skipped although all was installed: {reason}'
