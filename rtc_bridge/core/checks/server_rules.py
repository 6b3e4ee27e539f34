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

"""What servers on the way have to be: STUN and TURN servers, the relay, certificates."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from .result import Check

_DAY_S = 86400.0
# Seconds before the end of a certificate. certbot renews a month before.
_SOON_S = 14 * _DAY_S


def ice_check(url: str, fault: str) -> Check:
    """
    Judge a STUN or TURN server.

    :param fault: what asking it has shown, '' if it works
    """
    name = f'ICE server {url}'
    if not fault:
        return Check(name, 'ok', 'answers' if url.startswith('stun') else
                     'answers, and gives an address for our login')
    if '401' in fault or 'clock' in fault:
        remedy = ('Compare ice.secret_file or ice.login_file with the secret or the login of the '
                  "server, and both computers' clocks (timedatectl)")
    elif 'no answer' in fault:
        remedy = ('Does the server run, and is the port open (firewall, cloud rules; UDP and TCP '
                  'apart)? docs/turn.md')
    elif 'certificate' in fault.lower():
        remedy = 'Let the server show a certificate for this name that is valid; docs/turn.md'
    else:
        remedy = 'Look at the name in ice.servers, and at the network of this computer'
    return Check(name, 'fail', fault, remedy)


@dataclass(frozen=True)
class Certificate:
    """
    A certificate and its key, as files have it.

    :ivar file: the path
    :ivar fault: why it cannot be used with its key, '' if it can
    :ivar begins: seconds since 1970
    :ivar ends: seconds since 1970
    :ivar names: host names and addresses, in lower case
    """

    file: str
    fault: str = ''
    begins: float = 0.0
    ends: float = 0.0
    names: tuple[str, ...] = ()


def certificate_check(found: Certificate, host: str, now: float, *,
                      renewed: bool = False) -> Check:
    """
    Judge the certificate of a server of ours.

    :param host: the name or address by which links lead to it, '' if that is not known
    :param now: seconds since 1970
    :param renewed: the bridge makes a new one by itself when it is time
    """
    name = f'certificate {found.file}'
    left = found.ends - now
    if found.fault:
        return Check(name, 'fail', found.fault,
                     'Name the certificate with its chain and the key that belongs to it, in PEM, '
                     'in files that the user of the server can read')
    if renewed:
        return Check(name, 'ok', 'self-signed; the bridge renews it by itself')
    if now < found.begins:
        return Check(name, 'fail', 'it is not valid yet', 'Set the clock, or renew it')
    if left < 0:
        return Check(name, 'fail', f'it expired {-left / _DAY_S:.0f} days ago',
                     'Renew it (certbot renew)')
    if host and not _covers(found.names, host.lower()):
        return Check(name, 'fail', f'it is for {", ".join(found.names) or "no name"}, and links '
                     f'lead to {host}', 'Another certificate, or another page_url')
    text = f'for {", ".join(found.names[:8])}, {left / _DAY_S:.0f} days left'
    if left < _SOON_S:
        return Check(name, 'warn', text, 'Renew it (certbot renew; systemctl list-timers)')
    return Check(name, 'ok', text)


def _covers(names: tuple[str, ...], host: str) -> bool:
    """Return whether a certificate's names cover a host, wildcards too (RFC 6125, 6.4.3)."""
    return host in names or f'*.{host.partition(".")[2]}' in names


def relay_check(url: str, fault: str, code: str = '') -> Check:
    """
    Judge how a relay took a registration.

    :param url: ``relay_url``
    :param fault: why there is none, '' if there was one
    :param code: of the relay's refusal, '' if it was none
    """
    name, host = 'relay', urlsplit(url).netloc
    if not fault:
        return Check(name, 'ok', f'{host} takes this robot')
    if code == 'robot-exists':
        return Check(name, 'ok', f'{host} takes the token; the name is taken: by this bridge if '
                     'it runs, otherwise by another robot')
    if code == 'denied' or '401' in fault or '403' in fault:
        return Check(name, 'fail', f'{host} refuses this robot: {fault}',
                     'relay_token_file (or RTC_BRIDGE_RELAY_TOKEN) has to be the token that the '
                     'tokens file of the relay has for this name')
    lower = fault.lower()
    if 'certificate' in lower or 'ssl' in lower or 'tls' in lower:
        remedy = ('Is the clock right, and is the certificate of the relay valid for this name? '
                  'For a private authority: its certificate in a file')
    elif 'name or service' in lower or 'name resolution' in lower or 'nodename' in lower:
        remedy = 'Is the host name in relay_url right, and does DNS work (resolvectl query)?'
    elif 'refused' in lower:
        remedy = 'Does the relay run, and is the port in relay_url its port?'
    elif 'time' in lower or 'unreachable' in lower:
        remedy = 'Is this computer in a network, and does a firewall let the port out?'
    elif '404' in lower or '400' in lower:
        remedy = 'Is relay_url the URL of a relay? curl RELAY/healthz answers with its state'
    else:
        remedy = 'Compare relay_url with what the relay logs at its start'
    return Check(name, 'fail', f'{host} cannot be used: {fault}', remedy)
