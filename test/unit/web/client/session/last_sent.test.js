import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LastSent } from '../../../../../rtc_bridge/web/client/session/last_sent.js';

const telemetry = (values, ages) => ({ type: 'telemetry', values, ages });

test('what a robot sent before its session is shown still holds, as old as it is then', () => {
  let now = 1000;
  const said = new LastSent(() => now);
  said.note(telemetry({ battery: 1, map: 'm' }, { map: 60 }));
  now += 500;
  said.note(telemetry({ battery: 2 }, {}));
  now += 2000;
  assert.deepEqual(said.messages,
    [telemetry({ battery: 2, map: 'm' }, { battery: 2, map: 62.5 })]);
  // What is new has no age of before.
  said.note(telemetry({ map: 'n' }));
  now += 1000;
  assert.deepEqual(said.messages, [telemetry({ battery: 2, map: 'n' }, { battery: 3, map: 1 })]);
  assert.deepEqual(said.messages, said.messages);
});

test('the newest message of each kind is kept, for slots one of each', () => {
  const said = new LastSent();
  const slot = (number, state) => ({ type: 'slot', slot: number, state });
  const all = [slot(0, 'waiting'), slot(1, 'off'), { type: 'lease', epoch: 1 }, { type: 'stop' },
    { type: 'actions', actions: [] }, { type: 'message', data: 1 }, { type: 'pong' },
    slot(0, 'live'), { type: 'lease', epoch: null }];
  all.forEach((message) => said.note(message));
  assert.deepEqual(said.messages, [slot(0, 'live'), slot(1, 'off'), { type: 'lease', epoch: null },
    { type: 'stop' }, { type: 'actions', actions: [] }]);
});

test('what is seen around the robot is told again', () => {
  const said = new LastSent();
  said.note({ type: 'obstacles', cm: null, reason: 'x' });
  said.note({ type: 'obstacles', cm: [1] });
  assert.deepEqual(said.messages, [{ type: 'obstacles', cm: [1] }]);
});
