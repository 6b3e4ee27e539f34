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
K-Scale's ends, made of GStreamer's webrtcbin: ``kscale_peers.py app|robot URL ROBOT_ID ...``.

For the system's Python with Debian's packages (see ``scripts/test.sh``), as the venv has no
GStreamer. Each thing that happens is a line of JSON on standard output. ``--check`` tells what is
missing.
"""

import argparse
import asyncio
import json
import re
import sys
import threading

ELEMENTS = ('webrtcbin', 'nicesrc', 'dtlssrtpdec', 'srtpdec', 'sctpenc', 'vp8enc', 'vp8dec',
            'rtpvp8pay', 'rtpvp8depay', 'videotestsrc', 'videoconvert', 'appsink', 'rtpbin',
            'opusenc', 'opusdec', 'rtpopuspay', 'rtpopusdepay', 'audiotestsrc', 'audioconvert',
            'audioresample', 'spectrum', 'fakesink')
try:
    import gi
    import websockets
    for name in ('Gst', 'GstSdp', 'GstWebRTC'):
        gi.require_version(name, '1.0')
    from gi.repository import GLib, Gst, GstSdp, GstWebRTC
except (ImportError, ValueError) as error:
    sys.exit(f'missing: {error}')
Gst.init(None)

_SINK = ('rtpvp8depay ! vp8dec ! videoconvert ! video/x-raw,format=RGB ! '
         'appsink name=sink emit-signals=true sync=false max-buffers=2 drop=true')
# Loudness in bands of 100 Hz.
_EAR = ('rtpopusdepay ! opusdec ! audioconvert ! audioresample ! audio/x-raw,rate=8000,channels=1 '
        '! spectrum bands=40 interval=500000000 ! fakesink')
_VOICE = ('audiotestsrc is-live=true freq=880 ! audioconvert ! opusenc ! rtpopuspay pt=96 ! '
          'application/x-rtp,media=audio,encoding-name=OPUS,payload=96 ! webrtc. ')
_SOURCE = ('videotestsrc is-live=true pattern=red ! '
           'video/x-raw,width=320,height=240,framerate=15/1 ! videoconvert ! '
           'vp8enc deadline=1 keyframe-max-dist=15 ! rtpvp8pay pt=96 ! '
           'application/x-rtp,media=video,encoding-name=VP8,payload=96 ! webrtc. '
           'webrtcbin name=webrtc bundle-policy=max-bundle')


def tell(event: str, **members: object) -> None:
    """Print what happened."""
    print(json.dumps({'event': event, **members}), flush=True)


class Peer:
    """A WebSocket, and a webrtcbin that comes and goes."""

    def __init__(self, args: argparse.Namespace) -> None:
        """Prepare; ``run`` connects."""
        self.args = args
        self._loop = asyncio.get_running_loop()
        self._out: asyncio.Queue = asyncio.Queue()
        self._pipeline = self.webrtc = self._channel = None
        self._frames = 0

    async def run(self) -> None:
        """Talk until the other end closes."""
        async with websockets.connect(self.args.url) as ws:
            sending = asyncio.ensure_future(self._send(ws))
            try:
                await self.begin()
                async for text in ws:
                    await self.take(json.loads(text))
            finally:
                sending.cancel()
                self.stop()
        tell('closed')

    async def _send(self, ws) -> None:
        while True:
            await ws.send(json.dumps(await self._out.get()))

    def send(self, **message: object) -> None:
        """Send a frame, from whichever thread."""
        self._loop.call_soon_threadsafe(self._out.put_nowait, message)

    def start(self, description: str) -> None:
        """Make the pipeline; it is in its last state before anything is negotiated."""
        self.stop()
        self._pipeline = Gst.Pipeline.new()
        self._pipeline.add(Gst.parse_bin_from_description(description, False))
        bus = self._pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect('message::element', self._on_spectrum)
        self.webrtc = self._pipeline.get_by_name('webrtc')
        self.webrtc.connect('on-ice-candidate', lambda _, index, text: self.send(
            **self.form(ice={'candidate': text, 'sdpMLineIndex': index})))
        self.webrtc.connect('on-data-channel', lambda _, channel: self.talk(channel))
        self.webrtc.connect('pad-added', self._on_pad)

    def play(self) -> None:
        """Let it run."""
        self._pipeline.set_state(Gst.State.PLAYING)

    def stop(self) -> None:
        """End the pipeline, if there is one."""
        if self._pipeline is not None:
            self._pipeline.set_state(Gst.State.NULL)
            self._pipeline = self.webrtc = self._channel = None

    def form(self, **message: object) -> dict:
        """Return a frame as this end writes it."""
        return message

    def do(self, action: str, argument: object) -> 'Gst.Promise':
        """Have webrtcbin do something; return what it said it with, which owns its reply."""
        promise = Gst.Promise.new()
        self.webrtc.emit(action, argument, promise)
        promise.wait()
        return promise

    def describe(self, kind: str, sdp: str) -> None:
        """Apply the other end's description."""
        message = GstSdp.SDPMessage.new_from_text(sdp)[1]
        self.do('set-remote-description', GstWebRTC.WebRTCSessionDescription.new(
            getattr(GstWebRTC.WebRTCSDPType, kind.upper()), message))

    def make(self, kind: str) -> None:
        """Make an offer or an answer and send it."""
        promise = self.do(f'create-{kind}', None)
        # What is in a reply is gone with the reply, and that with its promise.
        reply = promise.get_reply()
        made = reply.get_value(kind)
        # Before its candidates, which come as soon as it is applied.
        self.send(**self.form(sdp={'type': kind, 'sdp': made.sdp.as_text()}))
        self.do('set-local-description', made)

    def talk(self, channel: 'GstWebRTC.WebRTCDataChannel') -> None:
        """Say what is to be said on a data channel, and tell what is heard."""
        self._channel = channel
        label = channel.get_property('label')
        channel.connect('on-message-string', lambda _, text: self._heard(label, text))

        once = threading.Lock()

        def opened(*_: object) -> None:
            if once.acquire(blocking=False):
                tell('channel', label=label)
                for text in self.args.say:
                    channel.emit('send-string', text)
        # In this order: it may open, in another thread, between the two.
        channel.connect('on-open', opened)
        if channel.get_property('ready-state') == GstWebRTC.WebRTCDataChannelState.OPEN:
            opened()

    def _heard(self, label: str, text: str) -> None:
        tell('heard', label=label, text=text)

    def _on_pad(self, _: object, pad: 'Gst.Pad') -> None:
        if pad.direction != Gst.PadDirection.SRC:
            return
        audio = pad.get_current_caps().get_structure(0).get_value('media') == 'audio'
        decoder = Gst.parse_bin_from_description(_EAR if audio else _SINK, True)
        if not audio:
            decoder.get_by_name('sink').connect('new-sample', self._on_frame)
        # Beside it: pads of different bins cannot be linked.
        self.webrtc.get_parent().add(decoder)
        decoder.sync_state_with_parent()
        pad.link(decoder.get_static_pad('sink'))

    def _on_frame(self, sink: 'Gst.Element') -> 'Gst.FlowReturn':
        sample = sink.emit('pull-sample')
        shape = sample.get_caps().get_structure(0)
        width, height = shape.get_value('width'), shape.get_value('height')
        middle = 3 * (height // 2 * width + width // 2)
        self._frames += 1
        data = sample.get_buffer().extract_dup(middle, 3)
        tell('frame', number=self._frames, size=[width, height], colour=list(data))
        return Gst.FlowReturn.OK

    def _on_spectrum(self, _: object, message: 'Gst.Message') -> None:
        found = message.get_structure()
        if found.get_name() == 'spectrum':
            # GStreamer's Python binding cannot read lists of values.
            loudness = [float(value) for value in re.search(
                r'magnitude=\(float\)\{([^}]*)\}', found.to_string())[1].split(',')]
            tell('tone', frequency=100 * loudness.index(max(loudness)) + 50)


class App(Peer):
    """K-Scale's app: says hello, shows its token, asks for video, answers."""

    async def begin(self) -> None:
        """Say hello; a robot itself takes the gateway's or the stream's first frame."""
        if self.args.robot_id:
            self.send(role='app', robot_id=self.args.robot_id)
        else:
            self._ask()

    def form(self, **message: object) -> dict:
        """Add the service, if there is one."""
        return {**({'service': self.args.service} if self.args.service else {}), **message}

    def _ask(self) -> None:
        if self.args.token:
            self.send(token=self.args.token)
        else:
            self._negotiate()

    def _negotiate(self) -> None:
        self.send(**self.form(type='Negotiate', cameras=self.args.cameras,
                              audio=self.args.audio))

    async def take(self, message: dict) -> None:
        """Follow the robot."""
        if 'sdp' in message:
            tell('offer', sdp=message['sdp']['sdp'])
            self.start((_VOICE if self.args.audio else '')
                       + 'webrtcbin name=webrtc bundle-policy=max-bundle')
            self.play()
            await self._loop.run_in_executor(None, self._answer, message['sdp']['sdp'])
        elif 'ice' in message:
            ice = message['ice']
            if not self.args.deaf:
                self.webrtc.emit('add-ice-candidate', ice['sdpMLineIndex'], ice['candidate'])
        else:
            tell('message', **{'message': message})
            if message.get('type') == 'robot_available':
                self._ask()
            elif message.get('type') == 'auth_success':
                self._negotiate()

    def _answer(self, sdp: str) -> None:
        self.describe('offer', sdp)
        self.make('answer')


class Robot(Peer):
    """K-Scale's robot: gateway and stream in one program, one app at a time."""

    _admitted = False

    async def begin(self) -> None:
        """Register."""
        self.send(role='robot', robot_id=self.args.robot_id)

    async def take(self, message: dict) -> None:
        """Follow the app."""
        if message.get('type') == 'connection_closed':
            tell('left')
            self._admitted = False
            self.stop()
        elif not self._admitted:
            self._admitted = message.get('token') == self.args.token
            tell('token', good=self._admitted)
            if self._admitted:
                self.send(type='auth_success', message='Authentication successful')
        elif message.get('type') == 'Negotiate':
            self.start(_SOURCE)
            self.webrtc.connect('on-negotiation-needed', self._on_needed)
            self.play()
        elif 'sdp' in message:
            await self._loop.run_in_executor(None, self.describe, 'answer', message['sdp']['sdp'])
        elif 'ice' in message:
            ice = message['ice']
            self.webrtc.emit('add-ice-candidate', ice['sdpMLineIndex'], ice['candidate'])

    def _on_needed(self, _: object) -> None:
        if self._channel is None:
            # The promise must not be waited for in this thread, which makes the offer.
            self.talk(self.webrtc.emit('create-data-channel', 'chat', None))
            threading.Thread(target=self.make, args=('offer',), daemon=True).start()


async def main() -> None:
    """Run one end until it is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('role', choices=('app', 'robot'), nargs='?')
    parser.add_argument('url', nargs='?')
    parser.add_argument('robot_id', nargs='?', default='')
    parser.add_argument('--check', action='store_true')
    parser.add_argument('--token', default='')
    parser.add_argument('--service', default='')
    parser.add_argument('--cameras', type=json.loads, default=[0])
    parser.add_argument('--say', action='append', default=[])
    parser.add_argument('--audio', action='store_true', help='hear the robot, and say 880 Hz')
    parser.add_argument('--deaf', action='store_true', help="take no candidates but the SDP's")
    args = parser.parse_args()
    missing = [name for name in ELEMENTS if Gst.ElementFactory.find(name) is None]
    if missing:
        sys.exit('missing: ' + ', '.join(missing))
    if args.check:
        return
    threading.Thread(target=GLib.MainLoop().run, daemon=True).start()
    try:
        await (App if args.role == 'app' else Robot)(args).run()
    except websockets.ConnectionClosed as error:
        tell('closed', why=str(error))


if __name__ == '__main__':
    asyncio.run(main())
