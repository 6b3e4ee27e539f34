/**
 * Firefox for the tests: node firefox.mjs EXECUTABLE PROFILE. It takes one command per line on
 * stdin and answers each with one line on stdout, `{"value"}` or `{"error"}`:
 *
 * {"do": "open", "url"}, {"do": "evaluate", "code"}, {"do": "look", "code"} (the same, but null if
 * it does not answer), {"do": "down" | "up", "key"}, {"do": "click", "selector"},
 * {"do": "preload", "code"} (to run before whatever is loaded from now on), {"do": "errors"}
 * (console errors and page errors so far), {"do": "asked"} (the kinds of what the browser has asked
 * so far, each of which was answered with yes), {"do": "fresh"} (a new page that shares nothing with the
 * one before, which ends). The end of stdin closes Firefox. What is saved goes to the profile's
 * folder `saved`.
 *
 * Of WebDriver BiDi's clients this one needs nothing but a Firefox as distributions ship it.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

// By `require`, since `import` does not look where NODE_PATH says.
const puppeteer = createRequire(import.meta.url)('puppeteer-core');
const [executablePath, userDataDir] = process.argv.slice(2);

const browser = await puppeteer.launch({
  browser: 'firefox',
  executablePath,
  userDataDir,
  headless: true,
  extraPrefsFirefox: {
    'media.autoplay.default': 0,
    // No downloads: neither codecs nor lists.
    'media.gmp-manager.updateEnabled': false,
    'media.gmp-gmpopenh264.enabled': false,
    // It would take the focus.
    'browser.download.alwaysOpenPanel': false,
    'browser.download.folderList': 2,
    'browser.download.dir': join(userDataDir, 'saved'),
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
    // Repaints a second; it takes more of the processors' time with more of them.
    'layout.frame_rate': 20,
  },
});
const errors = [];
const asked = [];
let page;
// Until nothing is expected any more of a look, which takes a second on an idle host, ms.
const LOOK_TIMEOUT_MS = 5000;

async function show(context) {
  page = await context.newPage();
  await page.setViewport({ width: 1024, height: 640 });
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('dialog', (dialog) => {
    asked.push(dialog.type());
    dialog.accept();
  });
  page.on('pageerror', (error) => errors.push(String(error)));
}

async function fresh() {
  const before = page;
  await show(await browser.createBrowserContext());
  const context = before.browserContext();
  // The first one cannot be closed.
  await (context === browser.defaultBrowserContext() ? before : context).close();
  errors.length = asked.length = 0;
}

async function look(code) {
  let timer;
  // A document that was left may never answer.
  const late = new Promise((resolve) => { timer = setTimeout(resolve, LOOK_TIMEOUT_MS, null); });
  try {
    return await Promise.race([page.evaluate(code), late]);
  } finally {
    clearTimeout(timer);
  }
}
await show(browser);

const commands = {
  open: ({ url }) => page.goto(url).then(() => null),
  evaluate: ({ code }) => page.evaluate(code),
  look: ({ code }) => look(code),
  down: ({ key }) => page.keyboard.down(key),
  up: ({ key }) => page.keyboard.up(key),
  click: ({ selector }) => page.click(selector),
  preload: ({ code }) => page.evaluateOnNewDocument(code).then(() => null),
  errors: () => errors,
  asked: () => asked,
  fresh: () => fresh(),
};

console.log(JSON.stringify({ value: await browser.version() }));
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  let answer;
  try {
    answer = { value: await commands[command.do](command) ?? null };
  } catch (error) {
    answer = { error: String(error) };
  }
  console.log(JSON.stringify(answer));
}
await browser.close();
process.exit(0);
