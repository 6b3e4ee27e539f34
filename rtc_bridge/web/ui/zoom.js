// @ts-check
/** Whatever is zoomed, the emergency stop stays on the screen. */

/** A page that is zoomed by less than this is not: browsers round. */
const ZOOMED = 1.02;

/**
 * Return where to draw an element that is to keep its size and place on a zoomed screen: in the middle of
 * the lower edge.
 * @param {{scale: number, offsetLeft: number, offsetTop: number, width: number, height: number}} seen
 *   the part of the page that is on the screen, as in `visualViewport`
 * @param {number} size of the element, px
 * @param {number} gap to the edge, px
 */
export function stopPlace({ scale, offsetLeft, offsetTop, width, height }, size, gap = 16) {
  return { left: offsetLeft + (width - size / scale) / 2,
    top: offsetTop + height - (size + gap) / scale, scale: 1 / scale };
}

/**
 * Let no gesture zoom the page, since then what is out of sight cannot be pressed; where one does all the
 * same, as browsers allow it to people who need it, keep an element on the screen.
 * @param {HTMLElement} stage where fingers and wheels are near the picture
 * @param {HTMLElement} stop
 */
export function keepInSight(stage, stop) {
  const firmly = { passive: false };
  // Safari's, which knows some of `touch-action` only.
  for (const type of ['gesturestart', 'gesturechange']) {
    addEventListener(type, (event) => event.preventDefault(), firmly);
  }
  // Two fingers on a touch pad.
  stage.addEventListener('wheel', (event) => event.ctrlKey && event.preventDefault(), firmly);
  const seen = window.visualViewport;
  if (!seen) return;
  const place = () => {
    const zoomed = seen.scale > ZOOMED;
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
