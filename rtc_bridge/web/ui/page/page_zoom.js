// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Keeps the emergency stop on the screen while the page is zoomed. */

// Browsers round the scale: below this the page is not zoomed.
const MIN_ZOOM = 1.02;

/**
 * Return where to draw an element so that it keeps its size on the screen, in the middle of the
 * screen's lower edge.
 * @param {{scale: number, offsetLeft: number, offsetTop: number, width: number, height: number}}
 *   seen
 *   the part of the page that is on the screen, as `visualViewport` has it
 * @param {number} size of the element, px
 * @param {number} gap to the edge, px
 */
export function stopPlace({ scale, offsetLeft, offsetTop, width, height }, size, gap = 16) {
  return { left: offsetLeft + (width - size / scale) / 2,
    top: offsetTop + height - (size + gap) / scale, scale: 1 / scale };
}

/**
 * Keep gestures from zooming the page, since the emergency stop would leave the screen; and keep
 * it there when the page is zoomed all the same, as browsers allow it to people who need it.
 * @param {HTMLElement} stage the picture
 * @param {HTMLElement} stop
 */
export function keepStopInSight(stage, stop) {
  const options = { passive: false };
  // Safari has these events, and only a part of `touch-action`.
  for (const type of ['gesturestart', 'gesturechange']) {
    addEventListener(type, (event) => event.preventDefault(), options);
  }
  // A pinch on a touch pad comes as a wheel with Ctrl.
  stage.addEventListener('wheel', (event) => event.ctrlKey && event.preventDefault(), options);
  const seen = window.visualViewport;
  if (!seen) return;
  const place = () => {
    const zoomed = seen.scale > MIN_ZOOM;
    document.body.toggleAttribute('data-zoomed', zoomed);
    if (!zoomed) {
      stop.removeAttribute('style');
      return;
    }
    const { left, top, scale } = stopPlace(seen, stop.offsetWidth);
    stop.style.cssText = `left: ${left}px; top: ${top}px; transform: scale(${scale})`;
  };
  for (const type of ['resize', 'scroll']) seen.addEventListener(type, place);
}
