import assert from 'node:assert/strict';
import { test } from 'node:test';

import { stopPlace } from '../../../../../rtc_bridge/web/ui/page/page_zoom.js';

test('the stop keeps its size at the lower edge of what is seen', () => {
  const seen = { scale: 2, offsetLeft: 100, offsetTop: 50, width: 200, height: 400 };
  const { left, top, scale } = stopPlace(seen, 80, 20);
  assert.equal(scale, 0.5);
  assert.deepEqual([left + 20, top + 40 + 10], [200, 450]);
});
