// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The place of the main picture, which has the focus while the keys drive. */

import { TEXT_FIELDS } from '../dom.js';

export class Stage {
  element;

  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    // A button that was clicked would keep the focus: then Space would press it again, not stop.
    addEventListener('click', (event) => {
      const { target } = event;
      if (!(target instanceof Element) || target.closest('dialog')) return;
      // A click by the keyboard has a detail of 0. Its person may want to press the button again.
      if (target.closest('button, input') && !target.closest(TEXT_FIELDS) && event.detail > 0) {
        /** @type {HTMLElement | null} */ (document.activeElement)?.blur();
        this.takeFreeFocus();
      }
    });
  }

  /** The keys can drive, so that the focus can be put here. @param {boolean} drives */
  set drives(drives) {
    this.element.tabIndex = drives ? 0 : -1;
  }

  focus() {
    this.element.focus({ preventScroll: true });
  }

  /** Take the focus, unless another element has it. */
  takeFreeFocus() {
    if (!document.activeElement || document.activeElement === document.body) this.focus();
  }
}
