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

"""The bridge's state on ``/diagnostics``."""

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node

from ..core.clock import boot_time, Clock
from ..core.limits.log_limits import escape, MAX_LINE
from ..core.supervision import FailureLog
from ..media.camera import Camera


class CameraRates:
    """Turns a camera's counts into rates between two looks."""

    def __init__(self, camera: Camera) -> None:
        """Start to count now."""
        self.camera = camera
        self._time = boot_time()
        self._before = self._counts()

    def _counts(self) -> dict[str, float]:
        counts = {'in': self.camera.pictures_in, 'skipped': self.camera.skipped}
        for codec, stream in self.camera.streams.items():
            for name in ('frames', 'bytes_out', 'superseded', 'errors', 'keyframes', 'encode_s'):
                counts[f'{codec}.{name}'] = getattr(stream.stats, name)
        return counts

    def status(self, name: str) -> DiagnosticStatus:
        """Return the camera's status since the last call."""
        now, counts = boot_time(), self._counts()
        dt = max(now - self._time, 1e-3)
        delta = {key: value - self._before[key] for key, value in counts.items()}
        self._time, self._before = now, counts
        state, since = self.camera.state()
        viewers = self.camera.viewers
        errors = sum(delta[f'{codec}.errors'] for codec in self.camera.streams)
        values = {'state': state if viewers else 'not watched', 'viewers': viewers,
                  'fps_in': f'{delta["in"] / dt:.1f}',
                  'skipped_for_max_fps': int(counts['skipped'])}
        if self.camera.h264:
            values['passthrough'] = self.camera.encoded_because or 'yes'
        last_error = ''
        for codec, stream in self.camera.streams.items():
            last_error = stream.stats.last_error or last_error
            if not stream.watched:
                continue
            frames = delta[f'{codec}.frames']
            width, height = stream.stats.size
            values |= {
                f'{codec}.fps_out': f'{frames / dt:.1f}', f'{codec}.size': f'{width}x{height}',
                f'{codec}.kbit_per_s': f'{delta[f"{codec}.bytes_out"] * 8 / dt / 1000:.0f}',
                f'{codec}.encode_ms': f'{delta[f"{codec}.encode_s"] / max(frames, 1) * 1e3:.1f}',
                f'{codec}.dropped_late': int(counts[f'{codec}.superseded']),
                f'{codec}.keyframes': int(counts[f'{codec}.keyframes'])}
        values['dropped_malformed'] = int(sum(
            counts[f'{codec}.errors'] for codec in self.camera.streams))
        if last_error:
            values['last_error'] = last_error
        level, message = DiagnosticStatus.OK, values['state']
        if state == 'still':
            message = f'still, no new picture for {since:.0f} s'
        if errors:
            level, message = DiagnosticStatus.WARN, f'malformed images: {last_error}'
        elif viewers and state not in ('live', 'still'):
            level = DiagnosticStatus.WARN
            message = f'no picture for {since:.1f} s'
        return status(name, level, message, values)


def status(name: str, level: bytes, message: str, values: dict[str, object]) -> DiagnosticStatus:
    """Return a status message; texts from outside in it are escaped."""
    return DiagnosticStatus(
        name=escape(f'rtc_bridge: {name}', MAX_LINE), level=level,
        message=escape(message, MAX_LINE),
        values=[KeyValue(key=escape(key), value=escape(str(value), MAX_LINE))
                for key, value in values.items()])


# Seconds for which the newest failure is a warning.
FAILURE_SHOWN_S = 10.0


class FailureRates:
    """Tells how often each part of this process has failed."""

    def __init__(self, log: FailureLog, clock: Clock = boot_time) -> None:
        """Take failures before now for new ones."""
        self._log = log
        self._clock = clock
        self._told: dict[str, int] = {}
        # Which part failed last, and when that was seen.
        self._newest, self._seen = '', float('-inf')

    def status(self) -> DiagnosticStatus:
        """Return the counts by name, a warning while new ones come."""
        counts, texts, now = self._log.counts, self._log.newest, self._clock()
        for name, count in counts.items():
            if count != self._told.get(name, 0):
                self._newest, self._seen = name, now
        self._told = counts
        if now - self._seen < FAILURE_SHOWN_S:
            level, message = DiagnosticStatus.WARN, f'{self._newest}: {texts[self._newest]}'
        else:
            level, message = DiagnosticStatus.OK, f'{sum(counts.values())} so far'
        return status('failures', level, message, {
            name: f'{count}, the newest: {texts[name]}' for name, count in counts.items()})


class Diagnostics:
    """Publishes on ``/diagnostics``."""

    def __init__(self, node: Node, hardware_id: str) -> None:
        """Make the publisher."""
        self._node = node
        self._hardware_id = hardware_id
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 10)

    def publish(self, statuses: list[DiagnosticStatus]) -> None:
        """Publish all statuses; from any thread."""
        for entry in statuses:
            entry.hardware_id = self._hardware_id
        message = DiagnosticArray(status=statuses)
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)
