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

"""The state of one camera in ``/diagnostics``."""

from collections.abc import Collection, Sequence

from diagnostic_msgs.msg import DiagnosticStatus

from ...core.clock import boot_time, Clock
from ...media.camera import Camera
from ...ros.diagnostics import make_status

# Of each stream's statistics: those that are counted from its start on.
_STREAM_COUNTS = ('frames', 'bytes_out', 'superseded', 'errors', 'keyframes', 'encode_s')


class CameraDiagnostics:
    """Turns a camera's counts into rates between two calls; belongs to the event loop."""

    def __init__(self, camera: Camera, clock: Clock = boot_time) -> None:
        self._camera = camera
        self._clock = clock
        self._time = clock()
        self._before = self._counts()

    def _counts(self) -> dict[str, float]:
        counts: dict[str, float] = {'in': self._camera.frames_in,
                                    'skipped': self._camera.encoded.skipped}
        for key, stream in self._camera.streams.items():
            for name in _STREAM_COUNTS:
                counts[f'{key}.{name}'] = getattr(stream.stats, name)
        return counts

    def status(self) -> DiagnosticStatus:
        """Return the camera's status since the last call."""
        camera, now, counts = self._camera, self._clock(), self._counts()
        seconds = max(now - self._time, 1e-3)
        delta = {key: value - self._before[key] for key, value in counts.items()}
        self._time, self._before = now, counts
        state, seconds_silent = camera.state()
        reason = camera.reason()
        camera.monitor.log(reason)
        if not camera.viewers:
            # What is known without a viewer: that nothing publishes its topic.
            reason = camera.topic_reason
        values: dict[str, object] = {
            'state': state if camera.viewers else 'not watched', 'viewers': camera.viewers,
            'fps_in': f'{delta["in"] / seconds:.1f}',
            'skipped_for_max_fps': int(counts['skipped']), **camera.transport}
        if camera.source.active:
            values['passthrough'] = camera.source.encoded_because or 'yes'
        if camera.mount_problem:
            values['path'] = camera.mount_problem
        last_error = ''
        for key, stream in camera.streams.items():
            last_error = stream.stats.last_error or last_error
            if stream.watched:
                values |= _stream_values(key, stream.stats.size, seconds, delta, counts)
        values['dropped_malformed'] = int(sum(
            counts[f'{key}.errors'] for key in camera.streams))
        if last_error:
            values['last_error'] = last_error
        level, message = DiagnosticStatus.OK, str(values['state'])
        if state == 'still':
            message = f'still, no new picture for {seconds_silent:.0f} s'
        if any(delta[f'{key}.errors'] for key in camera.streams):
            level, message = DiagnosticStatus.WARN, f'malformed images: {last_error}'
        elif camera.viewers and state not in ('live', 'still'):
            level = DiagnosticStatus.WARN
            message = f'no picture for {seconds_silent:.1f} s'
        if reason is not None:
            level, message = DiagnosticStatus.WARN, reason.text
            values |= {'reason': reason.code, 'reason_text': reason.text,
                       **{f'reason.{name}': value for name, value in reason.values.items()}}
        return make_status(f'camera {camera.name}', level, message, values)


def list_status(cameras: Collection[str], findings: Sequence[str]) -> DiagnosticStatus:
    """Return which cameras there are, and what is wrong with the list of them."""
    values: dict[str, object] = {'count': len(cameras), 'names': ' '.join(cameras)}
    for number, finding in enumerate(findings):
        values[f'finding.{number}'] = finding
    if findings:
        return make_status('cameras', DiagnosticStatus.WARN, findings[0], values)
    return make_status('cameras', DiagnosticStatus.OK, f'{len(cameras)} cameras', values)


def _stream_values(key: str, size: tuple[int, int], seconds: float, delta: dict[str, float],
                   counts: dict[str, float]) -> dict[str, object]:
    """Return what is told of one stream; ``delta`` is what came within some seconds."""
    frames, (width, height) = delta[f'{key}.frames'], size
    return {
        f'{key}.fps_out': f'{frames / seconds:.1f}', f'{key}.size': f'{width}x{height}',
        f'{key}.kbit_per_s': f'{delta[f"{key}.bytes_out"] * 8 / seconds / 1000:.0f}',
        f'{key}.encode_ms': f'{delta[f"{key}.encode_s"] / max(frames, 1) * 1e3:.1f}',
        f'{key}.dropped_late': int(counts[f'{key}.superseded']),
        f'{key}.keyframes': int(counts[f'{key}.keyframes'])}
