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
Which of a camera's transports is shown: raw images, compressed ones or H.264, by what arrives.

The better one is shown while it comes. A worse one is tried beside it after some silence, so that
no image is lost meanwhile, and in its place where images are lost on their way.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .arrivals import Arrivals, SILENCE_S

# A better transport is shown again after so many images, at no less than this share of the rate of
# the one that is shown; after it failed again it has to come for this many seconds, then twice as
# many, up to the last.
_STEADY_IMAGES, _STEADY_SHARE = 3, 0.5
_FIRST_PROBATION_S, _MAX_PROBATION_S = 5.0, 80.0
# Another transport is tried for this many seconds, and kept if it brings so many times the rate;
# the next trial is after a pause that doubles, in seconds.
_TRIAL_S, _TRIAL_GAIN = 4.0, 1.3
_FIRST_PAUSE_S, _MAX_PAUSE_S = 60.0, 960.0


@dataclass(frozen=True)
class Transport:
    """
    One topic, with one message type, on which a camera's images are published.

    :ivar raw: pixels as they are, which need most of a network
    :ivar elsewhere: all its publishers are on other computers
    :ivar stays: its publishers keep their last image for subscribers that come later
    """

    topic: str
    message_type: str
    raw: bool = False
    elsewhere: bool = False
    stays: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """Return what makes it this one: topic and type."""
        return self.topic, self.message_type


@dataclass
class _Trial:
    """Another transport in place of one that loses images; times of the trial and its start."""

    loser: tuple[str, str]
    loser_rate: float
    began: float
    kept: bool = False


