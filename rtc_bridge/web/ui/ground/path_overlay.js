// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Drawn on the ground of the main picture: where the robot goes by the present command, and where
 * it is by now, as the picture is of a moment before.
 */

import { make } from '../dom.js';
import { CommandHistory, velocityOf } from './command_history.js';
import {
  arc, edges, GroundCamera, moved, ORIGIN, placed, readFootprint, readMount,
} from './path_geometry.js';

/**
 * @typedef {import('./path_geometry.js').Point} Point
 * @typedef {import('./path_geometry.js').Pose} Pose
 * @typedef {import('./path_geometry.js').Velocity} Velocity
 * @typedef {import('./path_geometry.js').Mount} Mount
 *
 * @typedef {object} Drawing in pixels of the picture
 * @property {Point[]} area that the robot's body passes over
 * @property {Point[][]} lines its edges, and where the robot's front is after each second
 * @property {Point[][]} ghost the robot's outline
 */

/** Where the robot's front is after so many seconds is marked, and the path goes at least so far. */
const MARKS_S = [1, 2];
// The path of a slow robot is longer, as much of it may be below the picture, m.
const MIN_LENGTH_M = 2;
// No path goes round further, rad: it would cover what is ahead.
const MAX_TURN_RAD = Math.PI;
// So short that an arc looks round.
const STEP_RAD = 0.05;
// A robot that is slower turns on the spot: it has no path, m/s.
const MIN_SPEED = 0.01;
// Pixels of the canvas for one of the picture, where that is shown larger.
const MAX_SCALE = 4;
// Widths on the screen, CSS px.
const LINE_PX = 2.5;
const CASING_PX = 5.5;
const AREA_ALPHA = 0.14;
const CASING_ALPHA = 0.7;

/**
 * Return what is to be drawn.
 * @param {GroundCamera} camera
 * @param {Velocity} velocity of the command
 * @param {Point[]} footprint
 * @param {Pose | null} now where the robot is by now, seen from where it was when the picture was
 *   taken; null: that is not known
 * @returns {Drawing}
 */
export function drawPath(camera, velocity, footprint, now) {
  const ghost = now && footprint.length
    ? camera.line([...footprint, footprint[0]].map((corner) => placed(now, corner))) : [];
  const { ahead, left, turn } = velocity;
  const speed = Math.hypot(ahead, left);
  if (speed < MIN_SPEED) return { area: [], lines: [], ghost };
  const start = now ?? ORIGIN;
  const front = Math.max(0, ...footprint.map(([x, y]) => (x * ahead + y * left) / speed));
  const ends = MARKS_S.map((seconds) => seconds + front / speed);
  const most = Math.abs(turn) > 0 ? MAX_TURN_RAD / Math.abs(turn) : Infinity;
  const duration = Math.min(most, Math.max(...ends, MIN_LENGTH_M / speed));
  const steps = Math.max(1, Math.ceil(Math.abs(turn) * duration / STEP_RAD));
  const sides = edges(arc(start, velocity, duration, steps), velocity, footprint);
  const marks = ends.filter((end) => footprint.length && end <= duration).map(
    (end) => edges([moved(start, velocity, end)], velocity, footprint).flat());
  return { area: camera.area([...sides[0], ...[...sides[1]].reverse()]),
    lines: [...sides, ...marks].flatMap((line) => camera.line(line)), ghost };
}

/**
 * @typedef {object} OverlayParts
 * @property {import('../../client/robot_connection.js').RobotConnection} connection
 * @property {import('../../client/driving/teleop.js').Teleop} teleop
 * @property {import('../../client/measurements/viewer_stats.js').ViewerStats} viewerStats
 * @property {import('../settings.js').Settings} settings
 * @property {import('../pictures/main_picture.js').MainPicture} picture
 * @property {HTMLVideoElement} video
 */

export class PathOverlay {
  #parts;
  #canvas = make('canvas');
  #history = new CommandHistory();
  /** @type {Point[]} */
  #footprint = [];
  /** Of the cameras whose place is known, by name. @type {Map<string, Mount>} */
  #mounts = new Map();
  /** From the capture of a picture to the robot that a command reaches, ms; null: not known.
   * @type {number | null} */
  #delayMs = null;
  #isDue = false;
  #drawn = '';

