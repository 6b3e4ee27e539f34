import assert from 'node:assert/strict';
import { test } from 'node:test';

import { VideoFrames } from '../../../../../rtc_bridge/web/ui/pictures/video_frames.js';

/** A video element that paints when it is told to. */
function screen() {
  let waiting = null;
  return {
    requestVideoFrameCallback: (call) => { waiting = call; },
    paint: (metadata) => waiting(0, metadata),
  };
}

test('goes by what is painted where the browser tells', () => {
  const video = screen();
  const frames = new VideoFrames(video);
  // What was received is not seen before anything is painted.
  assert.equal(frames.newestTimestamp(7), null);
  video.paint({ rtpTimestamp: 5 });
  assert.equal(frames.newestTimestamp(9), 5);
  video.paint({ rtpTimestamp: 9 });
  assert.equal(frames.newestTimestamp(12), 9);
});

test('goes by what was received where it does not', () => {
  const video = screen();
  const frames = new VideoFrames(video);
  video.paint({ presentedFrames: 3 });
  assert.equal(frames.newestTimestamp(9), 9);
  assert.equal(frames.newestTimestamp(null), null);
  frames.restart();
  assert.equal(frames.newestTimestamp(9), null);
  const old = new EventTarget();
  const seen = new VideoFrames(old);
  assert.equal(seen.newestTimestamp(4), null);
  old.dispatchEvent(new Event('timeupdate'));
  assert.equal(seen.newestTimestamp(4), 4);
});

test('where only received frames are told, a painted one is not newer than those before it', () => {
  const video = screen();
  let received = 5;
  const frames = new VideoFrames(video, () => {}, () => received);
  assert.equal(frames.painted, undefined);
  video.paint({});
  assert.equal(frames.painted, undefined);
  received = 9;
  video.paint({});
  assert.equal(frames.painted, 5);
  frames.restart();
  assert.equal(frames.painted, undefined);
  // Nothing at all is told.
  received = null;
  video.paint({});
  assert.equal(frames.painted, null);
});
