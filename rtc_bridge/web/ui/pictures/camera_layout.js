// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** Shows several cameras in the stage: which ones and where; the main one is for driving. */

import { box, make } from '../dom.js';
import { icon } from '../icons.js';
import { cameraLabel } from '../texts/connection_texts.js';
import { InsetHandle } from './inset_handle.js';
import {
  formatLayout, isStacked, LAYOUTS, parseLayout, possible, withParameter,
} from './layouts.js';

/** @typedef {import('./layouts.js').Layout} Layout */

/**
 * Events: `change` when another layout is shown.
 *
 * The page has a slot for each picture. Those beside the main one are small pictures in the list
 * of cameras; a layout takes them from there into the stage.
 */
export class CameraLayout extends EventTarget {
  /** What is shown, which may be less than what is wanted. @type {Layout} */
  shown = 'one';
  #connection;
  #teleop;
  #cameras;
  #settings;
  #zoom;
  #stage = box('stage');
  #tiles = make('div');
  #label = make('p');
  #inset;
  /** Of the URL, for the robot that the page shows first. */
  #fromUrl = parseLayout(new URLSearchParams(location.search).get('layout'));
  #robot = '';
  #hasPlaces = false;

  /**
   * @param {object} parts
   * @param {import('../../client/robot_connection.js').RobotConnection} parts.connection
   * @param {import('../../client/driving/teleop.js').Teleop} parts.teleop
   * @param {import('./camera_views.js').CameraViews} parts.cameras
   * @param {import('./picture_settings.js').PictureSettings} parts.settings
   * @param {import('./picture_zoom.js').PictureZoom} parts.zoom
   */
  constructor({ connection, teleop, cameras, settings, zoom }) {
    super();
    this.#connection = connection;
    this.#teleop = teleop;
    this.#cameras = cameras;
    this.#settings = settings;
    this.#zoom = zoom;
    this.#tiles.id = 'tiles';
    this.#label.id = 'mainlabel';
    this.#label.hidden = true;
    box('place').after(this.#tiles);
    box('place').append(this.#label);
    this.#inset = new InsetHandle(this.#tiles, this.#stage, settings);
    cameras.on('exchange', () => this.shown !== 'one' && this.#keep());
    connection.handle({ hello: ({ robot_id: robot }) => this.#useRobot(String(robot ?? '')) });
    for (const one of [connection, teleop, settings]) {
      one.addEventListener('change', () => this.#update());
    }
    new ResizeObserver(() => this.#arrange()).observe(this.#stage);
    this.#update();
  }

  /** The cameras in the places of the layout, the main one first. */
  get places() {
    return this.#connection.selection.chosen.slice(0, 1 + LAYOUTS[this.shown].beside);
  }

  /** Layouts that can be shown with the cameras that there are. @returns {Layout[]} */
  get offered() {
    const [slots, cameras] = this.#counts();
    return /** @type {Layout[]} */ (Object.keys(LAYOUTS)).filter(
      (one) => possible(one, slots, cameras) === one);
  }

  /** @param {Layout} layout */
  choose(layout) {
    this.#settings.change({ layout });
    this.#keep();
  }

  /** Show a camera in a place. @param {number} place @param {string} camera */
  put(place, camera) {
    this.#cameras.exchange(place, camera);
  }

  #counts() {
    const { cameras } = this.#connection.selection;
    return [this.#cameras.videos.length, cameras?.length ?? 0];
  }

  /** @param {string} robot */
  #useRobot(robot) {
    if (robot === this.#robot) return;
    // Nothing is shown by what was chosen for another robot.
    this.#robot = '';
    this.#settings.useRobot(robot);
    if (this.#fromUrl) {
      const { layout, cameras } = this.#fromUrl;
      this.#settings.change({ layout,
        ...(cameras.length ? { places: cameras } : {}) });
      this.#fromUrl = null;
    }
    this.#robot = robot;
    this.#hasPlaces = false;
    this.#update();
  }

  /** Keep the choice, for this browser and in the URL. */
  #keep() {
    const { layout } = this.#settings.values;
    const beside = this.#connection.selection.chosen.slice(1).map((name) => name ?? '');
    this.#settings.change({ places: beside });
    try {
      history.replaceState(history.state, '',
        withParameter(location.href, 'layout', formatLayout(layout, beside)));
    } catch (error) {
      // Browsers refuse what comes too often.
      console.debug('rtc_bridge: the layout is not in the URL:', error);
    }
  }

  #update() {
    const { cameras, chosen } = this.#connection.selection;
    const [slots, count] = this.#counts();
    if (cameras && this.#robot && !this.#hasPlaces) {
      this.#hasPlaces = true;
      this.#cameras.arranges = false;
      this.#selectPlaces(cameras);
      this.#cameras.arranges = true;
    }
    const before = this.shown;
    // While the list of cameras is away, their places remain.
    if (cameras && this.#robot) {
      this.shown = possible(this.#settings.values.layout, slots, count);
    }
    if (this.shown !== before) {
      this.#cameras.fill(LAYOUTS[this.shown].beside);
      this.#move();
    }
    this.#turn(chosen);
    this.#showLabels(chosen[0] ?? null);
    this.#arrange();
    if (this.shown !== before) this.dispatchEvent(new Event('change'));
  }

  /** Choose the cameras that were in the places the last time. @param {string[]} cameras */
  #selectPlaces(cameras) {
    const { layout, places } = this.#settings.values;
    const { chosen } = this.#connection.selection;
    places.slice(0, LAYOUTS[layout].beside).forEach((camera, i) => {
      const slot = i + 1;
      if (slot < chosen.length && cameras.includes(camera) && !chosen.includes(camera)) {
        this.#connection.select(slot, camera);
      }
    });
  }

  /** Take pictures into the stage, or give them back to the list. */
  #move() {
    const { beside } = LAYOUTS[this.shown];
    this.#cameras.videos.forEach((video, slot) => {
      const thumb = video.parentElement;
      if (!slot || !thumb) return;
      const target = slot <= beside ? this.#tiles : box('cameras');
      if (thumb.parentElement !== target) target.append(thumb);
    });
    this.#stage.dataset.view = this.shown;
    // There is no small picture left to show.
    box('thumbs').hidden = beside + 1 >= this.#cameras.videos.length;
    this.#inset.shown = this.shown === 'inset';
  }

