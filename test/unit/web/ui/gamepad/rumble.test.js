import assert from 'node:assert/strict';
import { mock, test } from 'node:test';

import { Emitter } from '../../../../../rtc_bridge/web/client/messages.js';
import {
  PATTERNS, Rumble, rumbleOnStopAndLoss,
} from '../../../../../rtc_bridge/web/ui/gamepad/rumble.js';

/** A gamepad that notes how it is shaken. */
function shakes() {
  const felt = [];
  return { felt, vibrationActuator: { playEffect: async (type, { duration, strongMagnitude }) => {
    assert.equal(type, 'dual-rumble');
    felt.push([duration, strongMagnitude]);
    throw new Error('nobody has touched the page');
  } } };
}

/** Let time pass, and what waits for it. */
async function pass(ms) {
  for (let n = 0; n < 10; n++) await Promise.resolve();
  mock.timers.tick(ms);
  for (let n = 0; n < 10; n++) await Promise.resolve();
}

test('each kind has its own pattern, and what is worth more interrupts', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const pad = shakes();
  let on = true;
  const rumble = new Rumble(() => pad, () => on);
  for (const [kind, pattern] of Object.entries(PATTERNS)) {
    pad.felt.length = 0;
    rumble.pulse(kind);
    for (const [duration] of pattern) await pass(duration);
    assert.deepEqual(pad.felt, pattern.filter(([, strength]) => strength));
  }
  assert.equal(new Set(Object.values(PATTERNS).map(String)).size, 4);
  pad.felt.length = 0;
  rumble.pulse('lost');
  rumble.pulse('battery');
  rumble.pulse('stop');
  await pass(200);
  await pass(700);
  assert.deepEqual(pad.felt, [PATTERNS.lost[0], PATTERNS.stop[0]]);
  pad.felt.length = 0;
  on = false;
  rumble.pulse('stop');
  assert.deepEqual(pad.felt, []);
  on = true;
  // Alarms of the page.
  for (const alarm of [{ code: 'battery', level: 'amber' }, { code: 'delay', level: 'amber' },
    { code: 'link', level: 'red' },
    { code: 'delay', level: 'red' }, {}]) rumble.onAlarm(alarm);
  assert.deepEqual(pad.felt, [PATTERNS.battery[0], PATTERNS.alarm[0]]);
  mock.timers.reset();
});

test('a gamepad that does not shake, and none, cost nothing', async () => {
  for (const pad of [null, {}, { vibrationActuator: null }, { vibrationActuator: {} }]) {
    await new Rumble(() => pad, () => true).pulse('stop');
  }
});

test('it shakes when a stop is engaged and when the connection is lost, not for what was', () => {
  const felt = [];
  const handlers = {};
  const connection = Object.assign(new Emitter(), {
    handle: (more) => Object.assign(handlers, more) });
  const teleop = { mayDrive: true };
  rumbleOnStopAndLoss({ pulse: (kind) => felt.push(kind) }, connection, teleop);
  const links = (...states) => states.forEach((link) => {
    Object.assign(connection, { link, hasFailedForGood: link === 'failed' });
    connection.emit('change');
  });
  links('none', 'setup', 'up');
  handlers.stop({ latched: true });
  handlers.stop({ latched: true });
  assert.deepEqual(felt, []);
  handlers.stop({ latched: false });
  handlers.stop({ latched: true });
  handlers.stop({ latched: true });
  assert.deepEqual(felt, ['stop']);
  links('up', 'lost', 'lost', 'setup');
  assert.deepEqual(felt, ['stop', 'lost']);
  // The page has ended it; it is not let in any more; it never drove.
  links('up', 'none', 'setup', 'lost', 'up');
  assert.deepEqual(felt, ['stop', 'lost']);
  links('none', 'failed');
  assert.deepEqual(felt, ['stop', 'lost', 'lost']);
  teleop.mayDrive = false;
  links('up', 'lost');
  assert.equal(felt.length, 3);
});

test('the first loss is felt also if this part is loaded after the connection came up', () => {
  const felt = [];
  const connection = Object.assign(new Emitter(), { handle: () => {}, link: 'up' });
  rumbleOnStopAndLoss({ pulse: (kind) => felt.push(kind) }, connection, { mayDrive: true });
  connection.link = 'lost';
  connection.emit('change');
  assert.deepEqual(felt, ['lost']);
});
