// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/** What a person drives and works the page with, and what is measured of the connection. */

import { provideHttpSignaling } from '../client/signaling/http_signaling.js';
import { signalOverHttp } from '../client/signaling/signaling_polls.js';
import { ViewerStats } from '../client/measurements/viewer_stats.js';
import { box } from './dom.js';
import { DriveLoop } from './driving/drive_loop.js';
import { DrivingView } from './driving/driving_view.js';
import { InputDevices } from './driving/input_devices.js';
import { LeasePanel } from './driving/lease_panel.js';
import { NoticesPanel } from './driving/notices_panel.js';
import { SpeedSliders } from './driving/speed_sliders.js';
import { LocalNetwork } from './page/local_network.js';
import { PageLifecycle } from './page/page_lifecycle.js';
import { keepStopInSight } from './page/page_zoom.js';
import { SidePanels } from './page/side_panels.js';
import { Toolbar } from './page/toolbar.js';
import { refusedText } from './texts/driving_texts.js';
import { describeFailure } from './texts/failure_texts.js';
import { fallbackText, reasonTitle } from './texts/picture_texts.js';

/**
 * @typedef {object} Page what was there before
 * @property {import('../client/robot_connection.js').RobotConnection} connection
 * @property {import('../client/driving/teleop.js').Teleop} teleop
 * @property {import('./settings.js').Settings} settings
 * @property {import('./page/status_view.js').StatusView} status
 * @property {import('./page/stage.js').Stage} stage
 * @property {import('./pictures/main_picture.js').MainPicture} picture
 * @property {import('./pictures/camera_views.js').CameraViews} cameras
 * @property {import('./page/page_view.js').PageView} pageView
 * @property {import('./page/page_api.js').PageApi} api
 * @property {import('../client/kept_invite.js').KeptInvite} keptInvite
 * @property {(slot: number, camera: string | null) => void} showCamera
 * @property {() => void} stop presses the emergency stop
 * @property {() => void} render shows what has changed
 */

export class Controls {
  viewerStats;
  inputs;
  toolbar;
  #page;
  #sidePanels;
  #hasMedia = false;
  #saidOfCodecs = '';

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
    provideHttpSignaling(signalOverHttp);
    const { connection, teleop, settings, status, stage, picture, cameras, pageView, api } = page;
    this.viewerStats = new ViewerStats(connection);
    this.inputs = new InputDevices(stage.element, settings);
    this.toolbar = new Toolbar({
      video: cameras.videos[0], stream: () => this.#stream, settings, inputs: this.inputs,
      onRecording: page.render,
      // Not the title, which says what the robot does.
      fileWords: () => [box('robot').textContent || 'rtc_bridge',
        connection.selection.chosen[0] ?? 'camera'],
      pathProblem: () => connection.selection.mountProblems.get(
        connection.selection.chosen[0] ?? '') ?? '',
      toast: (text) => status.toast(text),
      onDialogOpen: () => this.inputs.letGo(),
      onDialogClose: () => stage.takeFreeFocus(),
      // Escape leaves full screen, and the browser tells of no key then.
      onFullscreenLeft: () => teleop.driver?.armed && page.stop(),
    });
    this.#sidePanels = new SidePanels(settings);
    keepStopInSight(stage.element, box('stop'));
    new PageLifecycle({ connection, teleop, picture, cameras, inputs: this.inputs,
      toolbar: this.toolbar, render: page.render });
    new DriveLoop({ connection, teleop, inputs: this.inputs, status, stage, stop: page.stop });
    new DrivingView({ connection, teleop, picture, pageView, inputs: this.inputs, stage,
      leasePanel: new LeasePanel(teleop,
        () => page.showCamera(0, connection.selection.driving[0] ?? null)),
      speedSliders: new SpeedSliders(settings), noticesPanel: new NoticesPanel(box('notices')) });
    pageView.texts = { describeFailure, reasonTitle };
    const localNetwork = new LocalNetwork();
    localNetwork.on('change', () => {
      pageView.localNetwork = localNetwork.permission;
      page.render();
    });
    pageView.on('shown', () => {
      this.toolbar.enabled = picture.shown;
      // The robot does not let this person in.
      if (connection.isClosed) this.#sidePanels.available = false;
    });
    api.viewerStats = this.viewerStats;
    picture.on('frame', (frame) => this.viewerStats.onFrame(frame));
    teleop.on('command', (command) => this.viewerStats.onCommand(command));
    for (const type of ['focus', 'blur']) stage.element.addEventListener(type, page.render);
    connection.on('session', () => this.#onSession());
    if (connection.session) this.#onSession();
    connection.handle({
      hello: ({ sound, talk, operator_camera: camera }) => {
        this.toolbar.follow(this.#stream);
        if (sound || talk || camera) this.#addMedia();
      },
      slot: () => this.#sayWhichCodecsFailed(),
      error: ({ code, message }) => status.toast(refusedText(code) || String(message ?? code)),
    });
    setInterval(() => this.#measure(), 1000);
  }

  /** What the main picture may show. */
  get #stream() {
    return this.#page.connection.session?.trustedStreams[0] ?? null;
  }

  #onSession() {
    const { session } = this.#page.connection;
    this.#saidOfCodecs = '';
    // Robots of RTCBot's do not tell before their answer whether they have sound.
    if (session?.kind === 'rtcbot') this.#addMedia();
    if (session) this.toolbar.follow(this.#stream);
    else this.toolbar.stop();
  }

  /** Load what is heard and shown by robots that have a use for it. */
  async #addMedia() {
    if (this.#hasMedia) return;
    this.#hasMedia = true;
    const { connection, settings, status } = this.#page;
    try {
      const { addSoundAndCamera } = await import('./media/sound_and_camera.js');
      addSoundAndCamera(connection, settings, this.inputs, (text) => status.toast(text));
    } catch {
      // The next session tries again.
      this.#hasMedia = false;
    }
  }

  #sayWhichCodecsFailed() {
    const text = fallbackText(this.#page.connection.slots.failedCodecs);
    if (text === this.#saidOfCodecs) return;
    this.#saidOfCodecs = text;
    console.info('rtc_bridge:', text);
    this.#page.status.toast(text);
  }

  async #measure() {
    const { picture, api, render } = this.#page;
    const measured = await this.viewerStats.measure(picture.takeRate(),
      { live: api.state === 'live', hidden: document.hidden });
    if (measured) {
      picture.countSecond(!!measured.stats.slots[0]?.fps);
      // They stay while the connection is away, so that the picture keeps its place.
      this.#sidePanels.available = true;
    }
    render();
  }
}
