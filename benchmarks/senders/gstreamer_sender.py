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
A native sender: GStreamer's x264enc, one for all, and a webrtcbin for each viewer.

For the system's Python with Debian's packages, see README.md. ``--check`` tells what is missing.
Pictures come from ``shm_camera.py``; a viewer posts its offer to ``/connect``.
"""

import argparse
import contextlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
import mmap
import os
import re
import socket
import sys
import threading
import time

# Viewers report more often.
SILENT_S = 2.5
ELEMENTS = ('webrtcbin', 'x264enc', 'nicesink', 'rtph264pay', 'dtlsenc', 'srtpenc', 'sctpenc',
            'videoconvert', 'appsrc')
try:
    import gi
    for name in ('Gst', 'GstSdp', 'GstWebRTC'):
        gi.require_version(name, '1.0')
    from gi.repository import GLib, Gst, GstSdp, GstWebRTC
except (ImportError, ValueError) as error:
    sys.exit(f'GStreamer is missing: {error}')
Gst.init(None)

_ENCODER = (
    'appsrc name=source is-live=true format=time do-timestamp=true max-buffers=2 '
    'leaky-type=downstream caps=video/x-raw,format=BGR,width={width},height={height},'
    'framerate=30/1 ! videoconvert ! video/x-raw,format=I420 ! '
    'x264enc tune=zerolatency speed-preset=superfast bitrate={kbit} key-int-max=3000 ! '
    'video/x-h264,profile=constrained-baseline ! tee name=tee allow-not-linked=true')
_VIEWER = (
    'queue name=queue max-size-buffers=3 leaky=downstream ! '
    'rtph264pay config-interval=-1 aggregate-mode=zero-latency pt={pt} ! '
    'application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload={pt} ! '
    'webrtcbin name=webrtc bundle-policy=max-bundle')


class Sender:
    """The encoder, and who watches."""

    def __init__(self, width: int, height: int, kbit: int) -> None:
        """Start the encoder."""
        self._pipeline = Gst.parse_launch(_ENCODER.format(width=width, height=height, kbit=kbit))
        self._source = self._pipeline.get_by_name('source')
        self._tee = self._pipeline.get_by_name('tee')
        self._pipeline.set_state(Gst.State.PLAYING)

    def feed(self, path: str, size: int) -> None:
        """Push pictures of ``size`` bytes for ever."""
        news = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f'{path}.new')
        news.bind(f'{path}.new')
        memory = None
        while True:
            slot = news.recv(1)[0]
            if memory is None:
                descriptor = os.open(path, os.O_RDONLY)
                memory = memoryview(mmap.mmap(descriptor, 0, prot=mmap.PROT_READ))
            picture = memory[slot * size:(slot + 1) * size]
            self._source.emit('push-buffer', Gst.Buffer.new_wrapped(bytes(picture)))

    def answer(self, offer: str) -> str:
        """
        Add a viewer; return the answer, with all candidates.

        :raises ValueError: the viewer does not take this H.264
        """
        types = [pt for pt in re.findall(r'a=rtpmap:(\d+) H264/90000', offer)
                 if re.search(rf'a=fmtp:{pt} .*packetization-mode=1.*profile-level-id=42e01f',
                              offer)]
        if not types:
            raise ValueError('no H.264 Constrained Baseline in the offer')
        viewer = Gst.parse_bin_from_description(_VIEWER.format(pt=types[0]), False)
        webrtc = viewer.get_by_name('webrtc')
        entry = Gst.GhostPad.new('sink', viewer.get_by_name('queue').get_static_pad('sink'))
        viewer.add_pad(entry)
        gathered = threading.Event()
        webrtc.connect('notify::ice-gathering-state', lambda *_: webrtc.get_property(
            'ice-gathering-state') == GstWebRTC.WebRTCICEGatheringState.COMPLETE
            and gathered.set())
        self._pipeline.add(viewer)
        branch = self._tee.request_pad_simple('src_%u')
        webrtc.connect('notify::connection-state', self._on_state, viewer, branch)
        viewer.sync_state_with_parent()
        message = GstSdp.SDPMessage.new_from_text(offer)[1]
        self._do(webrtc, 'set-remote-description', GstWebRTC.WebRTCSessionDescription.new(
            GstWebRTC.WebRTCSDPType.OFFER, message))
        reply = self._do(webrtc, 'create-answer', None)
        self._do(webrtc, 'set-local-description', reply.get_value('answer'))
        gathered.wait(5)
        branch.link(entry)
        return webrtc.get_property('local-description').sdp.as_text()

    @staticmethod
    def _do(webrtc: 'Gst.Element', action: str, argument: object) -> 'Gst.Structure':
        promise = Gst.Promise.new()
        webrtc.emit(action, argument, promise)
        promise.wait()
        return promise.get_reply()

    def _on_state(self, webrtc: 'Gst.Element', _: object, viewer: 'Gst.Bin',
                  branch: 'Gst.Pad') -> None:
        state = webrtc.get_property('connection-state')
        if state != GstWebRTC.WebRTCPeerConnectionState.CONNECTED:
            return
        branch.send_event(Gst.Event.new_custom(
            Gst.EventType.CUSTOM_UPSTREAM,
            Gst.Structure.from_string('GstForceKeyUnit, all-headers=(boolean)true')[0]))
        last = [time.monotonic()]

        def heard(*_: object) -> 'Gst.PadProbeReturn':
            last[0] = time.monotonic()
            return Gst.PadProbeReturn.OK

        for element in _all(webrtc):
            if element.get_name().startswith('nicesrc'):
                element.get_static_pad('src').add_probe(Gst.PadProbeType.BUFFER, heard)
        GLib.timeout_add(500, self._remove_silent, viewer, branch, last)

    def _remove_silent(self, viewer: 'Gst.Bin', branch: 'Gst.Pad', last: list[float]) -> bool:
        """Remove a viewer that has gone: webrtcbin's state does not tell."""
        if time.monotonic() - last[0] < SILENT_S:
            return GLib.SOURCE_CONTINUE
        self._tee.release_request_pad(branch)
        viewer.set_state(Gst.State.NULL)
        self._pipeline.remove(viewer)
        return GLib.SOURCE_REMOVE


