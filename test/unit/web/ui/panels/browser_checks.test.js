import assert from 'node:assert/strict';
import { test } from 'node:test';

import { browserChecks, checksText } from '../../../../../rtc_bridge/web/ui/panels/browser_checks.js';

const none = { host: 0, mdns: 0, srflx: 0, prflx: 0, relay: 0, ipv4: 0, ipv6: 0 };
const ice = (more = {}) => ({ page: { ...none, host: 2, ipv4: 2 }, robot: { ...none, host: 1 },
  errors: [], servers: ['stun:s'], seconds: 1, ...more });
const facts = (more = {}) => ({ secure: true, webCrypto: true, webRtc: true,
  codecs: ['video/VP8', 'video/H264', 'video/rtx'], way: 'socket', signaling: '', server: 'open',
  ice: ice(), pair: { local: 'host', remote: 'srflx', protocol: 'udp' }, clockErrorMs: 0.5,
  serverAheadS: 0.2, receivedBytes: 12_340_000, browser: 'B/1', version: '1.0', ...more });
const find = (name, more) => browserChecks(facts(more)).find((check) => check.name === name);

test('a good browser', () => {
  assert.deepEqual(new Set(browserChecks(facts()).map(({ state }) => state)), new Set(['ok']));
  assert.equal(find('Path').text, 'host here, srflx there, udp');
  assert.equal(find('Received').text, '12.3 MB in this session');
  assert.equal(find('Candidates here').text, '2 host');
});

test('what is missing is named', () => {
  for (const [name, more, state, words] of [
    ['Secure page', { secure: false }, 'warn', 'gamepads'],
    ['WebRTC', { webRtc: false, codecs: [] }, 'fail', 'extension'],
    ['Video codecs', { codecs: ['video/AV1'] }, 'fail', 'others: AV1'],
    ['Video codecs', { codecs: ['video/VP8'] }, 'warn', 'VP8'],
    ['Signaling', { way: 'polls', signaling: 'over HTTP' }, 'warn', 'over HTTP'],
    ['Signaling', { server: 'lost' }, 'fail', 'not reached'],
    ['Path', { pair: null }, 'fail', 'none was found'],
    ['Path', { ice: null }, 'skipped', 'no session'],
    ['Candidates here', { ice: ice({ page: none }) }, 'fail', 'none'],
    ['STUN and TURN', { ice: ice({ errors: [{ url: 'turn:t', code: 701, text: 'no' }] }) }, 'warn',
      'turn:t: 701 no'],
    ['Clock', { serverAheadS: 3600 }, 'warn', '3600 s behind'],
    ['Clock', { serverAheadS: -30 }, 'ok', '30 s ahead'],
    ['Clock', { serverAheadS: null, clockErrorMs: null }, 'skipped', 'not known'],
    ['Robot', { version: '' }, 'skipped', 'not connected'],
  ]) {
    const check = find(name, more);
    assert.equal(check.state, state, name);
    assert.ok(check.text.includes(words), check.text);
  }
});

test('the text has a line for each check', () => {
  const lines = checksText(browserChecks(facts({ secure: false }))).trim().split('\n');
  assert.equal(lines.length, browserChecks(facts()).length);
  assert.match(lines[0], /^warn +Secure page +no/);
});