  /** @param {OverlayParts} parts */
  constructor(parts) {
    this.#parts = parts;
    const { connection, teleop, viewerStats, settings, picture, video } = parts;
    this.#canvas.id = 'groundpath';
    this.#canvas.hidden = true;
    this.#canvas.setAttribute('aria-hidden', 'true');
    video.after(this.#canvas);
    connection.on('session', () => {
      this.#history.clear();
      this.#delayMs = null;
      this.#redraw();
    });
    connection.handle({
      hello: ({ teleop: limits, cameras }) => {
        this.#footprint = readFootprint(limits?.footprint);
        this.#history.timeoutMs = limits?.timeout > 0 ? limits.timeout * 1000 : Infinity;
        this.#readCameras(cameras);
      },
      cameras: ({ cameras }) => this.#readCameras(cameras),
    });
    teleop.on('command', (command) => {
      const velocity = velocityOf(command);
      if (velocity) this.#history.add(performance.now(), velocity);
      this.#redraw();
    });
    viewerStats.on('measured', (measured) => {
      const { delay_ms: delay = null, command_ms: command = null } = measured?.row ?? {};
      this.#delayMs = delay === null ? null : delay + (command ?? 0);
      this.#redraw();
    });
    for (const source of [teleop, settings, picture]) {
      source.addEventListener('change', () => this.#redraw());
    }
    video.addEventListener('resize', () => this.#redraw());
    addEventListener('resize', () => this.#redraw());
  }

  /** @param {any} cameras */
  #readCameras(cameras) {
    this.#mounts.clear();
    for (const { name, mount } of Array.isArray(cameras) ? cameras.filter(Boolean) : []) {
      const known = readMount(mount);
      if (known) this.#mounts.set(String(name), known);
    }
    this.#redraw();
  }

  /** Draw anew with the next frame of the browser. */
  #redraw() {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#draw();
    });
  }

  /** The camera of the picture on the screen, if its place is known and the person drives. */
  get #mount() {
    const { teleop, settings, picture } = this.#parts;
    const driver = teleop.activeDriver;
    const drives = !!driver?.armed && driver.epoch != null;
    return settings.get('path') && drives && picture.own && picture.shown && picture.fresh
      ? this.#mounts.get(picture.camera ?? '') : undefined;
  }

  #draw() {
    const { video } = this.#parts;
    const time = performance.now();
    const mount = this.#mount;
    const velocity = mount && video.videoWidth ? this.#history.newest(time) : null;
    this.#canvas.hidden = !mount || !velocity;
    if (!mount || !velocity) return;
    const now = this.#delayMs === null ? null : this.#history.motion(time, this.#delayMs);
    const camera = new GroundCamera(mount, video.videoWidth, video.videoHeight);
    const drawing = drawPath(camera, velocity, this.#footprint, now);
    this.#paint(drawing);
  }

  /** @param {Drawing} drawing */
  #paint({ area, lines, ghost }) {
    const { video } = this.#parts;
    // The canvas is laid out as the video is: what is shown of both has the same place.
    const shown = Math.min(video.offsetWidth / video.videoWidth,
      video.offsetHeight / video.videoHeight) || 1;
    const scale = Math.max(1, Math.min(MAX_SCALE, Math.ceil(shown * devicePixelRatio)));
    const [width, height] = [video.videoWidth * scale, video.videoHeight * scale];
    const style = getComputedStyle(this.#canvas);
    const colours = [style.borderTopColor, style.color];
    const round = (/** @type {Point[]} */ points) => points.map(
      (point) => point.map((value) => Math.round(value * scale)));
    const shapes = [round(area), lines.map(round), ghost.map(round)];
    const drawn = JSON.stringify([width, height, shown, colours, shapes]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const canvas = this.#canvas;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const pen = canvas.getContext('2d');
    if (!pen) return;
    pen.resetTransform();
    pen.clearRect(0, 0, width, height);
    pen.scale(scale, scale);
    pen.lineJoin = 'round';
    pen.fillStyle = colours[1];
    pen.globalAlpha = AREA_ALPHA;
    pen.beginPath();
    trace(pen, area);
    pen.fill();
    // Light on dark, or the other way round, so that it is seen on every ground.
    [CASING_PX, LINE_PX].forEach((px, i) => {
      pen.globalAlpha = [CASING_ALPHA, 1][i];
      pen.strokeStyle = colours[i];
      pen.lineWidth = px / shown;
      pen.setLineDash([]);
      pen.beginPath();
      for (const line of lines) trace(pen, line);
      pen.stroke();
      // Another shape besides: it is no part of the path.
      pen.setLineDash([10 / shown, 6 / shown]);
      pen.beginPath();
      for (const line of ghost) trace(pen, line);
      pen.stroke();
    });
  }
}

/** @param {CanvasRenderingContext2D} pen @param {Point[]} points */
function trace(pen, points) {
  points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
}
