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

"""JPEG, PNG and other still images, as ``sensor_msgs/CompressedImage`` carries them."""

import io

import av
import cv2
import numpy as np
import numpy.typing as npt

from .compressed_depth import decode_compressed_depth, is_compressed_depth, PNG
from .i420 import Pixels
from .image_encoding_base import PixelEncoding
from .image_encodings import ENCODINGS
from ...core.errors import ImageError
from ...core.images.encoding_names import encoding_name
from ...core.images.jpeg_extent import END, find_end, find_start
from ...core.images.video_formats import names_still_image
from ...core.protocol.strict_json import shorten

# A PNG ends with this chunk, of 12 bytes, and perhaps some padding.
_PNG_END, _PNG_END_BYTES = b'IEND', 64
# Formats by offset and value of their first bytes, with FFmpeg's name where it can help.
_FORMATS = (
    (0, PNG, 'png', 'png_pipe'), (8, b'WEBP', 'webp', 'webp_pipe'), (0, b'BM', 'bmp', 'bmp_pipe'),
    (0, b'II*\0', 'tiff', 'tiff_pipe'), (0, b'MM\0*', 'tiff', 'tiff_pipe'),
    (0, b'GIF8', 'gif', 'gif'), (4, b'ftypavi', 'avif', 'mov'), (4, b'ftyphei', 'heif', 'mov'),
    (4, b'ftypmif1', 'heif', 'mov'), (4, b'jP  \r\n\x87\n', 'jpeg2000', 'j2k_pipe'),
    (0, b'\xff\x4f\xff\x51', 'jpeg2000', 'j2k_pipe'),
    (0, b'\xff\x0a', 'jpegxl', 'jpegxl_pipe'), (4, b'JXL ', 'jpegxl', 'jpegxl_pipe'),
    (0, b'P5', 'pgm', 'pgm_pipe'), (0, b'P6', 'ppm', 'ppm_pipe'), (0, b'qoif', 'qoi', 'qoi_pipe'))
# Encodings of what OpenCV decodes, by dtype and channels.
_ENCODINGS = {('uint8', 1): 'mono8', ('uint8', 3): 'bgr8', ('uint8', 4): 'bgra8',
              ('uint16', 1): '16UC1', ('uint16', 3): 'bgr16', ('uint16', 4): 'bgra16',
              ('float32', 1): '32FC1', ('float32', 3): '32FC3'}
# Entropy-coded bytes, without a marker.
_FILLER = bytes(range(1, 255, 5)) * 4


def encode_jpeg(bgr: npt.NDArray[np.uint8], quality: int) -> bytes:
    """
    Return an image as JPEG.

    :param bgr: of shape (height, width, 3)
    :param quality: 1 to 100
    """
    return cv2.imencode('.jpg', bgr, (cv2.IMWRITE_JPEG_QUALITY, quality))[1].tobytes()


def still_format(data: bytes) -> str:
    """
    Return the format of a still image by its first bytes, '' for none that is known.

    :param data: at least the first thousand bytes
    """
    found = next((name for at, magic, name, _ in _FORMATS if data.startswith(magic, at)), '')
    return found or ('jpeg' if find_start(data) >= 0 else '')


def decode_compressed(data: bytes, format: str,  # noqa: A002 - the message's name for it
                      encoding: str = '') -> tuple[Pixels, str]:
    """
    Return the pixels of a still image and their encoding.

    16-bit PNG of one channel is ``16UC1`` (depth), unless the format says ``mono16``.

    :param format: ``jpeg``, ``png``, or what image_transport writes: the encoding of the source,
        as in ``rgb8; jpeg compressed bgr8`` or ``16UC1; png compressed``. Which of them it is is
        read from the data.
    :param encoding: of the decoded pixels if that is known better, or empty; one that does not fit
        them does not count
    :raises ImageError: no such image, broken or cut short
    """
    data = bytes(data)
    if is_compressed_depth(data, format):
        pixels, found = decode_compressed_depth(data, format)
        return pixels, _as_said(pixels, encoding) or found
    kind = still_format(data)
    values: dict[str, str | int | float] = {
        'format': format, 'bytes': len(data), 'kind': kind}
    if not kind:
        known = not data or any(map(names_still_image, format.split(';')))
        raise ImageError(f'{len(data)} bytes of format {shorten(format)} are no image that is '
                         f'known (they begin with {data[:8].hex(" ") or "nothing"})',
                         'broken-picture' if known else 'not-decodable', values)
    decoded = _decode_jpeg(data[find_start(data):]) if kind == 'jpeg' else _decode(data, kind)
    if decoded is None:
        raise ImageError(f'{len(data)} bytes of format {shorten(format)} are broken or cut short',
                         'broken-picture', values)
    return decoded, _as_said(decoded, encoding) or _encoding_of(decoded, format)


