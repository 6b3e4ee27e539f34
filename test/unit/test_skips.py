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

"""A test that is skipped where everything was installed fails, and says why."""

import pytest
from support.skips import forbid, is_forbidden


@pytest.mark.parametrize('reason, forbidden', [
    ('Skipped: nginx is not installed', True), ('Skipped: coturn is not installed', True),
    ('Skipped: network namespaces need root', True),
    ('Skipped: launch and launch_ros are not on PyPI; they come with ROS', False),
    ('Skipped: this host has no address', False),
    ('Skipped: this host has no IPv4 address', False), ('Skipped: this host has no IPv6', False)])
def test_a_skip_is_forbidden_for_what_can_be_installed(monkeypatch, reason, forbidden):
    monkeypatch.setenv('RTC_BRIDGE_ALL_INSTALLED', 'yes')
    assert is_forbidden(reason) == forbidden
    monkeypatch.delenv('RTC_BRIDGE_ALL_INSTALLED')
    assert not is_forbidden(reason)


def test_a_forbidden_skip_is_a_failure_that_names_its_reason(monkeypatch):
    monkeypatch.setenv('RTC_BRIDGE_ALL_INSTALLED', 'yes')
    report = pytest.TestReport('test_x.py::test', ('test_x.py', 1, 'test'), {}, 'skipped',
                               ('test_x.py', 1, 'Skipped: nginx is not installed'), 'call')
    forbid(report)
    assert report.failed and 'nginx is not installed' in report.longrepr
    report.outcome = 'passed'
    forbid(report)
    assert report.passed
