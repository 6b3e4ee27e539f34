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

"""What a viewer's session description (SDP), its offer or its answer to ours, asks for."""

from dataclasses import dataclass
import re

from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.sdp import MediaDescription, SessionDescription

from . import aiortc_compat
from .shared_fingerprint import shared_fingerprint
from ..core.errors import SignalingError
from ..core.protocol.strict_json import shorten
from ..core.video.video_codecs import PROFILES

# Candidate lines with mDNS names (draft-ietf-mmusic-mdns-ice-candidates) and the mark of the end.
_MDNS = re.compile(r'^a=candidate:\S+ \d+ \S+ \d+ \S+\.local .*\r?\n', re.M | re.I)
_END = re.compile(r'^a=end-of-candidates\s*\r?\n', re.M)
_OTHER_HASH = re.compile(r'^a=fingerprint:(?!sha-256 ).*\r?\n', re.M)
_BUNDLE = re.compile(r'^a=group:BUNDLE\b.*\r?\n', re.M)
_SECTION = re.compile(r'^(?=m=)', re.M)
_KINDS = ('audio', 'video', 'application')


@dataclass(frozen=True)
class VideoSection:
    """
    A video section of an offer.

    :ivar receives: it wants to receive
    :ivar sends_vp8: it may send, and VP8 is among its codecs
    :ivar codecs: all that it lists
    """

    receives: bool
    sends_vp8: bool
    codecs: tuple[RTCRtpCodecParameters, ...] = ()


@dataclass(frozen=True)
class ViewerOffer:
    """
    An offer that was understood.

    :ivar sdp: the offer as aiortc may get it
    :ivar video: its video sections, in order
    :ivar profiles: those of ``core.video.video_codecs.PROFILES`` that all sections that want to
        receive decode
    :ivar fingerprint: SHA-256 of the certificate that the viewer announces, ``None`` if nothing
        can be proved over this offer
    :ivar bundled: it has a BUNDLE group
    :ivar hears: one of its sections wants to receive sound by Opus
    :ivar talks: that section may send, too
    :ivar audio_codecs: those of the first audio section
    """

    sdp: str
    video: tuple[VideoSection, ...]
    profiles: frozenset[str]
    fingerprint: bytes | None = None
    bundled: bool = True
    hears: bool = False
    talks: bool = False
    audio_codecs: tuple[RTCRtpCodecParameters, ...] = ()

    @property
    def slots(self) -> int:
        """Return the number of video sections that want to receive."""
        return sum(section.receives for section in self.video)


def read_offer(sdp: str, *, provable: bool = False) -> ViewerOffer:
    """
    Read an offer.

    :param provable: an invite has to be proved over it
    :raises SignalingError: ``bad-offer`` or ``bad-sdp``, with what is wrong
    """
    text, description = _parse(sdp, 'bad-offer')
    try:
        fingerprint = shared_fingerprint(description, strict=provable)
    except SignalingError:
        if provable:
            raise
        # A player may not know BUNDLE: it gets what it may see without a proof, and no more.
        fingerprint = None
    video, profiles, hears, talks = [], set(PROFILES), False, False
    for media in description.media:
        if media.kind == 'video':
            section = _video_section(media)
            video.append(section)
            if section.receives:
                profiles &= _profiles(media, 'bad-offer')
        elif media.kind == 'audio' and media.direction in ('recvonly', 'sendrecv', None):
            if any(codec.mimeType.lower() == 'audio/opus' for codec in media.rtp.codecs):
                hears = True
                talks |= media.direction != 'recvonly'
    receives = any(section.receives for section in video)
    return ViewerOffer(text, tuple(video), frozenset(profiles if receives else ()), fingerprint,
                       any(group.semantic == 'BUNDLE' for group in description.group), hears,
                       talks, next((tuple(media.rtp.codecs) for media in description.media
                                    if media.kind == 'audio'), ()))


def _video_section(media: MediaDescription) -> VideoSection:
    return VideoSection(
        media.direction in ('recvonly', 'sendrecv', None),
        media.direction in ('sendonly', 'sendrecv', None) and any(
            codec.mimeType.lower() == 'video/vp8' for codec in media.rtp.codecs),
        tuple(media.rtp.codecs))


