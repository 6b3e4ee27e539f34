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

import json
import stat
import sys

import pytest
from rtc_bridge.core.errors import REFUSED
from rtc_bridge.nodes import invite
from rtc_bridge.system.files.key_store import KeyStore


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return what runs the command in a folder of one robot: status, output, errors."""
    KeyStore(tmp_path).note_robot('r1', 'http://host/r1')

    def run(*options):
        monkeypatch.setattr(sys, 'argv', ['invite', '--directory', str(tmp_path), *options])
        status = invite.main()
        return status, *capsys.readouterr()
    return run


def rows(text):
    return [line.split() for line in text.splitlines()[1:]]


def test_links_are_listed_without_their_keys(run, tmp_path):
    assert run('--list')[1] == ''
    link = run('--name', 'Ada', '--role', 'drive')[1].strip()
    bearer = run('--whep')[1].strip()
    ids = [issued.invite.invite_id for issued in KeyStore(tmp_path).issued()]
    text = run('--list')[1]
    assert [(row[0], row[1], row[-1]) for row in rows(text)] == [
        (ids[0], 'drive', 'valid'), (ids[1], 'view', 'valid')]
    file = tmp_path / 'invites.json'
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for secret in (link.rpartition('.')[2], bearer.rpartition('.')[2]):
        assert secret not in text + file.read_text()
    assert run('--list', '--robot-id', 'r2')[1:] == (
        '', f'No links of r2 were made with {tmp_path} by this user.\n')


def test_a_bearer_for_more_than_a_day_is_refused_with_a_remedy(run, tmp_path):
    status, text, said = run('--whep', '--ttl', '2d')
    assert (status, text) == (REFUSED, '')
    assert '172800 s are too long' in said and '--ttl 24h' in said
    # The default, the longest one, and links, which may last longer.
    for options, life in (['--whep'], 8), (['--whep', '--ttl', '24h'], 24), (['--ttl', '7d'], 168):
        assert run(*options)[0] == 0
        *_, issued = KeyStore(tmp_path).issued()
        assert issued.invite.exp - issued.invite.iat == life * 3600


@pytest.mark.parametrize('what', [['--revoke', 'abc'], ['--revoke-name', 'Bob']])
def test_what_was_not_made_here_is_refused_unless_forced(run, tmp_path, what):
    run('--name', 'Ada')
    (issued,) = KeyStore(tmp_path).issued()
    status, _, errors = run(*what)
    assert status == REFUSED and f'{what[1]!r} was made here' in errors
    assert (issued.invite.invite_id if what[0] == '--revoke' else 'Ada') in errors
    assert not (tmp_path / 'revoked.json').exists()
    assert run('--force', *what)[0] == 0 and (tmp_path / 'revoked.json').exists()


def test_what_was_taken_back_is_listed_as_such(run, tmp_path):
    link = run('--name', 'Ada')[1].strip()
    run('--name', 'Bob')
    assert run('--revoke', link)[0] == 0
    assert [row[-1] for row in rows(run('--list')[1])] == ['back', 'valid']
    assert run('--revoke-name', 'Bob')[0] == 0
    # A link that was made with this secret is known without the list, one of another is not.
    (tmp_path / 'invites.json').unlink()
    (tmp_path / 'revoked.json').unlink()
    assert run('--revoke', link)[0] == 0
    assert run('--revoke', link[:-1] + ('A' if link[-1] != 'A' else 'B'))[0] == REFUSED


def test_a_clock_that_is_not_synchronized_is_told_at_once(run, monkeypatch):
    monkeypatch.setattr(invite, 'synchronized', lambda: False)
    assert 'not synchronized' in run()[2]
    monkeypatch.setattr(invite, 'synchronized', lambda: True)
    assert 'not synchronized' not in run()[2]


def test_a_robot_that_was_not_started_is_named(run, tmp_path):
    assert 'no robot' not in run()[2]
    status, link, errors = run('--robot-id', 'r2', '--page-url', 'http://host/r2')
    assert status == 0 and link and 'no robot r2 was started' in errors and ': r1' in errors
    status, _, errors = run('--directory', str(tmp_path / 'other'))
    assert status == REFUSED and 'no robot was started' in errors and 'other' in errors


def test_a_list_that_cannot_be_read_is_named(run, tmp_path):
    for text in ('{', '[1]', json.dumps([{'id': 'x'}]), '{}'):
        (tmp_path / 'invites.json').write_text(text)
        status, _, errors = run('--list')
        assert status == REFUSED and f'{tmp_path / "invites.json"} cannot be read' in errors
