// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** The section with what can be chosen for the pictures: layout, cameras, turning, zoom. */

import { make } from '../dom.js';
import { icon } from '../icons.js';
import { checkbox, labelled } from '../page/form_parts.js';
import { cameraLabel } from '../texts/connection_texts.js';
import { LAYOUTS } from './layouts.js';
import { STEP } from './picture_zoom.js';

/** @param {HTMLSelectElement} select @param {[string, string][]} choices value and text */
function setChoices(select, choices) {
  const text = JSON.stringify(choices);
  // An open list would close.
  if (select.dataset.choices === text) return;
  select.dataset.choices = text;
  select.replaceChildren(...choices.map(([value, label]) => new Option(label, value)));
}

/** @param {string} label @param {Node} content @param {() => void} action */
function button(label, content, action) {
  const node = make('button', [content]);
  node.type = 'button';
  node.title = label;
  node.setAttribute('aria-label', label);
  node.addEventListener('click', action);
  return node;
}

/** A row for each place: which camera is there, and a button that turns it. */
class PlaceRow {
  element;
  #label = make('span');
  #camera = make('select');
  #place;
  #layout;
  #settings;

  /**
   * @param {number} place
   * @param {import('./camera_layout.js').CameraLayout} layout
   * @param {import('./picture_settings.js').PictureSettings} settings
   */
  constructor(place, layout, settings) {
    this.#place = place;
    this.#layout = layout;
    this.#settings = settings;
    this.#camera.addEventListener('change', () => layout.put(place, this.#camera.value));
    const turn = button('Turn this picture by 90°', icon('turn'), () => {
      const camera = layout.places[place];
      if (camera) settings.turnOn(camera);
    });
    this.element = make('div', [this.#label, this.#camera, turn]);
    this.element.className = 'row';
  }

  /** @param {[string, string][]} cameras name and label */
  show(cameras) {
    const { shown, places } = this.#layout;
    const name = LAYOUTS[shown].places[this.#place];
    this.element.hidden = name === undefined;
    if (name === undefined) return;
    const camera = places[this.#place] ?? null;
    const turn = this.#settings.turn(camera);
    this.#label.textContent = turn ? `${name}, ${turn}°` : name;
    this.#camera.setAttribute('aria-label', `Camera: ${name}`);
    setChoices(this.#camera, camera === null ? [['', 'none'], ...cameras] : cameras);
    this.#camera.value = camera ?? '';
  }
}

export class PictureOptions {
  #connection;
  #layout;
  #settings;
  #zoom;
  #choice = make('select');
  #choiceRow = labelled('Layout', this.#choice);
  #labels;
  #labelsRow;
  #rows;
  #factor = make('output');

  /**
   * @param {HTMLElement} section
   * @param {object} parts
   * @param {import('../../client/robot_connection.js').RobotConnection} parts.connection
   * @param {import('./camera_layout.js').CameraLayout} parts.layout
   * @param {import('./picture_settings.js').PictureSettings} parts.settings
   * @param {import('./picture_zoom.js').PictureZoom} parts.zoom
   * @param {number} parts.slots how many pictures the page can show
   */
  constructor(section, { connection, layout, settings, zoom, slots }) {
    this.#connection = connection;
    this.#layout = layout;
    this.#settings = settings;
    this.#zoom = zoom;
    this.#choice.id = 'layout';
    this.#choice.addEventListener('change', () => layout.choose(
      /** @type {import('./layouts.js').Layout} */ (this.#choice.value)));
    this.#labels = checkbox(settings.values.labels, (labels) => settings.change({ labels }));
    this.#labelsRow = labelled('Names on the pictures', this.#labels);
    this.#rows = Array.from({ length: slots }, (_, place) => new PlaceRow(place, layout, settings));
    const zoomRow = make('div', [make('span', 'Zoom'),
      button('Smaller', make('span', '−'), () => zoom.step(1 / STEP)), this.#factor,
      button('Larger', make('span', '+'), () => zoom.step(STEP))]);
    zoomRow.className = 'row';
    section.append(make('h2', 'Picture'), this.#choiceRow, ...this.#rows.map((row) => row.element),
      this.#labelsRow, zoomRow);
    for (const one of [connection, layout, settings, zoom]) {
      one.addEventListener('change', () => this.#show());
    }
    this.#show();
  }

  #show() {
    const { cameras, labels } = this.#connection.selection;
    const offered = this.#layout.offered;
    this.#choiceRow.hidden = offered.length < 2;
    setChoices(this.#choice, offered.map((one) => [one, LAYOUTS[one].text]));
    this.#choice.value = this.#layout.shown;
    this.#labelsRow.hidden = this.#layout.shown === 'one';
    this.#labels.checked = this.#settings.values.labels;
    const names = (cameras ?? []).map((name) => /** @type {[string, string]} */ (
      [name, labels.get(name) ?? cameraLabel(name)]));
    // Cameras of the same name are told apart by their topics.
    const texts = names.map(([, text]) => text);
    const choices = names.map(([name, text]) => /** @type {[string, string]} */ (
      [name, texts.filter((one) => one === text).length > 1 ? name : text]));
    for (const row of this.#rows) row.show(choices);
    this.#factor.textContent = `${this.#zoom.zoom.factor.toFixed(1)}×`;
  }
}
