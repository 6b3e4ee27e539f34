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

"""Which certificate server.tls asks for, and how a renewed one is taken."""

import ssl

import pytest
from rtc_bridge.bridge.network.self_signed_certificate import ensure_certificate
from rtc_bridge.bridge.network.server_certificate import ServerCertificate
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.settings.robot_settings import ServerSettings


@pytest.mark.parametrize('parameters, fault', [
    ({'tls': 'files'}, "server.certificate is ''"),
    ({'tls': 'self', 'certificate': 'x.pem'}, "server.certificate is 'x.pem'"),
    ({'tls': 'self', 'key': 'x.key'}, "server.key is 'x.key'"),
    ({'tls': 'files', 'certificate': '/dev/null'}, '/dev/null'),
    ({'tls': 'files', 'certificate': '/nowhere/x.pem'}, '/nowhere/x.pem'),
])
def test_parameters_that_do_not_fit_are_named(tmp_path, parameters, fault):
    with pytest.raises(ParameterError, match='parameter server') as refused:
        ServerCertificate(ServerSettings(**parameters), tmp_path)
    assert fault in str(refused.value)


def test_a_renewed_file_is_used_and_a_broken_one_is_not(tmp_path):
    file = tmp_path / 'site.pem'
    ensure_certificate(file, [])
    certificate = ServerCertificate(ServerSettings(tls='files', certificate=str(file)), tmp_path)
    context, first = certificate.context, certificate.fingerprint
    assert not certificate.refresh()
    file.write_text('half a ')
    with pytest.raises(ssl.SSLError):
        certificate.refresh()
    file.unlink()
    ensure_certificate(file, [])
    assert certificate.refresh() and certificate.context is context
    assert certificate.fingerprint != first
    assert not certificate.refresh()


def test_a_self_signed_certificate_stays_the_same_after_a_restart(tmp_path):
    settings = ServerSettings(tls='self')
    first = ServerCertificate(settings, tmp_path)
    second = ServerCertificate(settings, tmp_path)
    assert first.is_self_signed and first.fingerprint == second.fingerprint
