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

"""From parameters of the bridge to checked values and to the objects that its parts take."""

import logging
from pathlib import Path
import ssl

from ..core.access.invite_url import parse_page_url
from ..core.access.origins import parse_origins
from ..core.access.policy import AccessPolicy
from ..core.access.registration_tokens import MIN_TOKEN_LENGTH
from ..core.clock import synchronized
from ..core.errors import ParameterError, ProtocolError
from ..core.network.host_candidates import (
    ENOUGH_PORTS, HostCandidateRules, read_host_candidates)
from ..core.protocol.robot_names import check_name
from ..core.settings.robot_settings import (
    AccessSettings, default_robot_id, IceSettings, VideoSettings)
from ..core.video.video_codecs import check_h264_encoder, CODECS, H264_ENCODERS
from ..media.encoder import h264_encoders
from ..signaling.relay_url import read_token
from ..system.files.key_store import default_directory, KeyStore
from ..system.tls_trust import trust_file

_logger = logging.getLogger(__name__)


def read_robot_id(given: str) -> str:
    """
    Return the robot's name; without one, that of the host.

    :raises ParameterError: it is not 1 to 64 of the allowed characters
    """
    try:
        return check_name(given or default_robot_id())
    except ProtocolError as error:
        raise ParameterError(f'parameter robot_id: {error}') from None


def read_page_url(given: str) -> str:
    """
    Return the page that invites lead to; empty if the parameter is.

    :raises ParameterError: it is not a URL of a page
    """
    try:
        return str(parse_page_url(given)) if given else ''
    except ProtocolError as error:
        raise ParameterError(f'parameter page_url: {error}') from None


def read_relay_trust(file: str, relay_url: str) -> ssl.SSLContext | None:
    """
    Return whose certificates are trusted at the relay; ``None``: the system's authorities.

    :param file: the value of ``relay_ca_file``
    :param relay_url: what is dialed, empty without a relay
    :raises ParameterError: the file cannot be read, or has no certificate
    """
    if not file:
        return None
    if not relay_url.startswith('wss:'):
        _logger.warning('relay_ca_file is not used, since relay_url is %s',
                        'without TLS (http)' if relay_url else 'empty')
    return trust_file(file, 'relay_ca_file')


def make_key_store(directory: str) -> KeyStore:
    """
    Return the robot's secret and its revoked invites.

    :raises StoreError: a file there cannot be used
    """
    return KeyStore(Path(directory).expanduser() if directory else default_directory())


def make_access(settings: AccessSettings, robot_id: str, store: KeyStore) -> AccessPolicy:
    """
    Return the rules of who may see and drive.

    :raises ParameterError: an origin, or K-Scale's token, is not allowed
    """
    required = settings.require_synchronized_clock
    return AccessPolicy(
        robot_id, settings.anonymous, settings.anonymous_via_relay, store,
        origins=parse_origins(settings.origins, 'access.origins'),
        whep_via_relay=settings.whep_via_relay,
        kscale_token=read_token(
            settings.kscale_token_file, least=MIN_TOKEN_LENGTH,
            parameter='access.kscale_token_file', variable='RTC_BRIDGE_KSCALE_TOKEN'),
        synchronized=synchronized if required else lambda: True)


def make_host_candidates(settings: IceSettings) -> HostCandidateRules:
    """
    Return the rules of which own addresses and ports viewers get.

    :raises ParameterError: a value is not allowed
    """
    rules = read_host_candidates(settings.ports, settings.addresses, settings.interfaces)
    if rules.ports is not None and len(rules.ports) < ENOUGH_PORTS:
        _logger.warning(
            'ice.ports has %d ports, so %d sessions at most: a page that connects again has two '
            'for a moment, and visitors without an invite may hold 8; %d or more are better',
            len(rules.ports), len(rules.ports), ENOUGH_PORTS)
    return rules


def check_codecs(settings: VideoSettings) -> tuple[str, ...]:
    """
    Check ``video.h264_encoder``; return ``video.codecs``.

    :raises ParameterError: it is empty, or has a codec twice, or one that is not known; or no
        such encoder is known
    """
    codecs = settings.codecs
    if settings.h264_encoder not in H264_ENCODERS:
        check_h264_encoder(settings.h264_encoder, h264_encoders())
    if not codecs or len(set(codecs)) < len(codecs) or not set(codecs) <= set(CODECS):
        raise ParameterError(f'parameter video.codecs is {list(codecs)}, allowed are one or more '
                             f'of {", ".join(CODECS)}, each once')
    return codecs
