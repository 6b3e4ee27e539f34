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

"""Which programs viewers may reach."""

import pytest
from rtc_bridge.core.errors import ParameterError
from rtc_bridge.core.gateway.service_rules import service_rule
from rtc_bridge.core.settings.local_service_settings import LocalServiceSettings


def rule(url, role='auto', name='one'):
    return service_rule(name, LocalServiceSettings(url=url, role=role))


@pytest.mark.parametrize('url, scheme, port, role', [
    ('tcp://127.0.0.1:22', 'tcp', 22, 'supervise'), ('http://localhost', 'tcp', 80, 'drive'),
    ('http://127.0.0.1:3000/', 'tcp', 3000, 'drive'), ('TCP://h:22', 'tcp', 22, 'supervise'),
    ('ws://[::1]:9000/a', 'ws', 9000, 'drive')])
def test_urls_say_how_and_who(url, scheme, port, role):
    found = rule(url)
    assert (found.scheme, found.port, found.role) == (scheme, port, role)


@pytest.mark.parametrize('url', ['', 'tcp://127.0.0.1', 'ssh://h:22', 'tcp://h:22/path',
                                 'tcp://u:p@h:22', 'tcp://h:99999', 'ws://', 'http://h/path',
                                 'http://h:1?query', 'http://h/#part'])
def test_what_cannot_be_used_is_refused_with_what_can(url):
    with pytest.raises(ParameterError, match='services.one.url .* allowed are tcp://127.0.0.1:22'):
        rule(url)


def test_names_are_plain():
    for name in ('', 'a/b', 'ä', '-x', 'n' * 65):
        with pytest.raises(ParameterError, match='services.names'):
            rule('tcp://h:22', name=name)


def test_the_name_that_apps_have_for_the_cameras_is_no_service_of_theirs():
    for url in ('ws://h:1', 'listen'):
        with pytest.raises(ParameterError, match='services.names'):
            rule(url, name='video')
    assert rule('tcp://h:22', name='video').name == 'video'


@pytest.mark.parametrize('role, admitted', [
    ('view', ['view', 'drive', 'supervise']), ('drive', ['drive', 'supervise']),
    ('supervise', ['supervise'])])
def test_roles_are_admitted_from_one_on(role, admitted):
    found = rule('tcp://h:22', role)
    assert [one for one in ('none', 'view', 'drive', 'supervise') if found.admits(one)] == admitted
