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

"""What the bridge tells of failures and refusals in /diagnostics."""

from diagnostic_msgs.msg import DiagnosticStatus
from rtc_bridge.bridge.diagnostics import FAILURE_SHOWN_S, FailureDiagnostics, refusal_status
from rtc_bridge.core.failure_log import FailureLog
from rtc_bridge.core.limits.refusals import Refusals


def values(status):
    return {pair.key: pair.value for pair in status.values}


def test_a_failure_is_a_warning_for_some_seconds_and_counted_for_ever(clock):
    log = FailureLog()
    diagnostics = FailureDiagnostics(log, clock)
    assert diagnostics.status().level == DiagnosticStatus.OK
    log.note('cameras', ValueError('first'))
    log.note('cameras', ValueError('second'))
    status = diagnostics.status()
    assert (status.level, status.message) == (
        DiagnosticStatus.WARN, 'cameras: ValueError: second')
    assert values(status) == {'cameras': '2, the newest: ValueError: second'}
    clock.now += FAILURE_SHOWN_S
    status = diagnostics.status()
    assert (status.level, status.message) == (DiagnosticStatus.OK, '2 so far')
    log.note('telemetry', OSError('third'))
    assert diagnostics.status().message == 'telemetry: OSError: third'


def test_failures_before_the_first_report_are_new(clock):
    log = FailureLog()
    log.note('ICE servers', ValueError('at the start'))
    assert FailureDiagnostics(log, clock).status().level == DiagnosticStatus.WARN


def test_refusals_are_counted_by_reason_and_are_no_fault_of_the_robot():
    log = Refusals()
    assert values(refusal_status(log)) == {'count': '0'}
    log.note('sdp', '192.0.2.1', 'too long')
    log.note('sdp', '192.0.2.2', 'too long')
    log.note('texts', None, 'a control character')
    status = refusal_status(log)
    assert (status.level, status.message) == (DiagnosticStatus.OK, '3 refused')
    assert values(status) == {'count': '3', 'sdp': '2', 'sdp.newest_source': '192.0.2.2',
                              'texts': '1', 'texts.newest_source': ''}
