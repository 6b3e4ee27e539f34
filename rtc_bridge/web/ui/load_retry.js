// @ts-check
/**
 * Loads the page anew if parts of it did not arrive.
 *
 * Browsers do not ask again for a module that was lost, as when a phone changes networks, and none
 * of the others runs then.
 */

const MOST = 5;
const KEY = 'rtc-bridge-loads';

addEventListener('load', () => {
  try {
    const loads = Number(sessionStorage.getItem(KEY)) + 1;
    if ('rtcBridge' in window) {
      sessionStorage.removeItem(KEY);
    } else if (loads <= MOST) {
      sessionStorage.setItem(KEY, String(loads));
      setTimeout(() => location.reload(), 250 * loads);
    } else {
      const status = document.getElementById('status');
      if (status) status.textContent = 'The page did not load. Please reload it.';
      sessionStorage.removeItem(KEY);
    }
  } catch {
    // Without storage nobody counts: better not at all than for ever.
  }
});
