// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What a person can do with the pictures, joined: layouts, zoom, turning, quality, snapshots. */

import { ViewerQuality } from '../../client/session/viewer_quality.js';
import { box, element, make } from '../dom.js';
import { storage } from '../settings.js';
import { CameraLayout } from './camera_layout.js';
import { PictureOptions } from './picture_options.js';
import { PictureSettings } from './picture_settings.js';
import { PictureZoom } from './picture_zoom.js';
import { QualityOptions } from './quality_options.js';

// A robot may be elsewhere after this time.
const MAX_POSE_AGE_S = 2;

/** @typedef {import('../display/latest_telemetry.js').LatestTelemetry} LatestTelemetry */

/**
 * Add it to the page.
 * @param {import('../station.js').Page} page
 * @param {LatestTelemetry} telemetry
 */
export function addPictures(page, telemetry) {
  const { connection, teleop, viewerStats, settings, inputs, stage, cameras } = page;
  const pictures = new PictureSettings(storage());
  const zoom = new PictureZoom(stage.element, () => teleop.mayDrive, inputs.keys);
  const layout = new CameraLayout({ connection, teleop, cameras, settings: pictures, zoom });
  const section = make('section');
  section.id = 'picture';
  section.tabIndex = -1;
  section.setAttribute('aria-label', 'Picture');
  box('panels').prepend(section);
  new PictureOptions(section, { connection, layout, settings: pictures, zoom,
    slots: cameras.videos.length });
  new QualityOptions(section, { connection, viewerStats, settings: pictures,
    quality: new ViewerQuality(connection, teleop) });
  useButton(section, settings);
  forgetZoom(connection, zoom);
  describeSnapshots(page, telemetry, zoom);
}

/**
 * Let snapshots tell what they show.
 * @param {import('../station.js').Page} page
 * @param {LatestTelemetry} telemetry
 * @param {PictureZoom} zoom
 */
function describeSnapshots({ toolbar, connection, viewerStats }, telemetry, zoom) {
  toolbar.describe = () => {
    const { session, selection } = connection;
    const { robot_id: robot, version } = session?.hello ?? {};
    return { robot: String(robot ?? ''), camera: selection.chosen[0] ?? '',
      version: String(version ?? ''), delayMs: viewerStats.rows.at(-1)?.delay_ms ?? null,
      odometry: (telemetry.age('odometry') ?? Infinity) < MAX_POSE_AGE_S
        ? telemetry.get('odometry') : null,
      turn: zoom.turn };
  };
}

/**
 * Let a button open the section.
 * @param {HTMLElement} section
 * @param {import('../settings.js').Settings} settings
 */
function useButton(section, settings) {
  const button = element('pictures', HTMLButtonElement);
  button.setAttribute('aria-controls', 'panels');
  button.addEventListener('click', () => {
    settings.set('panels', !settings.get('panels'));
    if (settings.get('panels')) section.scrollIntoView({ block: 'nearest' });
  });
  // There is nothing to open before the robot has let this person in.
  const more = box('more');
  const follow = () => {
    button.disabled = more.hidden;
    button.setAttribute('aria-expanded', String(more.getAttribute('aria-expanded')));
  };
  new MutationObserver(follow).observe(more, { attributes: true });
  follow();
}

/**
 * Another camera is seen whole at first.
 * @param {import('../../client/robot_connection.js').RobotConnection} connection
 * @param {PictureZoom} zoom
 */
function forgetZoom(connection, zoom) {
  let [camera] = connection.selection.chosen;
  connection.on('change', () => {
    const [now] = connection.selection.chosen;
    if (now !== camera && now && camera) zoom.reset();
    camera = now;
  });
}