def read_answer(sdp: str, *, may_send: bool = False) -> tuple[str, list[set[str]]]:
    """
    Read an answer to an offer of ours; return its text, and the profiles that each slot decodes.

    :param may_send: the first video section was offered to be sent by, too
    :raises SignalingError: ``bad-answer``, with what is wrong
    """
    text, description = _parse(sdp, 'bad-answer')
    slots = [media for media in description.media if media.kind == 'video']
    for number, media in enumerate(slots):
        if media.direction != 'recvonly' and not (
                may_send and not number and media.direction == 'sendrecv'):
            raise SignalingError('bad-answer', 'video is offered to be received only, the answer '
                                               f'is {media.direction or "sendrecv"}')
    return (_with_rejected_data(text, description),
            [_profiles(media, 'bad-answer') for media in slots])


def only_sha256(sdp: str) -> str:
    """Return a description of ours with one fingerprint a section: browsers take the last one."""
    return _OTHER_HASH.sub('', sdp)


def without_bundle(sdp: str) -> str:
    """
    Return an answer of ours without the group that aiortc always writes.

    An answer must not have one where the offer has none (RFC 9143, section 7.3.1): its viewer
    would wait for all media on the first section's transport.
    """
    return _BUNDLE.sub('', sdp)


def _parse(sdp: str, code: str) -> tuple[str, SessionDescription]:
    """
    Parse a description; return it with its text without mDNS candidates.

    To resolve an mDNS name takes a second, and the viewer's own checks show its address anyway.
    The end of candidates goes too, or aioice would give up where no other candidate is left.

    :param code: of the error
    :raises SignalingError: it cannot be read, or lacks what a connection needs
    """
    what = 'offer' if code == 'bad-offer' else 'answer'
    text, count = _MDNS.subn('', sdp)
    if count:
        text = _END.sub('', text)
    try:
        description = SessionDescription.parse(text)
    except Exception as error:
        # aiortc has no common base for what it raises on strange text: StopIteration, for one.
        raise SignalingError(code, f'{what} is no SDP that can be read: '
                                   f'{shorten(error)}') from None
    if not description.media:
        raise SignalingError(code, f'{what} has no media sections')
    kinds = {str(media.rtp.muxId): media.kind for media in description.media}
    # aiortc puts the sections of a group on its first one's transport, without looking for it.
    if any(kinds.get(str(mid)) not in _KINDS
           for group in description.group if group.semantic == 'BUNDLE' for mid in group.items):
        raise SignalingError(code, 'a BUNDLE group names a section that is not there')
    for media in description.media:
        if media.port != 0 and (
                media.ice is None or media.ice.usernameFragment is None
                or media.dtls is None or not media.dtls.fingerprints):
            raise SignalingError(code, f'{media.kind} section without ICE credentials or '
                                       'DTLS fingerprint')
    return text, description


def _profiles(media: MediaDescription, code: str) -> set[str]:
    try:
        return aiortc_compat.offered_profiles(media.rtp.codecs)
    except (ValueError, TypeError, AttributeError) as error:
        raise SignalingError(code, f'codecs cannot be read: {error!r}') from None


def _with_rejected_data(text: str, description: SessionDescription) -> str:
    """
    Return an answer in which a rejected data section shares the first accepted one's transport.

    A rejected section has port 0, stands in no group (RFC 9143, section 7.3.3) and may lack all
    that a transport needs. aiortc does not look at the port: it would refuse the answer, or wait
    for a connection that never comes.
    """
    head, *sections = _SECTION.split(text)
    shared = next((media for media in description.media if media.port), None)
    rejected = [number for number, media in enumerate(description.media)
                if media.kind == 'application' and not media.port]
    if not rejected or len(sections) != len(description.media) or (
            shared is None or shared.ice is None or shared.dtls is None):
        return text
    group = next((list(map(str, group.items)) for group in description.group
                  if group.semantic == 'BUNDLE'), [])
    group = group or [shared.rtp.muxId]
    for number in rejected:
        media = description.media[number]
        sections[number] = '\r\n'.join([
            sections[number].partition('\r\n')[0], f'a=mid:{media.rtp.muxId}',
            f'a=ice-ufrag:{shared.ice.usernameFragment}', f'a=ice-pwd:{shared.ice.password}',
            f'a=setup:{"active" if shared.dtls.role == "client" else "passive"}',
            *(f'a=fingerprint:{fingerprint.algorithm} {fingerprint.value}'
              for fingerprint in shared.dtls.fingerprints),
            f'a=sctp-port:{media.sctp_port or 5000}', ''])
        if media.rtp.muxId not in group:
            group.append(media.rtp.muxId)
    return ''.join([_BUNDLE.sub('', head), f'a=group:BUNDLE {" ".join(group)}\r\n', *sections])
