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

"""Tells why a viewer was not connected: in the log and for ``/diagnostics``."""

import logging

from aiortc import RTCPeerConnection

from .robot_context import RobotContext
from ..core.limits.ice_check_limits import IceCheckLimits
from ..core.limits.log_limits import LogSampler
from ..core.network.ice_report import (
    CandidateCounts, describe_no_path, IceFacts, path_remedy,
)

logger = logging.getLogger(__name__)
# By viewer and reason: a page tries again and again.
_reports = LogSampler()


def report_no_path(name: str, source: str | None, pc: RTCPeerConnection,
                   viewer: CandidateCounts, checks: IceCheckLimits, robot: RobotContext) -> None:
    """
    Say what was tried, once for each viewer and reason.

    :param name: of the session
    :param source: address of the viewer
    :param viewer: its candidates
    :param checks: of this session
    """
    own = CandidateCounts()
    own.add(pc.localDescription.sdp.split('\r\n'))
    facts = IceFacts(own, viewer, checks.sent, checks.answered, checks.received, robot.ice.faults)
    text = describe_no_path(facts)
    robot.no_paths.note(text)
    if count := _reports.count(source, path_remedy(facts)):
        logger.warning('%s from %s found no path%s: %s', name, source or '?',
                       f', the {count}th time' if count > 1 else '', text)
