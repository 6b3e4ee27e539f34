// @ts-check
/** What a robot tells once, kept for whoever begins to listen later: a session is heard before it is shown. */

/** @typedef {import('./session.js').Message} Message */

/** The newest of each counts; of slots, the newest of each slot. */
const KEPT = new Set(['slot', 'lease', 'stop', 'actions', 'notices']);

/**
 * Each value is told once, so that the older ones are of now, too.
 * @param {Message | undefined} before
 * @param {Message} message `telemetry`
 * @returns {Message}
 */
function joinTelemetry(before, message) {
  const ages = { ...before?.ages };
  for (const name of Object.keys(message.values ?? {})) delete ages[name];
  return { type: 'telemetry', values: { ...before?.values, ...message.values },
    ages: { ...ages, ...message.ages } };
}

export class Said {
  /** @type {Map<string, Message>} */
  #newest = new Map();

  /** @param {Message} message */
  note(message) {
    const { type, slot } = message;
    if (KEPT.has(type)) this.#newest.set(`${type} ${slot}`, message);
    if (type === 'telemetry') {
      this.#newest.set(type, joinTelemetry(this.#newest.get(type), message));
    }
  }

  /** In the order in which the robot first told them. */
  get messages() {
    return [...this.#newest.values()];
  }
}
