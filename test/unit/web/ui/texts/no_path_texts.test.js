import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isLocal } from '../../../../../rtc_bridge/web/ui/page/local_network.js';
import { pathRemedy, pathRows } from '../../../../../rtc_bridge/web/ui/texts/no_path_texts.js';

const NONE = { host: 0, mdns: 0, srflx: 0, prflx: 0, relay: 0, ipv4: 0, ipv6: 0 };
const HOST = { ...NONE, host: 1, ipv4: 1 };
const FACTS = { page: { ...NONE, mdns: 2 }, robot: HOST, errors: [], servers: [], seconds: 5 };
const TURN = 'turn:t.example.org:3478';
const STUN = 'stun:s.example.org:3478';
const error = (url, code) => ({ url, code, text: 'said so' });

test('each case has its reason and remedy', () => {
  const cases = [
    [{}, /hides its own addresses.*--network host.*STUN server/s],
    [{ page: HOST }, /no address of the robot can be reached. Tell.*--network host/s],
    [{ page: NONE }, /blocks WebRTC/],
    [{ robot: NONE }, /robot offered no address/],
    [{ servers: [STUN, TURN], errors: [error(TURN, 401)] }, /refuses the robot’s login \(401\).*clocks/s],
    [{ servers: [STUN, TURN], errors: [error(TURN, 701)] }, /TURN server is not reached.*turns:/s],
    [{ servers: [STUN], errors: [error(STUN, 701)] }, /STUN server is not reached.*TURN server/s],
    [{ servers: [STUN], page: { ...HOST, srflx: 1 } }, /symmetric NAT.*TURN server/s],
    [{ servers: [TURN] }, /got no address from it/],
    [{ servers: [TURN], page: { ...HOST, relay: 1 } }, /relay ports/],
    [{ page: { ...NONE, host: 1, ipv6: 1 } }, /IPv6 addresses only and the robot IPv4 only/],
  ];
  for (const [facts, text] of cases) assert.match(pathRemedy({ ...FACTS, ...facts }), text);
  assert.match(pathRemedy(FACTS, 'denied'), /local network access/);
  for (const state of ['granted', 'prompt', null]) {
    assert.doesNotMatch(pathRemedy(FACTS, state), /local network access/);
  }
});

test('the details have the candidates of both ends, and each server with its errors', () => {
  const rows = new Map(pathRows({ ...FACTS, servers: [STUN, TURN], errors: [error(TURN, 401)] }));
  assert.equal(rows.get('Addresses of this browser'), '2 hidden (.local)');
  assert.equal(rows.get('Addresses of the robot'), '1 host; 1 IPv4');
  assert.equal(rows.get(STUN), 'no error');
  assert.equal(rows.get(TURN), '401, login refused, said so');
  assert.match(new Map(pathRows(FACTS)).get('STUN and TURN servers'), /ice\.servers/);
});

test('hosts in the local network need no permission', () => {
  for (const host of ['localhost', 'rover.local', '192.168.1.5', '10.1.2.3', '172.20.0.1', '[::1]',
    '[fd00::1]']) assert.ok(isLocal(host), host);
  for (const host of ['relay.example.org', '8.8.8.8', '172.32.0.1', '[2001:db8::1]', 'local.example']) {
    assert.ok(!isLocal(host), host);
  }
});
