// @ts-check
// Copyright 2026 The rtc_bridge authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The JavaScript API of rtc_bridge: a page of one's own connects to a robot, shows its cameras and
 * drives it. Import it from a copy of this folder: relay and robot serve it as
 * `/static/client/index.js`, to pages of their own origin only. It needs no element of a page;
 * docs/protocol.md has what it sends.
 *
 *     import { RobotConnection, readInvite, signalingUrl, openService, Teleop, COMMAND_PERIOD_MS }
 *       from './client/index.js';
 *
 *     const robot = new RobotConnection({
 *       url: signalingUrl(new URL('https://relay.example.org/my-robot')),
 *       invite: readInvite(location.hash),
 *     });
 *     robot.on('session', () => {
 *       video.srcObject = robot.session?.trustedStreams[0] ?? null;
 *     });
 *     robot.handle({ hello: () => { video.srcObject = robot.session.trustedStreams[0]; } });
 *
 *     const teleop = new Teleop(robot);
 *     driveButton.onclick = () => teleop.driver?.ask();
 *     stopButton.onclick = () => teleop.stop();
 *     setInterval(() => {
 *       teleop.updatePendingStop();
 *       teleop.step({ x: forward, y: 0, turn: left });
 *     }, COMMAND_PERIOD_MS);
 *
 *     // A program on the robot, named by its parameter services.names:
 *     robot.handle({ hello: () => {
 *       const arm = openService(robot.session, 'arm');
 *       arm.on('message', (text) => console.log(text));
 *       arm.send('home');
 *     } });
 *     robot.start();
 */

import { provideHttpSignaling } from './signaling/http_signaling.js';
import { signalOverHttp } from './signaling/signaling_polls.js';

provideHttpSignaling(signalOverHttp);

export { COMMAND_PERIOD_MS, Driver } from './driving/driver.js';
export { FATAL_CODES } from './messages.js';
export { combine, NEUTRAL } from './driving/motion.js';
export { isWebRtcSupported } from './session/peer_connection.js';
export { readInvite } from './session/proof.js';
export { RobotConnection } from './robot_connection.js';
export { openService, ServiceStream } from './service_stream.js';
export { signalingUrl } from './signaling/signaling_socket.js';
export { Teleop } from './driving/teleop.js';
export { ViewerStats } from './measurements/viewer_stats.js';