def _all(parent: 'Gst.Bin') -> list['Gst.Element']:
    """Return everything in a bin."""
    elements, iterator = [], parent.iterate_recurse()
    while (step := iterator.next())[0] == Gst.IteratorResult.OK:
        elements.append(step[1])
    return elements


def handler(sender: Sender) -> type[BaseHTTPRequestHandler]:
    """Return the class that takes offers for a sender."""
    class Connect(BaseHTTPRequestHandler):

        def do_POST(self) -> None:  # noqa: N802
            """Answer."""
            offer = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
            body = json.dumps({'type': 'answer', 'sdp': sender.answer(offer['sdp'])}).encode()
            self.send_response(200)
            self.send_header('Access-Control-Allow-Origin', '*')
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""
    return Connect


def main() -> None:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--path', default='')
    parser.add_argument('--width', type=int, default=1280)
    parser.add_argument('--height', type=int, default=720)
    parser.add_argument('--kbit', type=int, default=2000)
    parser.add_argument('--port', type=int, default=0)
    args = parser.parse_args()
    missing = [name for name in ELEMENTS if Gst.ElementFactory.find(name) is None]
    if missing:
        sys.exit('GStreamer has no ' + ', '.join(missing))
    if args.check:
        return
    sender = Sender(args.width, args.height, args.kbit)
    threading.Thread(target=GLib.MainLoop().run, daemon=True).start()
    threading.Thread(target=ThreadingHTTPServer(
        ('127.0.0.1', args.port), handler(sender)).serve_forever, daemon=True).start()
    sender.feed(args.path, args.width * args.height * 3)


if __name__ == '__main__':
    main()
