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
Everything that reaches into private parts of aiortc and aioice, one concept a file.

Each file says which parts it uses, in which versions, and what happens without them. It looks for
them at import: a feature whose parts are missing is left out with a warning (``hooks.py``).
Written for aiortc 1.14 to 1.16. To admit a new release: run ``test/unit/peer/aiortc_compat``, then
compare the parts named in each file, since a part that is still there may have another meaning.
"""

# Modules are imported for their effect: they put limits in place, or save time.
from .data import channel_order, sctp, stream_reuse  # noqa: F401
from .data.dtls import peer_fingerprint
from .hooks import missing
from .ice import datagrams, ice_checks, ipv6_literals  # noqa: F401
from .ice.consent import check_consent, last_answer, round_trip, unanswered_for
from .ice.gathering import gathering_by, host_addresses, host_interfaces
from .ice.ice_connections import selected_pairs
from .ice.ice_server_requests import ask_stun, ask_turn
from .peer_limits import limited_by
from .rtp import bitrate_estimate, incoming_media, packet_size  # noqa: F401
from .rtp.codec_switch import make_codec_switch
from .rtp.forward_correction import accept_correction, CorrectionSender
from .rtp.media_streams import use_own_stream
from .rtp.playout_delay import PLAYOUT_DELAY_URI, set_playout_delay
from .rtp.received_video import read_packet, read_repeat, read_vp8, VideoFeedback
from .rtp.rtcp_feedback import watch_rtcp
from .rtp.rtp_history import (
    media_ssrc, newest_packets, newest_timestamp, padding_packets, send_again,
)
from .rtp.sound_redundancy import accept_redundancy, make_redundancy_switch
from .rtp.transport_feedback import accept_transport_feedback, TRANSPORT_SEQUENCE_URI
from .rtp.video_codecs import offered_profiles, preferences, vp8_alone

__all__ = [
    'accept_correction', 'accept_redundancy', 'accept_transport_feedback', 'ask_stun', 'ask_turn',
    'check_consent', 'CorrectionSender', 'gathering_by', 'host_addresses', 'host_interfaces',
    'last_answer', 'limited_by', 'make_codec_switch', 'make_redundancy_switch', 'missing',
    'media_ssrc', 'newest_packets', 'newest_timestamp', 'offered_profiles', 'padding_packets',
    'peer_fingerprint', 'PLAYOUT_DELAY_URI', 'preferences', 'read_packet', 'read_repeat',
    'read_vp8', 'round_trip', 'selected_pairs', 'send_again', 'set_playout_delay',
    'TRANSPORT_SEQUENCE_URI', 'unanswered_for', 'use_own_stream', 'VideoFeedback', 'vp8_alone',
    'watch_rtcp',
]