def _as_said(pixels: Pixels, encoding: str) -> str:
    """
    Return the encoding of a camera's parameter as far as it fits decoded pixels, '' if not.

    It may concern a raw sibling of the topic, as yuyv does.
    """
    name = encoding_name(encoding) if encoding else None
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    fits = name is not None and (
        (ENCODINGS[name].dtype, ENCODINGS[name].channels) == (pixels.dtype, channels)
        and isinstance(ENCODINGS[name], PixelEncoding))
    return name if name is not None and fits else ''


def _encoding_of(pixels: Pixels, form: str) -> str:
    channels = 1 if pixels.ndim == 2 else pixels.shape[2]
    encoding = _ENCODINGS.get((pixels.dtype.name, channels))
    if encoding is None:
        raise ImageError(f'format {shorten(form)} holds {channels} channels of {pixels.dtype}',
                         'not-decodable', {'format': form, 'channels': channels,
                                           'type': str(pixels.dtype)})
    first, _, how = form.partition(';')
    source = encoding_name(first) or ''
    if channels == 1 and source in ('mono16', f'mono{pixels.itemsize * 8}'):
        return f'mono{pixels.itemsize * 8}'
    if channels == 1 and source.startswith('bayer') and (
            ENCODINGS[source].dtype == pixels.dtype):
        return source
    if channels > 1 and 'compressed rgb' in how:
        # The publisher compressed red as blue: image_transport marks that so.
        return encoding.replace('bgr', 'rgb')
    return encoding


def _decode_jpeg(data: bytes) -> Pixels | None:
    """Return the pixels of a JPEG image, ``None`` if it is broken or cut short."""
    if find_end(data) is not None:
        return _imdecode(data)
    data = data.rstrip(b'\xff')
    return _imdecode(data + END) if _has_all_rows(data) else None


def _has_all_rows(data: bytes) -> bool:
    """
    Tell whether a JPEG image lacks nothing but its end marker, by decoding it.

    OpenCV fills what is missing with grey, without an error, and writes of it to the terminal.
    Where nothing is missing, no decoder reads what is appended.
    """
    first, second = (_decode_strictly(data + more + END) for more in (b'', _FILLER))
    return first is not None and second is not None and all(
        bytes(one) == bytes(other) for one, other in zip(first.planes, second.planes))


def _decode_strictly(data: bytes) -> av.VideoFrame | None:
    context = av.CodecContext.create('mjpeg', 'r')
    context.options = {'err_detect': 'explode'}
    try:
        return next(iter([*context.decode(av.Packet(data)), *context.decode(None)]), None)
    except av.FFmpegError:
        return None


def _decode(data: bytes, kind: str) -> Pixels | None:
    """Return the pixels of another still image, ``None`` if it is broken or cut short."""
    if kind == 'png':
        return _imdecode(data) if _PNG_END in data[-_PNG_END_BYTES:] else None
    pixels = _imdecode(data)
    return pixels if pixels is not None else _decode_by_ffmpeg(data, kind)


def _imdecode(data: bytes) -> Pixels | None:
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None


def _decode_by_ffmpeg(data: bytes, kind: str) -> Pixels | None:
    """
    Return an image that OpenCV was built without, as BGR.

    :raises ImageError: FFmpeg was built without it, too
    """
    demuxer = next(found for _, _, name, found in _FORMATS if name == kind)
    try:
        # Only this demuxer: others would read what files the data names.
        with av.open(io.BytesIO(data), 'r', format=demuxer) as container:
            # PyAV has no context without a decoder.
            if any(stream.codec_context is None for stream in container.streams.video):
                raise ImageError(f'{kind} images cannot be decoded: OpenCV and FFmpeg have no '
                                 'decoder for them here', 'not-decodable', {'format': kind})
            frame = next(container.decode(video=0), None)
            return frame.to_ndarray(format='bgr24') if frame is not None else None
    except (av.FFmpegError, ValueError, IndexError):
        return None
