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
Bounds on what unproven peers and relays may send, checked before any library parses it.

Those of a robot's peer are in :mod:`.peer_limits`, those of a relay's clients in
:mod:`~rtc_bridge.core.settings.relay_settings`. Both sides share the bounds of session
descriptions (:mod:`.sdp_limits`) and of texts in messages (:mod:`.text_limits`).
"""
