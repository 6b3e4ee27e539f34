import assert from 'node:assert/strict';
import { test } from 'node:test';

import { countCandidates, iceFacts } from '../../../../../rtc_bridge/web/client/session/candidate_counts.js';
import { IceReport } from '../../../../../rtc_bridge/web/client/session/ice_report.js';

const TEXTS = [
  'candidate:1 1 udp 2113937151 6f1c.local 50000 typ host generation 0',
  'a=candidate:2 1 UDP 1 192.168.1.5 50001 typ host',
  'a=candidate:2 1 UDP 1 192.168.1.5 50001 typ host',
  'candidate:3 1 udp 1 2001:db8::5 50002 typ srflx raddr :: rport 0',
  'candidate:4 1 tcp 1 192.168.1.5 9 typ host tcptype active',
  'candidate:5 1 udp 1 198.51.100.1 3 typ relay', 'a=mid:0', ''];

test('candidates are counted by kind and IP version, once each, and without TCP', () => {
  assert.deepEqual(countCandidates(TEXTS),
    { host: 1, mdns: 1, srflx: 1, prflx: 0, relay: 1, ipv4: 2, ipv6: 1 });
});

test('a report has both ends, servers, and each error once', () => {
  const pc = new EventTarget();
  const ended = new AbortController();
  const report = new IceReport(pc, [{ urls: 'stun:a' }, { urls: ['turn:b', 'turns:c'] }],
    ended.signal);
  const error = { url: 'turn:b', errorCode: 401, errorText: 'Unauthorized' };
  for (let i = 0; i < 3; i += 1) pc.dispatchEvent(Object.assign(new Event('icecandidateerror'), error));
  for (const candidate of [{ candidate: TEXTS[0] }, { candidate: '' }, null]) {
    pc.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate }));
  }
  report.noteAnswer(TEXTS.join('\r\n'));
  ended.abort();
  pc.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate: { candidate: TEXTS[1] } }));
  const { page, robot, errors, servers } = iceFacts(report.found);
  assert.deepEqual([page.mdns, page.host, robot.relay], [1, 0, 1]);
  assert.deepEqual(errors, [{ url: 'turn:b', code: 401, text: 'Unauthorized' }]);
  assert.deepEqual(servers, ['stun:a', 'turn:b', 'turns:c']);
});
