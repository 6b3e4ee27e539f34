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

"""Texts for the robot to say, over DDS."""

from rtc_bridge.ros.sound.speech import Speech
from std_msgs.msg import String
from support.ros_probe import RosProbe


def test_texts_go_to_who_subscribes(lonely):
    with RosProbe('speech') as probe:
        speech = Speech(probe.node)
        assert not speech.is_heard
        heard = probe.subscribe(String, probe.node.resolve_topic_name('~/say'))
        probe.wait_for(lambda: speech.is_heard)
        # The subscription may not know the publisher yet.
        probe.wait_for(lambda: speech.say('Good morning') or heard)
        assert heard[0].data == 'Good morning'