class TransportChoice:
    """
    Chooses what to listen to and what to show.

    Times are seconds of a clock that does not jump. All calls come from one thread.

    :param prefers_near: raw images of other computers are left for compressed ones; else the
        published order is kept
    :ivar shown: topic and type of what is shown; ``None`` while nothing is published
    :ivar because: why that is not the first one published: ``silent``, ``elsewhere``, ``losing``,
        ``unreadable``; empty if it is
    """

    def __init__(self, prefers_near: bool = True) -> None:
        self.shown: tuple[str, str] | None = None
        self.because = ''
        self._prefers_near = prefers_near
        self._listening: dict[tuple[str, str], Arrivals] = {}
        self._order: list[Transport] = []
        # How long one that is better than what is shown has to come before it is shown again.
        self._probation: dict[tuple[str, str], float] = {}
        self._trial: _Trial | None = None
        # What was published at the last look.
        self._published: set[tuple[str, str]] = set()
        # Those whose images could not be shown, and since when those that come cannot.
        self._unreadable: set[tuple[str, str]] = set()
        self._unreadable_since: float | None = None
        self._paused = False
        self._next_trial, self._pause = float('-inf'), _FIRST_PAUSE_S

    def pause(self) -> None:
        """Stop to listen; what was learnt remains."""
        self._paused = True

    def look(self, published: Sequence[Transport], now: float,
             unreadable: bool = False) -> tuple[Transport, ...]:
        """
        Return the transports to listen to, the best first.

        :param published: those with publishers, the best first
        :param unreadable: the newest image of what is shown cannot be shown
        """
        if self._paused:
            self._listening = {key: Arrivals(now) for key in self._listening}
        self._note_unreadable(unreadable, now)
        self._order = self._ordered(published)
        by_key = {transport.key: transport for transport in self._order}
        trial = self._trial
        if trial is not None and (trial.loser not in by_key or (
                self._paused and now - trial.began > _MAX_PAUSE_S)):
            # Other publishers, or another day: the raw images may come now.
            self._trial = None
            self._order = self._ordered(published)
        self._paused = False
        self._listening = {key: arrivals for key, arrivals in self._listening.items()
                           if key in by_key}
        if not self._order:
            self.shown, self.because, self._published = None, '', set()
            return ()
        self._unreadable &= by_key.keys()
        if self.shown not in by_key:
            self.shown = None
            self._show(self._order[0].key, now)
        assert self.shown is not None
        # Better ones that were not published before may come.
        for transport in self._order[:self._rank(self.shown)]:
            if transport.key not in self._published and transport.topic != self.shown[0]:
                self._listening.setdefault(transport.key, Arrivals(now))
        self._published = set(by_key)
        self._try_for_losses(by_key, now)
        self._settle(now)
        self._listen_to_more(now)
        self.because = self._reason(published[0], now)
        return tuple(t for t in self._order if t.key in self._listening)

    def heard(self, key: tuple[str, str], now: float, stamp: float | None = None,
              number: int | None = None) -> bool:
        """
        Note an image, and return whether it is to be shown.

        :param stamp: of its header in seconds, ``None`` without one
        :param number: that its publisher's middleware gave it, ``None`` if that is not known
        """
        arrivals = self._listening.get(key)
        if arrivals is None:
            return False
        arrivals.add(now, stamp, number)
        if key != self.shown and self._is_silent(self.shown, now) and (
                key not in self._unreadable):
            self._show(key, now)
        return key == self.shown

    def _note_unreadable(self, unreadable: bool, now: float) -> None:
        """Leave what cannot be shown for some time as if it were silent."""
        if not unreadable or self.shown is None:
            self._unreadable_since = None
            if self.shown is not None:
                self._unreadable.discard(self.shown)
        elif self._unreadable_since is None:
            self._unreadable_since = now
        elif now - self._unreadable_since >= SILENCE_S:
            self._unreadable.add(self.shown)

    def _ordered(self, published: Sequence[Transport]) -> list[Transport]:
        loser = self._trial.loser if self._trial is not None else None

        def is_last(transport: Transport) -> bool:
            return transport.key == loser or transport.key in self._unreadable or (
                self._prefers_near and transport.raw and transport.elsewhere)

        return sorted(published, key=is_last)

    def _rank(self, key: tuple[str, str] | None) -> int:
        return next((rank for rank, t in enumerate(self._order) if t.key == key),
                    len(self._order))

    def _is_silent(self, key: tuple[str, str] | None, now: float) -> bool:
        arrivals = self._listening.get(key) if key is not None else None
        if arrivals is None or key in self._unreadable:
            return True
        # An image that stays is followed by silence.
        stays = arrivals.times and any(t.key == key and t.stays for t in self._order)
        return not stays and arrivals.is_silent(now)

    def _show(self, key: tuple[str, str], now: float) -> None:
        """Show one that comes, or may come, and go on listening to the better ones."""
        before, self.shown = self.shown, key
        self._unreadable_since = None
        if before is not None and self._rank(before) < self._rank(key):
            # The better one has failed; it is shown again once it comes steadily.
            wait = self._probation.get(before)
            self._probation[before] = 0.0 if wait is None else min(
                max(2 * wait, _FIRST_PROBATION_S), _MAX_PROBATION_S)
        self._listening.setdefault(key, Arrivals(now))

    def _settle(self, now: float) -> None:
        """Go back to a better one that comes steadily, and leave the worse ones."""
        if self.shown is None:
            return
        shown = self._listening[self.shown]
        rank = self._rank(self.shown)
        for better in self._order[:rank]:
            arrivals = self._listening.get(better.key)
            if arrivals is not None and self._is_steady(better.key, arrivals, shown, now):
                self._show(better.key, now)
                break
        shown = self._listening[self.shown]
        if not self._is_silent(self.shown, now) and shown.times:
            rank = self._rank(self.shown)
            self._listening = {key: arrivals for key, arrivals in self._listening.items()
                               if self._rank(key) <= rank}

    def _is_steady(self, key: tuple[str, str], arrivals: Arrivals, shown: Arrivals,
                   now: float) -> bool:
        return (not self._is_silent(key, now)
                and len(arrivals.times) >= _STEADY_IMAGES
                and arrivals.rate(now) >= _STEADY_SHARE * shown.rate(now)
                and now - arrivals.streak_began >= self._probation.get(key, 0.0))

    def _listen_to_more(self, now: float) -> None:
        """Listen to one more if all that is listened to is silent."""
        if all(self._is_silent(key, now) for key in self._listening) and all(
                now - arrivals.since >= SILENCE_S for arrivals in self._listening.values()):
            # One topic has one type at a time.
            topics = {topic for topic, _ in self._listening}
            more = next((t for t in self._order if t.topic not in topics), None)
            if more is not None:
                self._listening[more.key] = Arrivals(now)
            else:
                self._swap_type(now)

    def _swap_type(self, now: float) -> None:
        """Listen to another type of a topic with several, in place of the silent one."""
        for transport in self._order:
            held = next((key for key in self._listening if key[0] == transport.topic), None)
            if held is not None and held != transport.key:
                del self._listening[held]
                self._listening[transport.key] = Arrivals(now)
                if self.shown == held:
                    self.shown = transport.key
                return

    def _try_for_losses(self, by_key: dict[tuple[str, str], Transport], now: float) -> None:
        """Try another one in place of raw images that are lost on their way."""
        trial, shown = self._trial, self.shown
        if trial is not None:
            if not trial.kept:
                self._judge(trial, now)
            return
        assert shown is not None
        arrivals = self._listening.get(shown)
        other = next((t for t in self._order if not t.raw and t.topic != shown[0]), None)
        if (not self._prefers_near or other is None or arrivals is None or not by_key[shown].raw
                or now < self._next_trial or not arrivals.loses(now)):
            return
        self._trial = _Trial(shown, arrivals.rate(now), now)
        self._order = self._ordered(self._order)
        self.shown = other.key
        self._listening = {other.key: Arrivals(now)}

    def _judge(self, trial: _Trial, now: float) -> None:
        """Keep what is tried if it is better, else go back."""
        arrivals = self._listening.get(self.shown) if self.shown is not None else None
        if arrivals is not None and not arrivals.is_silent(now):
            if not arrivals.times or now - arrivals.streak_began < _TRIAL_S:
                return
            if arrivals.rate(now) >= _TRIAL_GAIN * trial.loser_rate:
                trial.kept = True
                return
        self._trial = None
        self._next_trial = now + self._pause
        self._pause = min(2 * self._pause, _MAX_PAUSE_S)
        self.shown = trial.loser
        self._listening = {trial.loser: Arrivals(now)}

    def _reason(self, first: Transport, now: float) -> str:
        if self.shown == first.key:
            return ''
        if self._trial is not None and self._trial.loser == first.key:
            return 'losing' if self._trial.kept else ''
        if first.key in self._unreadable:
            return 'unreadable'
        if first.key in self._listening or not first.elsewhere:
            return 'silent'
        return 'elsewhere'
