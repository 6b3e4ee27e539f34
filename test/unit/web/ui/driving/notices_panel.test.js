import assert from 'node:assert/strict';
import { test } from 'node:test';

import { firstSentence } from '../../../../../rtc_bridge/web/ui/driving/notices_panel.js';

test('the first sentence of a notice is its fact', () => {
  assert.equal(firstSentence('Nobody subscribes to /cmd_vel. Start the node cmd.vel.'),
    'Nobody subscribes to /cmd_vel.');
  assert.equal(firstSentence('no end'), 'no end');
  assert.equal(firstSentence('One.'), 'One.');
});
