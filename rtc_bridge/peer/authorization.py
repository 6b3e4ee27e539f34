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
"""How a session comes to its role: by the way it came, or by the proof of an invite."""

from hmac import compare_digest

from aiortc import RTCPeerConnection

from . import aiortc_compat
from ..core.access.policy import AccessPolicy, VerifiedInvite
from ..core.access.proof import new_nonce, Transcript
from ..core.clock import boot_time, Clock
from ..core.errors import SignalingError

# Seconds from the answer on, in which somebody has to connect and prove an invite. What the robot
# takes for its answer, as for candidates of a TURN server, is not the page's time.
PROOF_TIMEOUT_S = 5.0


class SessionAuthorization:
    """
    The role of one session, ``none`` before a proof that is needed.

    ``nonce`` is the robot's for the proof.
    """

    def __init__(self, role: str, robot_id: str, access: AccessPolicy,
                 admission: VerifiedInvite | None = None, clock: Clock = boot_time) -> None:
        """Begin with the role that the way, or what was shown at the door, gives."""
        self.role = role if admission is None else admission.invite.role
        self.nonce = new_nonce()
        self._robot_id = robot_id
        self._access = access
        self._clock = clock
        # When the answer was ready; before, no time runs.
        self._answered: float | None = None
        self._fingerprint: bytes | None = None
        self._admission = admission
        self._tried = False

    @property
    def invite(self) -> str:
        """Return whose invite was proved, or nothing."""
        return self._admission.invite.name if self._admission is not None else ''

    def take_offer(self, fingerprint: bytes | None) -> None:
        """Note the fingerprint that all sections of the viewer's offer share, if they do."""
        self._fingerprint = fingerprint

    def start_clock(self) -> None:
        """Begin to count the time for a proof, as the answer is ready."""
        self._answered = self._clock()

    def prove(self, pc: RTCPeerConnection, nonce: bytes, payload: str, mac: bytes) -> bytes:
        """
        Check the page's proof, once, and take its role; return the robot's proof.

        It holds for the connection that carries the channel, so all media must be on the same, and
        for the certificate that DTLS saw there, which has to be the one of the offer.

        :raises SignalingError: the session is to end
        """
        if self._tried or not self._access.accepts_invites:
            raise SignalingError('denied', 'no proof was asked for, or not again')
        self._tried = True
        transport = pc.sctp.transport
        if self._fingerprint is None or any(
                sender.transport is not transport for sender in pc.getSenders()):
            raise SignalingError('bad-sdp', 'the offer allows more than one connection')
        seen = aiortc_compat.peer_fingerprint(transport)
        if seen is None or not compare_digest(seen, self._fingerprint):
            raise SignalingError('bad-sdp', 'the connection has another certificate than the offer'
                                 if seen else 'this release of aiortc tells no certificate')
        own, = (bytes.fromhex(fingerprint.value.replace(':', ''))
                for fingerprint in transport.getLocalParameters().fingerprints
                if fingerprint.algorithm == 'sha-256')
        self._admission = self._access.verify_proof(Transcript(
            self._robot_id, self.nonce, nonce, seen, own, payload), mac)
        self.role = self._admission.invite.role
        return self._admission.robot_mac

    def fault(self) -> SignalingError | None:
        """Return why the session is over: no proof came, or the invite has ended."""
        if self._admission is not None:
            return self._access.why_invalid(self._admission)
        if self.role == 'none' and self._answered is not None and (
                self._clock() - self._answered > PROOF_TIMEOUT_S):
            # No refusal: on a slow path an honest page may need another attempt.
            return SignalingError('no-proof', f'no proof came within {PROOF_TIMEOUT_S:g} s of '
                                              'the answer')
        return None
