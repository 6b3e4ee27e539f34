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

"""Which of a camera's transports is shown, by what arrives."""

import pytest
from rtc_bridge.core.cameras.arrivals import SILENCE_S
from rtc_bridge.core.cameras.transport_choice import Transport, TransportChoice

RAW = Transport('/front/image_raw', 'Image', raw=True)
JPEG = Transport('/front/image_raw/compressed', 'CompressedImage')
H264 = Transport('/front/image_raw/h264', 'CompressedImage')
FAR = Transport('/front/image_raw', 'Image', raw=True, elsewhere=True)
MAP = Transport('/map', 'Image', raw=True, stays=True)


class Robot:
    """A clock, publishers at some rate, and a choice that is looked at twice a second."""

    def __init__(self, *published, choice=None):
        self.published = list(published)
        self.choice = choice or TransportChoice()
        self.now = 1000.0
        # Images per second by transport, and how many of a hundred are lost.
        self.rates = {}
        self.loss = {}
        # Which were shown, and which were lost since nobody listened.
        self.shown = []
        self.missed = []
        # Keys of those whose images cannot be shown.
        self.unreadable = set()
        self.listening = ()
        self.look()

    def look(self):
        self.listening = self.choice.look(self.published, self.now,
                                          self.choice.shown in self.unreadable)

    def publish(self, transport, stamp=None, number=None):
        if transport in self.listening:
            if self.choice.heard(transport.key, self.now, self.now if stamp is None else stamp,
                                 number):
                self.shown.append(transport)
        else:
            self.missed.append(transport)

    def run(self, seconds):
        """Let time pass in steps of 20 ms."""
        self.shown.clear()
        for _ in range(round(seconds * 50)):
            self.now = round(self.now + 0.02, 2)
            tick = round(self.now * 50)
            for transport, rate in self.rates.items():
                every = round(50 / rate)
                if transport in self.published and not tick % every:
                    if tick // every * 7 % 100 >= self.loss.get(transport, 0):
                        self.publish(transport)
            if not tick % 25:
                self.look()
        return self.shown


def test_raw_of_this_host_is_shown_while_it_comes():
    robot = Robot(RAW, JPEG, H264)
    robot.rates = {RAW: 15, JPEG: 15, H264: 15}
    assert set(robot.run(10)) == {RAW} and robot.listening == (RAW,)
    assert robot.choice.because == ''


def test_nothing_published_is_nothing_to_listen_to():
    robot = Robot()
    assert robot.listening == () and robot.choice.shown is None
    robot.published = [JPEG]
    robot.look()
    assert robot.listening == (JPEG,) and robot.choice.because == ''
    robot.published = []
    robot.look()
    assert robot.listening == () and robot.choice.shown is None


def test_a_silent_raw_topic_gives_way_to_its_sibling_and_comes_back():
    robot = Robot(RAW, JPEG)
    robot.rates = {JPEG: 10}
    # It is listened to beside it, so that no image is lost if the first one comes late.
    assert set(robot.run(SILENCE_S + 3)) == {JPEG}
    assert robot.listening == (RAW, JPEG) and robot.choice.because == 'silent'
    robot.rates = {RAW: 10, JPEG: 10}
    robot.run(2)
    assert set(robot.run(2)) == {RAW} and robot.listening == (RAW,)
    assert robot.choice.because == ''


def test_the_one_that_was_found_serves_the_next_viewer_at_once():
    robot = Robot(RAW, JPEG)
    robot.rates = {JPEG: 10}
    robot.run(5)
    robot.choice.pause()
    robot.now += 1000
    robot.look()
    assert len(robot.run(1)) == 10 and robot.listening == (RAW, JPEG)


def test_all_siblings_are_tried_and_all_silent_ones_are_kept():
    robot = Robot(RAW, JPEG, H264)
    robot.rates = {H264: 30}
    assert set(robot.run(8)) == {H264} and robot.listening == (RAW, JPEG, H264)
    quiet = Robot(RAW, JPEG, H264)
    quiet.run(20)
    assert quiet.listening == (RAW, JPEG, H264) and quiet.choice.shown == RAW.key
    quiet.publish(RAW)
    assert quiet.shown == [RAW]
    quiet.rates = {RAW: 10}
    quiet.run(1)
    assert quiet.listening == (RAW,)


