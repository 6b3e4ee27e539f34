// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Texts in a PNG file: `iTXt` chunks (PNG specification, third edition, section 11.3.3.4). Pure. */

// The signature of a PNG, and the chunk IHDR, which comes first, have so many bytes.
const HEADER_BYTES = 8 + 25;
const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
// A keyword has so many Latin-1 characters at most.
const MAX_KEYWORD = 79;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** Return the CRC of bytes (ISO 3309). @param {Uint8Array} bytes */
export function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** @param {string} keyword in ASCII @param {string} text */
function textChunk(keyword, text) {
  const encoder = new TextEncoder();
  // After the keyword: not compressed, no language, no translated keyword.
  const content = [...encoder.encode(keyword), 0, 0, 0, 0, 0, ...encoder.encode(text)];
  const chunk = new Uint8Array(12 + content.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, content.length);
  chunk.set(encoder.encode('iTXt'), 4);
  chunk.set(content, 8);
  view.setUint32(8 + content.length, crc32(chunk.subarray(4, 8 + content.length)));
  return chunk;
}

/**
 * Return a PNG file with texts in it.
 * @param {Uint8Array} png
 * @param {Record<string, string>} texts by keyword: 1 to 79 characters of ASCII, no spaces around
 * @returns {Uint8Array<ArrayBuffer>}
 * @throws {TypeError} it is no PNG, or a keyword is not allowed
 */
export function withTexts(png, texts) {
  if (png.length < HEADER_BYTES || SIGNATURE.some((byte, i) => png[i] !== byte)) {
    throw new TypeError('this is no PNG');
  }
  const chunks = Object.entries(texts).map(([keyword, text]) => {
    if (!/^[!-~]([ -~]*[!-~])?$/.test(keyword) || keyword.length > MAX_KEYWORD) {
      throw new TypeError(`${keyword} is no keyword of a PNG`);
    }
    return textChunk(keyword, text);
  });
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, png.length);
  const file = new Uint8Array(size);
  // Behind the header, so that readers need not read the whole file.
  let at = 0;
  for (const part of [png.subarray(0, HEADER_BYTES), ...chunks, png.subarray(HEADER_BYTES)]) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}
