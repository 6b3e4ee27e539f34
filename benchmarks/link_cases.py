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

"""The cases of bad networks, and what must come out of them."""

from dataclasses import dataclass
from typing import Any, Callable

from pipe import Path
from recording import Recording

CLEAN = Path()
NARROW = Path(rate=1.2, delay=50)
POOR = Path(rate=0.6, delay=50)
# The bridge's default for max_bitrate, which the targets mean, in kbit/s.
_MAX_KBIT = 2500


@dataclass(frozen=True)
class Phase:
    """
    A part of a case.

    :param path: the watched viewer's from now on, if it changes; both ways
    :param joins: paths of viewers that come at its beginning
    :param flood: keyframe requests a second by one more viewer that comes then
    """

    seconds: float
    path: Path | None = None
    joins: tuple[Path, ...] = ()
    flood: int = 0


@dataclass(frozen=True)
class Run:
    """
    What came out of a case.

    ``marks`` are the beginnings of the phases and the end; ``sent`` the frames that the sender
    sent to the watched viewer after the first phase; ``idle`` all cores' time then, % of one.
    """

    recording: Recording
    marks: list[float]
    sent: int
    idle: float

    def shown(self) -> float:
        """Return the share of sent frames that was shown, in percent."""
        frames = self.recording.fps(self.marks[1], self.marks[-1]) * (
            self.marks[-1] - self.marks[1])
        return min(100.0, 100 * frames / self.sent) if self.sent else 0.0

    def over(self, read: Callable[..., Any], *args: float) -> Any:
        """Return a figure of the recording over all but the first phase."""
        return read(self.recording, *args, self.marks[1], self.marks[-1])

    def ratio(self, read: Callable[..., float]) -> float:
        """Return a figure of the third phase over that of the second."""
        before = read(self.recording, *self.marks[1:3])
        return read(self.recording, *self.marks[2:4]) / before if before else 0.0


@dataclass(frozen=True)
class Target:
    """What must be reached: at most ``limit``, or at least, if ``least``."""

    title: str
    read: Callable[[Run], float]
    limit: float
    least: bool = False

    def met(self, run: Run) -> bool:
        """Tell whether it is reached."""
        value = self.read(run)
        return value >= self.limit if self.least else value <= self.limit

    def text(self, run: Run) -> str:
        """Return figure, limit and verdict."""
        return (f'{self.title} {self.read(run):.4g} {">=" if self.least else "<="} '
                f'{self.limit:g}: {"met" if self.met(run) else "**not met**"}')


@dataclass(frozen=True)
class LinkCase:
    """
    A viewer, its path, what happens, and what must come out.

    :param drives: whether the watched viewer takes the lease
    """

    what: str
    path: Path
    phases: tuple[Phase, ...]
    targets: tuple[Target, ...]
    drives: bool = False


def _freeze(limit: float) -> Target:
    return Target('freeze ms', lambda run: run.over(Recording.freeze), limit)


def _frozen(limit: float) -> Target:
    return Target('sum of gaps above 200 ms', lambda run: run.over(Recording.frozen), limit)


def _fps(limit: float) -> Target:
    return Target('fps', lambda run: run.over(Recording.fps), limit, True)


def _kbit(limit: float) -> Target:
    return Target('kbit/s', lambda run: run.over(Recording.kbit), limit, True)


def _p95(limit: float) -> Target:
    return Target('p95 ms', lambda run: run.over(Recording.delay, 95), limit)


def _pixels(recording: Recording, since: float, until: float) -> float:
    width, height = recording.size(since, until)
    return width * height


_LONG = (Phase(3), Phase(13))
# The clip lasts 4.4 s: windows to be compared have whole turns of it.
_ALONE = (Phase(7), Phase(4.5))
_KEEPS = (
    Target('fps ratio', lambda run: run.ratio(Recording.fps), 0.95, True),
    Target('pixels ratio', lambda run: run.ratio(_pixels), 1, True),
    Target('rate ratio', lambda run: run.ratio(Recording.kbit), 0.9, True),
)
_HD = Target('pixels', lambda run: run.over(_pixels), 1280 * 720, True)
CASES = {
    'clean': LinkCase('no limit', CLEAN, (Phase(5), Phase(4.5)), (
        Target('s to 90 % of 2.5 Mbit/s', lambda run: run.recording.reached(
            0.9 * _MAX_KBIT, run.marks[0]), 5),
        _freeze(300))),
    'narrow': LinkCase('1.2 Mbit/s, 50 ms, queue 400 ms', NARROW, _LONG, (
        Target('shown %', Run.shown, 95, True), _p95(130), _freeze(100), _kbit(0.8 * 1200))),
    'shallow': LinkCase(
        '1.2 Mbit/s, 50 ms, queue 50 ms', Path(rate=1.2, delay=50, queue=50), _LONG, (
            _freeze(300),)),
    'step': LinkCase(
        '4 to 0.6 to 4 Mbit/s, 50 ms', Path(rate=4, delay=50),
        (Phase(8), Phase(4.5), Phase(10, POOR), Phase(17, Path(rate=4, delay=50))), (
            Target('p95 ms from 3 s after the fall', lambda run: run.recording.delay(
                95, run.marks[2] + 3, run.marks[3]), 400),
            Target('freeze ms', lambda run: run.recording.freeze(*run.marks[2:4]), 500),
            Target('s to 80 % of the former rate', lambda run: run.recording.reached(
                0.8 * run.recording.kbit(*run.marks[1:3]), run.marks[3]), 8))),
    'loss3': LinkCase('3 % loss, 60 ms', Path(delay=60, loss=3), _LONG, (
        _HD, _kbit(1800), _freeze(150), _fps(28))),
    'loss10': LinkCase('10 % loss, 100 ms', Path(delay=100, loss=10), _LONG, (
        _kbit(1000), _fps(25), _freeze(300))),
    'bursts': LinkCase('3 % loss in bursts of 4, 60 ms', Path(delay=60, loss=3, burst=4), _LONG, (
        _freeze(300),)),
    'far': LinkCase(
        '5 % loss both ways, 240 ms round trip', Path(delay=120, loss=5), (Phase(5), Phase(50)), (
            _frozen(500), _fps(24), _HD, _kbit(1500))),
    'jitter': LinkCase(
        '80 ms of jitter for 2 s', Path(delay=30),
        (Phase(8), Phase(4.5), Phase(2, Path(delay=30, jitter=80)), Phase(7, Path(delay=30))), (
            Target('rate ratio', lambda run: run.ratio(Recording.kbit), 0.8, True),
            Target('s to 90 % of the former rate', lambda run: run.recording.reached(
                0.9 * run.recording.kbit(*run.marks[1:3]), run.marks[3]), 3))),
    'tiny': LinkCase('0.3 Mbit/s, 50 ms, queue 400 ms', Path(rate=0.3, delay=50), _LONG, (
        _fps(15), _freeze(400))),
    'beside-narrow': LinkCase('clean, beside one with 0.6 Mbit/s', CLEAN, (
        *_ALONE, Phase(9, joins=(POOR,))), _KEEPS),
    'beside-flood': LinkCase('clean, beside one that asks for 50 keyframes a second', CLEAN, (
        *_ALONE, Phase(9, flood=50)), _KEEPS),
    'driver': LinkCase('the driver with 1.2 Mbit/s, beside two clean spectators', NARROW, (
        *_ALONE, Phase(9, joins=(CLEAN, CLEAN))), _KEEPS, drives=True),
}