@pytest.mark.parametrize('period', [5, 15, 30])
def test_a_slow_camera_loses_no_image(period):
    robot = Robot(RAW, JPEG)
    robot.rates = {RAW: 1 / period, JPEG: 1 / period}
    robot.run(3)
    robot.missed.clear()
    shown = robot.run(10 * period)
    assert 9 <= len(shown) <= 11
    # Once it is known to be slow, its silence is no failure.
    assert set(robot.run(4 * period)) == {RAW} and robot.listening == (RAW,)


def test_one_that_comes_and_goes_is_shown_again_later_each_time():
    robot = Robot(RAW, JPEG)
    returns = []
    for _ in range(4):
        robot.rates = {JPEG: 10}
        robot.run(10)
        assert robot.choice.shown == JPEG.key
        robot.rates = {RAW: 10, JPEG: 10}
        before = robot.now
        while robot.choice.shown != RAW.key:
            robot.run(0.5)
        returns.append(robot.now - before)
    assert returns == sorted(returns) and returns[0] < 2 < 15 < returns[-1]


def test_a_trickle_of_raw_does_not_displace_a_steady_sibling():
    robot = Robot(RAW, JPEG)
    robot.rates = {JPEG: 10}
    robot.run(5)
    robot.rates = {RAW: 1, JPEG: 10}
    assert set(robot.run(20)) == {JPEG}


def test_images_that_stay_are_no_silence():
    robot = Robot(MAP, JPEG)
    robot.publish(MAP)
    robot.run(100)
    assert robot.listening == (MAP,) and robot.choice.because == ''
    # One that was not published yet gives way, and is waited for.
    waiting = Robot(MAP, JPEG)
    waiting.rates = {JPEG: 10}
    waiting.run(5)
    assert waiting.listening == (MAP, JPEG) and waiting.choice.shown == JPEG.key


def test_raw_of_another_host_is_left_for_compressed():
    robot = Robot(FAR, JPEG, H264)
    robot.rates = {FAR: 15, JPEG: 15}
    assert set(robot.run(5)) == {JPEG}
    assert robot.listening == (JPEG,) and robot.choice.because == 'elsewhere'
    # A compressed topic that is silent does not keep the picture away.
    robot.rates = {FAR: 15}
    robot.run(10)
    assert set(robot.run(2)) == {FAR} and robot.listening == (JPEG, H264, FAR)
    alone = Robot(FAR)
    assert alone.listening == (FAR,) and alone.choice.because == ''


def test_a_chosen_type_keeps_its_order():
    robot = Robot(FAR, JPEG, choice=TransportChoice(prefers_near=False))
    robot.rates, robot.loss = {FAR: 10, JPEG: 10}, {FAR: 80}
    assert set(robot.run(30)) == {FAR}


def test_raw_that_loses_images_is_compared_with_its_sibling():
    robot = Robot(RAW, JPEG)
    robot.rates, robot.loss = {RAW: 20, JPEG: 20}, {RAW: 60}
    robot.run(12)
    assert set(robot.run(20)) == {JPEG}
    assert robot.listening == (JPEG,) and robot.choice.because == 'losing'
    # If that falls silent the raw images are better than none.
    robot.rates = {RAW: 20}
    robot.run(10)
    assert RAW in robot.run(5)


def test_a_sibling_that_is_no_better_is_left_for_a_longer_time_each():
    robot = Robot(RAW, JPEG)
    robot.rates, robot.loss = {RAW: 20, JPEG: 20}, {RAW: 60, JPEG: 60}
    trials = []
    for _ in range(800):
        before = robot.choice.shown
        robot.run(0.5)
        if (before, robot.choice.shown) == (RAW.key, JPEG.key):
            trials.append(robot.now)
    assert 2 <= len(trials) <= 4 and robot.choice.shown == RAW.key
    gaps = [b - a for a, b in zip(trials, trials[1:])]
    assert gaps == sorted(gaps) and gaps[0] > 50