  #arrange() {
    const { clientWidth: width, clientHeight: height } = this.#stage;
    this.#stage.toggleAttribute('data-stacked', isStacked({ width, height }));
    this.#inset.place();
  }

  /** @param {(string | null | undefined)[]} chosen */
  #turn(chosen) {
    this.#cameras.videos.forEach((video, slot) => {
      const turn = this.#settings.turn(chosen[slot] ?? null);
      if (slot) video.dataset.turn = String(turn);
      else this.#zoom.turn = turn;
    });
  }

  /** @param {string | null} camera of the main picture */
  #showLabels(camera) {
    const { labels, driving } = this.#connection.selection;
    const wanted = this.shown !== 'one' && this.#settings.values.labels;
    this.#stage.toggleAttribute('data-nolabels', !wanted);
    this.#label.hidden = !wanted || camera === null;
    if (camera === null) return;
    const drives = driving.includes(camera);
    const mark = !this.#teleop.mayDrive ? '' : drives ? 'for driving' : 'not for driving';
    const name = labels.get(camera) ?? cameraLabel(camera);
    const text = mark ? `${name} · ${mark}` : name;
    if (this.#label.textContent === text) return;
    this.#label.classList.toggle('nodrive', !!mark && !drives);
    this.#label.replaceChildren(...(mark ? [icon(drives ? 'drive' : 'noDrive')] : []),
      make('span', text));
  }
}
