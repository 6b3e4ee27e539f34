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

"""The orderly end of a process."""

import asyncio

from rtc_bridge.core.supervision import start_thread
from rtc_bridge.system.processes.shutdown import Shutdown
from support.failures import raise_error


def test_a_process_ends_by_the_first_vital_part_that_fails(failures):
    async def main():
        end = Shutdown()
        start_thread('one', raise_error, on_failure=end.on_failure_of('one'))
        await end.wait()
        end.on_failure_of('two')(ValueError())
        assert end.failed_part == 'one'
        end = Shutdown()
        end.request()
        await end.wait()
        assert end.failed_part == ''
    asyncio.run(main())
