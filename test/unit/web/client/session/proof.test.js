import assert from 'node:assert/strict';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { hmacSha256, sha256 } from '../../../../../rtc_bridge/web/client/session/hmac.js';
import {
  computeProof, fingerprintOf, fromBase64url, Handshake, isEqual, readInvite, toBase64url,
} from '../../../../../rtc_bridge/web/client/session/proof.js';

const hex = (bytes) => Buffer.from(bytes).toString('hex');
const vector = JSON.parse(readFileSync(
  new URL('../../../../support/proof_vector.json', import.meta.url)));
const bytes = (name) => new Uint8Array(Buffer.from(vector[name], 'base64'));

test('SHA-256 has the values of FIPS 180-4', () => {
  const text = new TextEncoder();
  assert.equal(hex(sha256(text.encode('abc'))),
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  assert.equal(hex(sha256(text.encode(''))),
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
});

test('HMAC has the values of RFC 4231', () => {
  assert.equal(hex(hmacSha256(new Uint8Array(20).fill(0x0b), new TextEncoder().encode('Hi There'))),
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7');
  assert.equal(hex(hmacSha256(new Uint8Array(131).fill(0xaa),
    new TextEncoder().encode('Test Using Larger Than Block-Size Key - Hash Key First'))),
  '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54');
});

test('every length of data and key is as node has it', () => {
  for (let length = 0; length < 200; length += 1) {
    const [data, key] = [randomBytes(length), randomBytes(length)];
    assert.equal(hex(sha256(data)), createHash('sha256').update(data).digest('hex'));
    assert.equal(hex(hmacSha256(key, data)), createHmac('sha256', key).update(data).digest('hex'));
  }
});

test('the proofs are those of the robot', () => {
  const transcript = { robotId: vector.robot_id, robotNonce: bytes('robot_nonce'),
    pageNonce: bytes('page_nonce'), pageFingerprint: bytes('page_fingerprint'),
    robotFingerprint: bytes('robot_fingerprint'), payload: vector.payload };
  assert.ok(isEqual(computeProof(bytes('key'), 'page', transcript), bytes('page_mac')));
  assert.ok(isEqual(computeProof(bytes('key'), 'robot', transcript), bytes('robot_mac')));
  assert.ok(!isEqual(computeProof(bytes('key'), 'robot', transcript), bytes('page_mac')));
});

test('comparing takes nothing for equal that is not', () => {
  assert.ok(!isEqual(null, new Uint8Array(32)));
  assert.ok(!isEqual(new Uint8Array(0), new Uint8Array(32)));
  assert.ok(!isEqual(new Uint8Array(32), new Uint8Array(32).fill(1, 31)));
});

test('an invite is read from the fragment, and a damaged one is refused', () => {
  const key = toBase64url(new Uint8Array(32).fill(7));
  const payload = toBase64url(new TextEncoder().encode('{"robot_id":"bot"}'));
  assert.deepEqual(readInvite(`#v1.${payload}.${key}`),
    { payload, key: new Uint8Array(32).fill(7), robotId: 'bot' });
  for (const text of ['', '#', `#v1.${payload}`, `#v1.${payload}.${key.slice(1)}`,
    `#v2.${payload}.${key}`, `#v1..${key}`, `#v1.a c.${key}`, `#v1.abc.${key}`,
    `#v1.${toBase64url(new TextEncoder().encode('{"robot_id":5}'))}.${key}`,
    `#v1.${toBase64url(new TextEncoder().encode('null'))}.${key}`]) {
    assert.equal(readInvite(text), null, text);
  }
});

test('text that is not base64url gives null', () => {
  for (const value of [null, 5, 'a', 'a b', 'a=', '+/']) assert.equal(fromBase64url(value), null);
  assert.deepEqual(fromBase64url('QQ'), new Uint8Array([65]));
});

const [A, B] = ['AB', 'cd'].map((byte) => Array(32).fill(byte).join(':'));
const print = (value = A) => `a=fingerprint:sha-256 ${value}\r\n`;
const section = (mid, prints = print()) => `m=video 9 X 96\r\na=mid:${mid}\r\n${prints}`;
const sdp = (session, ...sections) => `v=0\r\n${session}${sections.join('')}`;
const bundle = 'a=group:BUNDLE 0 1\r\n';

test('one fingerprint for all sections', () => {
  for (const text of [sdp(bundle, section(0), section(1)),
    sdp(bundle + print(), section(0, ''), section(1, '')),
    sdp(bundle, section(0), section(1)).replaceAll('\r\n', '\n'),
    sdp(bundle, section(0), section(1, print(A.toLowerCase())))]) {
    assert.deepEqual(fingerprintOf(text), new Uint8Array(32).fill(0xab), text);
  }
});

test('what a relay could use is refused', () => {
  for (const text of ['', 'v=0\r\n', sdp('', section(0), section(1)),
    sdp('a=group:BUNDLE 0\r\n', section(0), section(1)),
    sdp(bundle + bundle, section(0), section(1)),
    sdp(`${bundle}a=group:LS 0 1\r\n`, section(0), section(1)),
    sdp(bundle, section(0), section(0)), sdp(bundle, section(0), section(1, print(B))),
    sdp(bundle, section(0), section(1, print() + print())),
    sdp(bundle, section(0), section(1, print() + print(B))),
    sdp(bundle, section(0), section(1, '')), sdp(bundle + print(B), section(0), section(1)),
    sdp(bundle, section(0), section(1)).replaceAll('sha-256', 'sha-512'),
    sdp(bundle, section(0, print(A.slice(3))), section(1, print(A.slice(3))))]) {
    assert.equal(fingerprintOf(text), null, text);
  }
});

const invite = { robotId: vector.robot_id, key: bytes('key'), payload: vector.payload };
const [pageSdp, robotSdp] = [print(A), print(B)].map(
  (line) => sdp(bundle, section(0, line), section(1, line)));
const challenge = { type: 'challenge', needed: true, nonce: toBase64url(bytes('robot_nonce')) };

test('only a robot that knows the invite is trusted', () => {
  const handshake = new Handshake(invite);
  assert.ok(handshake.required && !handshake.trusted);
  const { prove, error } = handshake.answer(challenge, pageSdp, robotSdp);
  assert.equal(error, undefined);
  assert.ok(!handshake.trusted);
  const transcript = { robotId: vector.robot_id, robotNonce: bytes('robot_nonce'),
    pageNonce: fromBase64url(prove.nonce), pageFingerprint: fingerprintOf(pageSdp),
    robotFingerprint: fingerprintOf(robotSdp), payload: vector.payload };
  assert.ok(isEqual(fromBase64url(prove.mac), computeProof(bytes('key'), 'page', transcript)));
  for (const mac of [null, '', prove.mac, toBase64url(new Uint8Array(32))]) {
    assert.ok(!handshake.verify(mac) && !handshake.trusted, String(mac));
  }
  assert.ok(handshake.verify(toBase64url(computeProof(bytes('key'), 'robot', transcript))));
  assert.ok(handshake.trusted);
});

test('no proof counts before a challenge, and there is one challenge', () => {
  const handshake = new Handshake(invite);
  assert.ok(!handshake.verify(toBase64url(bytes('robot_mac'))));
  assert.ok(handshake.answer(challenge, pageSdp, robotSdp).prove);
  assert.deepEqual(handshake.answer(challenge, pageSdp, robotSdp), { error: 'bad-sdp' });
});

test('an invalid challenge or description gets no proof', () => {
  for (const given of [[{ ...challenge, nonce: 'QQ' }, pageSdp, robotSdp],
    [{ type: 'challenge' }, pageSdp, robotSdp], [challenge, '', robotSdp],
    [challenge, pageSdp, sdp('', section(0), section(1))]]) {
    assert.deepEqual(new Handshake(invite).answer(...given), { error: 'bad-sdp' });
  }
});

test('without an invite all is open, and a robot that needs one says so', () => {
  const handshake = new Handshake(null);
  assert.ok(handshake.trusted && !handshake.required);
  assert.deepEqual(handshake.answer({ ...challenge, needed: false }, pageSdp, robotSdp), {});
  assert.deepEqual(handshake.answer(challenge, pageSdp, robotSdp), { error: 'invite' });
});
