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
Bounds on what reaches a connection of ours from the network, and on what it sends to strangers.

aioice takes datagrams from any address, and believes whatever candidates a peer names.
"""

from typing import Any

from aioice import stun
import aioice.ice
from aiortc import RTCDtlsTransport

from .limits import limits_of, note_unreadable

# RFC 8445, section 7.2.5.1.
ROLE_CONFLICT = 487


def _install_address_limits() -> bool:
    """Send no checks but to addresses that :class:`AddressLimits` lets through."""
    connection, protocol = (getattr(aioice.ice, n, None) for n in ('Connection', 'StunProtocol'))
    if not all(hasattr(connection, n) for n in ('add_remote_candidate', 'check_incoming')) or (
            not all(hasattr(protocol, n) for n in ('send_stun', 'request'))):
        return False
    add, check, send, request = (connection.add_remote_candidate, connection.check_incoming,
                                 protocol.send_stun, protocol.request)

    async def add_within_limits(self, candidate):
        limits = limits_of(self)
        if limits is not None and candidate is not None and (
                candidate.component != 1 or candidate.transport.lower() != 'udp'
                or not limits.addresses.take(candidate.host, candidate.port)):
            # Names are no addresses: none of a stranger's choice is looked up.
            return
        await add(self, candidate)

    def check_within_limits(self, message, addr, protocol):
        limits = limits_of(self)
        if limits is None or limits.addresses.take(*addr[:2], asks=True):
            check(self, message, addr, protocol)

    def send_within_limits(self, message, addr):
        limits = limits_of(self.receiver)
        # Servers of ours are asked, too, while candidates are gathered.
        if limits is None or message.message_class != stun.Class.REQUEST or (
                'USERNAME' not in message.attributes) or limits.addresses.send(*addr[:2]):
            send(self, message, addr)

    async def request_and_note(self, message, addr, *args, **kwargs):
        limits = limits_of(self.receiver)
        try:
            result = await request(self, message, addr, *args, **kwargs)
        except stun.TransactionFailed as failed:
            if limits is not None and failed.response.error_code == ROLE_CONFLICT and (
                    not limits.addresses.take_conflict()):
                # aioice asks again at once, one call deeper, for as long as it is told so.
                raise stun.TransactionTimeout() from None
            raise
        if limits is not None:
            limits.addresses.answered(*addr[:2])
        return result

    connection.add_remote_candidate, connection.check_incoming = (add_within_limits,
                                                                  check_within_limits)
    protocol.send_stun, protocol.request = send_within_limits, request_and_note
    return True


def _install_datagram_limits() -> bool:
    """Keep no more datagrams than are read soon; read no STUN that is none."""
    connection, protocol = (getattr(aioice.ice, n, None) for n in ('Connection', 'StunProtocol'))
    if not hasattr(connection, 'data_received') or not hasattr(protocol, 'datagram_received'):
        return False
    keep, receive = connection.data_received, protocol.datagram_received

    def keep_within_limits(self, data, component):
        limits = limits_of(self)
        if limits is None or limits.take_datagram(len(data), self._queue.qsize(),
                                                  bool(self._nominated)):
            keep(self, data, component)

    def receive_or_drop(self, data, addr):
        limits = limits_of(self.receiver)
        if limits is None:
            return receive(self, data, addr)
        try:
            receive(self, data, addr)
        except Exception as error:
            # aioice fails in several ways on attributes that are cut off or missing, and asyncio
            # logs a traceback for each datagram, which anybody can send: not only the peer.
            note_unreadable('STUN', error, addr[0])

    connection.data_received, protocol.datagram_received = keep_within_limits, receive_or_drop
    return True


def _install_media_limits() -> bool:
    """Read no RTP, as we receive no media, and no RTCP before the proof."""
    if not all(hasattr(RTCDtlsTransport, n) for n in ('_handle_rtp_data', '_handle_rtcp_data')):
        return False
    take_rtp, take_rtcp = RTCDtlsTransport._handle_rtp_data, RTCDtlsTransport._handle_rtcp_data

    async def drop_rtp(self, data: bytes, *args: Any, **kwargs: Any) -> None:
        if limits_of(self) is None:
            await take_rtp(self, data, *args, **kwargs)

    async def take_rtcp_if_trusted(self, data: bytes) -> None:
        limits = limits_of(self)
        if limits is None or limits.take_report():
            await take_rtcp(self, data)

    RTCDtlsTransport._handle_rtp_data = drop_rtp
    RTCDtlsTransport._handle_rtcp_data = take_rtcp_if_trusted
    return True


HAS_ADDRESS_LIMITS = _install_address_limits()
HAS_DATAGRAM_LIMITS = _install_datagram_limits()
HAS_MEDIA_LIMITS = _install_media_limits()
