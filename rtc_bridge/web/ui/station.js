// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What surrounds the picture and the driving: loaded when the page works, before it is asked for.
 */

import { followRefusals } from '../client/kept_invite.js';
import { AlarmSound } from './display/alarm_sound.js';
import { AlarmView } from './display/alarm_view.js';
import { Alarms } from './display/alarms.js';
import { Hud } from './display/hud.js';
import { LatestTelemetry } from './display/latest_telemetry.js';
import { MeasuredAlarms } from './display/measured_alarms.js';
import { box } from './dom.js';
import { addGamepads } from './gamepad/gamepad_station.js';
import { ObstacleRing } from './ground/obstacle_ring.js';
import { PathOverlay } from './ground/path_overlay.js';
import { offerFirstHint } from './page/first_hint.js';
import { KeysHelp } from './page/keys_dialog.js';
import { PageTitle } from './page/page_title.js';
import { stayHere } from './page/stay_here.js';
import { ActionsPanel } from './panels/actions_panel.js';
import { ChecksPanel } from './panels/checks_panel.js';
import { StatsPanel } from './panels/stats_panel.js';
import { TelemetryPanel } from './panels/telemetry_panel.js';
import { addPictures } from './pictures/pictures.js';

// Where a browser does not tell when it is idle.
const IDLE_MS = 1000;

/**
 * @typedef {import('./controls.js').Page & Pick<import('./controls.js').Controls, 'viewerStats'
 *   | 'inputs' | 'toolbar'>} Page the parts of the page that were there before
 */

/** Add it to the page. @param {Page} page */
export function addStation(page) {
  const { connection, teleop, viewerStats, settings, inputs, stage, picture, cameras, toolbar,
    keptInvite } = page;
  // First of all: whatever warns is given it.
  const alarms = new Alarms();
  const telemetry = new LatestTelemetry(connection);
  const measured = new MeasuredAlarms({ connection, viewerStats, picture, telemetry, alarms });
  const focus = () => stage.takeFreeFocus();
  for (const add of [
    () => stayHere(page),
    () => followRefusals(keptInvite, connection),
    () => {
      const rumble = addGamepads(page);
      alarms.on('raise', (alarm) => rumble.onAlarm(alarm));
    },
    () => new AlarmView(alarms),
    () => new AlarmSound(alarms, settings),
    () => new Hud({ connection, teleop, viewerStats, settings, picture, toolbar, telemetry,
      measured, alarms }),
    () => new PageTitle(connection, teleop),
    () => new KeysHelp(settings, inputs, focus),
    () => offerFirstHint(connection, teleop, settings, inputs.keys, focus),
    () => new StatsPanel(connection, viewerStats),
    () => new TelemetryPanel({ connection, box: box('telemetry'), telemetry, measured, alarms }),
    () => new ObstacleRing({ connection, stage, video: cameras.videos[0], alarms }),
    () => new ActionsPanel(connection, teleop, settings, stage.element),
    () => new PathOverlay({ connection, teleop, viewerStats, settings, picture,
      video: cameras.videos[0] }),
    () => new ChecksPanel(connection, () => viewerStats.rows.at(-1)?.clock_error_ms ?? null),
    () => addPictures(page, telemetry),
  ]) {
    try {
      add();
    } catch (error) {
      // One part takes no other with it.
      console.error('rtc_bridge:', error);
    }
  }
  prefetch();
}

/** Load what is opened by a button, before it is pressed: then the network may be gone. */
function prefetch() {
  const whenIdle = window.requestIdleCallback ?? ((/** @type {() => void} */ load) => (
    setTimeout(load, IDLE_MS)));
  whenIdle(() => {
    Promise.all([import('./page/options_dialog.js'), import('./pictures/snapshot.js'),
      import('./pictures/recording.js'), import('./media/sound_and_camera.js')]).catch(
      (error) => console.warn('rtc_bridge:', error));
  });
}