def test_steady_images_are_no_loss_whatever_their_rate():
    for rate in (2, 5, 30):
        robot = Robot(RAW, JPEG)
        robot.rates = {RAW: rate, JPEG: 30}
        robot.run(20)
        assert robot.listening == (RAW,), rate
    # Nor are two publishers of one topic with stamps of their own, or stamps that stand still.
    still = Robot(RAW, JPEG)
    for _ in range(300):
        still.now += 0.05
        still.publish(RAW, stamp=7.0)
        still.look()
    assert still.listening == (RAW,)


def test_numbers_of_the_middleware_tell_of_losses_too():
    robot = Robot(RAW, JPEG)
    for number in range(200):
        robot.now += 0.4
        # Stamps that promise no more than comes.
        robot.publish(RAW, number=3 * number)
        for _ in range(3):
            robot.publish(JPEG)
        robot.look()
    assert robot.listening == (JPEG,)
    # Those of two publishers go up and down, and tell nothing.
    two = Robot(RAW, JPEG)
    for number in range(200):
        two.now += 0.4
        two.publish(RAW, number=number + 500 * (number % 2))
        two.look()
    assert two.listening == (RAW,)


def test_images_that_cannot_be_shown_give_way_to_those_that_can():
    robot = Robot(RAW, JPEG, H264)
    robot.rates, robot.unreadable = {RAW: 10, JPEG: 10}, {RAW.key}
    robot.run(10)
    assert set(robot.run(5)) == {JPEG} and robot.choice.because == 'unreadable'
    # Another publisher may be better.
    robot.unreadable.clear()
    robot.published = [JPEG, H264]
    robot.run(1)
    robot.published = [RAW, JPEG, H264]
    robot.run(2)
    assert set(robot.run(5)) == {RAW} and robot.choice.because == ''


def test_a_better_transport_may_be_published_later():
    robot = Robot(JPEG)
    robot.rates = {RAW: 10, JPEG: 10}
    assert set(robot.run(5)) == {JPEG}
    robot.published = [RAW, JPEG]
    robot.run(2)
    assert set(robot.run(3)) == {RAW} and robot.listening == (RAW,)
    # One that sends nothing displaces nothing.
    quiet = Robot(JPEG)
    quiet.rates = {JPEG: 10}
    quiet.run(5)
    quiet.published = [RAW, JPEG]
    assert len(quiet.run(10)) == 100 and quiet.listening == (RAW, JPEG)
    assert quiet.choice.because == 'silent'


def test_where_nothing_can_be_shown_nothing_flickers():
    robot = Robot(RAW, JPEG)
    robot.rates, robot.unreadable = {RAW: 10, JPEG: 10}, {RAW.key, JPEG.key}
    robot.run(20)
    shown = robot.run(20)
    assert sum(a != b for a, b in zip(shown, shown[1:])) <= 3
    alone = Robot(RAW)
    alone.rates, alone.unreadable = {RAW: 10}, {RAW.key}
    assert len(alone.run(10)) == 100
    alone.unreadable.clear()
    assert len(alone.run(10)) == 100 and alone.choice.because == ''


def test_two_types_of_one_topic_are_listened_to_in_turn():
    odd = Transport(RAW.topic, 'CompressedImage')
    robot = Robot(RAW, odd)
    robot.rates = {odd: 10}
    robot.run(4)
    assert robot.listening == (odd,) and robot.shown
    robot.rates = {RAW: 10}
    robot.run(8)
    assert robot.listening == (RAW,)


def test_publishers_may_go_at_any_time():
    robot = Robot(RAW, JPEG, H264)
    robot.rates = {JPEG: 10}
    robot.run(5)
    robot.published = [RAW, H264]
    robot.rates = {H264: 30}
    assert H264 in robot.run(8)
    robot.published = [H264]
    robot.run(1)
    assert robot.listening == (H264,) and robot.choice.because == ''
    robot.published = [RAW]
    robot.rates = {RAW: 10}
    assert set(robot.run(2)) == {RAW}


def test_an_image_of_what_is_not_listened_to_is_not_shown():
    robot = Robot(RAW, JPEG)
    assert not robot.choice.heard(JPEG.key, robot.now)
