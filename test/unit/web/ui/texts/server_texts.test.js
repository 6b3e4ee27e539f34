import assert from 'node:assert/strict';
import { test } from 'node:test';

import { describeServer, serverRows, wayText } from '../../../../../rtc_bridge/web/ui/texts/server_texts.js';

const failure = (status, text = '', silent = false) => ({ status, text, silent });
const facts = (http, changes = {}) => ({ online: true, secure: false,
  failures: { socket: 'closed', http }, ...changes });

test('what is wrong between page and server is named', () => {
  const cases = [
    [facts(null, { online: false }), 'No network', /offline/],
    [facts(failure(502)), 'Server not reachable', /proxy answers.*\(502\).*running/],
    [facts(failure(404)), 'Server not reachable', /neither WebSockets nor \/signaling\/.*404/],
    [facts(failure(200)), 'Server not reachable', /neither WebSockets/],
    [facts(failure(429)), 'Server busy', /429/],
    [facts(failure(421)), 'Server refuses', /421/],
    [facts(failure(0), { secure: true }), 'Server not reachable', /certificate/],
    [facts(failure(0)), 'Server not reachable', /proxy.*Check your network/],
    [facts(null), 'Server not reachable', /Check your network/],
    [facts(null, { foreign: true, localNetwork: 'prompt' }), 'Server not reachable',
      /local network access/],
    [{ ...facts(failure(0)), failures: { socket: 'forbidden', http: failure(0) } },
      'Server not reachable', /wss:\/\//],
    [facts(failure(502), { localNetwork: 'prompt' }), 'Server not reachable', /502/],
  ];
  for (const [given, title, text] of cases) {
    const [said, detail] = describeServer(given);
    assert.equal(said, title);
    assert.match(detail, text);
  }
});

test('the details tell what became of each way', () => {
  assert.deepEqual(serverRows(facts(failure(502, 'Bad Gateway'))),
    [['WebSocket', 'refused or not reached'], ['HTTP', 'answer 502: Bad Gateway']]);
  assert.deepEqual(serverRows(facts(failure(502, '<html>'), { online: false })),
    [['WebSocket', 'refused or not reached'], ['HTTP', 'answer 502'], ['This device', 'offline']]);
  assert.equal(serverRows(facts(failure(0, '', true)))[1][1], 'no answer');
  assert.equal(wayText('socket', { socket: null }), '');
  assert.match(wayText('http', { socket: 'silent' }), /^over HTTP; WebSocket: no answer/);
  assert.equal(wayText('http', { socket: null }), 'over HTTP');
});
