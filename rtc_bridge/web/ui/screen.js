// @ts-check
/** Full screen and picture in picture, as far as this browser has them. */

import { box } from './status_panel.js';

/**
 * Show the buttons of what there is.
 * @param {HTMLVideoElement} video
 * @param {(text: string) => void} say what did not work
 */
export function offerScreens(video, say) {
  /** @type {(id: string, there: boolean, toggle: () => Promise<void>) => void} */
  const offer = (id, there, toggle) => {
    const button = box(id);
    button.hidden = !there;
    button.addEventListener('click', () => toggle().catch(() => {
      say(`${button.title} is not possible now.`);
    }));
  };
  const bare = !document.fullscreenEnabled && 'webkitEnterFullscreen' in video;
  offer('fullscreen', document.fullscreenEnabled || bare, async () => {
    // All of the page, with the emergency stop. iPhones show nothing but a bare video so: there the page
    // makes the picture as large as it can itself.
    if (bare) document.body.toggleAttribute('data-large');
    else if (document.fullscreenElement) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen();
  });
  offer('pip', !!document.pictureInPictureEnabled, async () => {
    if (document.pictureInPictureElement) await document.exitPictureInPicture();
    else await video.requestPictureInPicture();
  });
}
