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

"""The role of one session: by the way on which it came, or by an invite that it has proved."""

from hmac import compare_digest

from aiortc import RTCPeerConnection

from . import aiortc_compat
from ..core.access.policy import AccessPolicy, VerifiedInvite
from ..core.access.proof import new_nonce, Transcript
from ..core.clock import boot_time, Clock
from ..core.errors import SignalingError

# Seconds from the answer on, within which a viewer has to connect and prove an invite. The time
# that the robot needs for its answer, as to get an address of a TURN server, is not counted.
PROOF_TIMEOUT_S = 5.0


class SessionAuthorization:
    """
    Holds a session's role, which is ``none`` until a proof if the way gives no role.

    :param role: that the way gives to everybody
    :param access: decides on proofs
    :param invite: that a WHEP player has shown when it asked for the session
    :ivar nonce: the robot's, for the proof
    :ivar offered_fingerprint: of the certificate that the offer announces, if all its sections
        announce the same
    """

    def __init__(self, role: str, robot_id: str, access: AccessPolicy,
                 invite: VerifiedInvite | None = None, clock: Clock = boot_time) -> None:
        self.role = role if invite is None else invite.invite.role
        self.nonce = new_nonce()
        self.offered_fingerprint: bytes | None = None
        self._robot_id = robot_id
        self._access = access
        self._clock = clock
        self._verified = invite
        # When the answer was ready; before that no time is counted.
        self._answered_at: float | None = None
        self._tried = False

    @property
    def has_invite(self) -> bool:
        """Return whether the session has proved an invite, or shown its bearer."""
        return self._verified is not None

    @property
    def invite_name(self) -> str:
        """Return the name in the invite, '' without an invite."""
        return self._verified.invite.name if self._verified is not None else ''

    def start_clock(self) -> None:
        """Begin to count the time for a proof, as the answer is ready."""
        self._answered_at = self._clock()

    def prove(self, pc: RTCPeerConnection, nonce: bytes, payload: str, mac: bytes) -> bytes:
        """
        Check the page's proof, once, and take the role of its invite; return the robot's proof.

        The proof is about the connection that carries the data channel. So all media must be on
        the same connection, and the certificate that DTLS saw there must be the one of the offer.

        :param nonce: the page's
        :param payload: of the invite, the characters as they were sent
        :raises SignalingError: ``denied``, ``bad-sdp``, ``expired``, ``revoked`` or ``clock``: the
            session has to end
        """
        if self._tried or not self._access.accepts_invites:
            raise SignalingError('denied', 'no proof was asked for, or not again')
        self._tried = True
        seen, own = self._fingerprints(pc)
        self._verified = self._access.verify_proof(Transcript(
            self._robot_id, self.nonce, nonce, seen, own, payload), mac)
        self.role = self._verified.invite.role
        return self._verified.robot_mac

    def _fingerprints(self, pc: RTCPeerConnection) -> tuple[bytes, bytes]:
        """
        Return the SHA-256 fingerprints of the viewer's and the robot's certificates.

        :raises SignalingError: ``bad-sdp``: they are not those of one connection for everything
        """
        transport = pc.sctp.transport if pc.sctp is not None else None
        if transport is None or self.offered_fingerprint is None or any(
                sender.transport is not transport for sender in pc.getSenders()):
            raise SignalingError('bad-sdp', 'the offer allows more than one connection')
        seen = aiortc_compat.peer_fingerprint(transport)
        if seen is None:
            raise SignalingError('bad-sdp', 'this release of aiortc tells no certificate')
        if not compare_digest(seen, self.offered_fingerprint):
            raise SignalingError('bad-sdp',
                                 'the connection has another certificate than the offer')
        own, = (bytes.fromhex(fingerprint.value.replace(':', ''))
                for fingerprint in transport.getLocalParameters().fingerprints
                if fingerprint.algorithm == 'sha-256')
        return seen, own

    def fault(self) -> SignalingError | None:
        """
        Return why the session has to end, ``None`` if it may go on.

        Its invite has expired or was revoked, or no proof came in time (``no-proof``: no refusal,
        since an honest page on a slow path may need another attempt).
        """
        if self._verified is not None:
            return self._access.why_invalid(self._verified)
        if self.role == 'none' and self._answered_at is not None and (
                self._clock() - self._answered_at > PROOF_TIMEOUT_S):
            return SignalingError('no-proof', f'no proof came within {PROOF_TIMEOUT_S:g} s of '
                                              'the answer')
        return None
