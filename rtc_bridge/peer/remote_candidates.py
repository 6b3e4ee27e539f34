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

"""The ICE candidates of one viewer, as far as the robot takes them."""

from dataclasses import replace
import logging

from aiortc import RTCPeerConnection
from aiortc.sdp import candidate_from_sdp

from ..core.limits.sdp_limits import MAX_SESSION_CANDIDATES
from ..core.network.ice_report import CandidateCounts, revealed
from ..core.protocol.ice import Candidate
from ..core.protocol.strict_json import shorten

logger = logging.getLogger(__name__)


class RemoteCandidates:
    """
    Counts the viewer's candidates, and passes the trickled ones to aiortc.

    At most ``MAX_SESSION_CANDIDATES`` are read. Fewer are checked:
    ``aiortc_compat/ice/ice_checks.py`` limits the addresses.

    mDNS names (draft-ietf-mmusic-mdns-ice-candidates) are not resolved: that takes a second, and
    multicast does not pass containers and routers. Where the viewer's own address is known from
    signaling, it stands for them; else they are left out, and the viewer's own checks show its
    address, if they arrive.

    :param name: of the session, for the log
    :param address: the viewer's own, ``None`` if it is not known
    """

    def __init__(self, name: str, address: str | None = None) -> None:
        self.counts = CandidateCounts()
        self._name = name
        self._address = address
        self._count = 0
        self._logged = False

    def count_in(self, sdp: str) -> None:
        """Count the candidates of a description, which aiortc reads itself."""
        self._count += sdp.count('\na=candidate:')
        self.counts.add(sdp.split('\r\n'))

    def reveal_in(self, sdp: str) -> str:
        """
        Return a description with the viewer's address in its mDNS candidates, if it is known.

        The end of candidates goes: the address may be that of another interface of the viewer's,
        and aioice would give up before the viewer's own checks come.
        """
        if self._address is None or '.local ' not in sdp:
            return sdp
        return '\r\n'.join(self._reveal(line) or line for line in sdp.split('\r\n')
                           if line != 'a=end-of-candidates')

    def _reveal(self, candidate: str) -> str | None:
        return revealed(candidate, self._address) if self._address is not None else None

    async def add(self, pc: RTCPeerConnection, candidate: Candidate | None) -> None:
        """
        Pass a trickled candidate on; one that cannot be read is left out.

        The end of candidates (``None``) is not passed on, or aioice would give up where mDNS names
        were left out and no other candidate is left. The session's time to connect ends such a
        session.
        """
        self._count += 1
        if self._count > MAX_SESSION_CANDIDATES or candidate is None:
            return
        self.counts.add([candidate.candidate])
        if '.local ' in candidate.candidate:
            if (text := self._reveal(candidate.candidate)) is None:
                return
            candidate = replace(candidate, candidate=text)
        try:
            parsed = candidate_from_sdp(candidate.candidate.removeprefix('candidate:'))
            parsed.sdpMid = candidate.sdp_mid
            parsed.sdpMLineIndex = candidate.sdp_m_line_index
            await pc.addIceCandidate(parsed)
        except (ValueError, AssertionError, IndexError) as error:
            # Once: a viewer can send many.
            if not self._logged:
                self._logged = True
                logger.info('%s: not an ICE candidate, further ones are not logged: %s (%s)',
                            self._name, shorten(candidate.candidate), type(error).__name__)
        else:
            logger.debug('%s: candidate %s', self._name, shorten(candidate.candidate, 120))
