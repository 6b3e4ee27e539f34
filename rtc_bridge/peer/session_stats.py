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

"""What ``/diagnostics`` shows of one session."""

from .session import Session
from ..core.clock import boot_time

# Seconds for which what a page measured is shown. A visible page measures once a second.
PAGE_STATS_AGE_S = 3.0


def session_stats(session: Session) -> dict[str, str]:
    """Return the state of a session by name; ``page_...`` is what its page measured."""
    congestion = session.path.congestion
    stats = {
        'protocol': session.protocol, 'role': session.role, 'state': session.state,
        'invite': session.authorization.invite_name, 'source': session.source or '',
        'cameras': ' '.join(slot.camera.name for slot in session.slots if slot.camera is not None),
        'codec': session.slots[0].profile if session.slots else '',
        'failed_codecs': ' '.join(sorted(session.failed_codecs)),
        'streams': ' '.join(slot.stream for slot in session.slots if slot.stream),
        'kbit_per_s': f'{congestion.send_rate() / 1000:.0f}',
        'round_trip_ms': f'{congestion.rtt * 1000:.0f}',
        'path_kbit_per_s': f'{congestion.bitrate / 1000:.0f}',
        'lost_percent': f'{congestion.fraction_lost * 100:.1f}',
        'drives': str(session.drives).lower()}
    if session.viewer_stats is not None:
        page, received_at = session.viewer_stats
        if boot_time() - received_at < PAGE_STATS_AGE_S:
            stats |= {f'page_{name}': value for name, value in page.texts().items()}
    return stats
