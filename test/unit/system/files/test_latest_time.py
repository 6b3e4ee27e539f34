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

"""The latest time seen, over restarts."""

import threading

from rtc_bridge.system.files.key_store import KeyStore

NOW = 4_000_000_000


def test_a_saved_time_far_ahead_is_reported_once(tmp_path, caplog):
    (tmp_path / 'time').write_text(str(NOW + 3 * 86400))
    store = KeyStore(tmp_path)
    assert store.now(NOW + 2.5 * 86400) == NOW + 3 * 86400
    assert not caplog.records
    for _ in range(2):
        assert store.now(float(NOW)) == NOW + 3 * 86400
    assert [record.getMessage().split(', ')[0] for record in caplog.records] == [
        f'the time kept in {tmp_path / "time"} is 3 days ahead of the clock']


def wait_until_saved():
    """Wait until the time is on the disk."""
    for thread in threading.enumerate():
        if thread.name == 'save-time':
            thread.join()


def test_time_does_not_go_back_over_a_restart(tmp_path):
    store = KeyStore(tmp_path)
    assert store.now(NOW + 5000.0) == NOW + 5000
    wait_until_saved()
    assert KeyStore(tmp_path).now(1.0) == NOW + 5000
    # A time before the installation of the program is wrong.
    assert KeyStore(tmp_path / 'other').now(1.0) > 1_700_000_000
