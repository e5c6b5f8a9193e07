// A home with two people in it, its portal, and browsers that watch for what must not happen.
//
// MRMS_BIN              the mrms to test; without it nothing is tested
// MRMS_CHROMIUM         the browser; /usr/bin/chromium without it
// MRMS_REQUIRE_CLIENTS  when set, whatever is missing is a failure rather than skipped

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { chromium } from "playwright-core";

export const mrms = process.env.MRMS_BIN;
export const browserPath = process.env.MRMS_CHROMIUM ?? "/usr/bin/chromium";
const required = Boolean(process.env.MRMS_REQUIRE_CLIENTS);
const absent = (present, what) =>
  present ? false : required ? assert.fail(`${what} is required`) : `${what} is not there`;
export const skip = absent(mrms, "MRMS_BIN") || absent(existsSync(browserPath), "chromium");

export const PASSPHRASE = "vier Ziegen lesen langsam Zeitung";
const axeSource = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** A folder with a home, and the portal of that home once it is started. */
export class Town {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "mrms-portal-"));
    this.home = join(this.folder, "home");
    this.secret = join(this.folder, "passphrase");
    writeFileSync(this.secret, `${PASSPHRASE}\n`);
    this.env = { PATH: process.env.PATH, MRMS_HOME: this.home, MRMS_PASSPHRASE_FILE: this.secret, MRMS_WORK_FACTOR: "12", TZ: "UTC" };
  }

  file(name, bytes) {
    const path = join(this.folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  /** Runs a command of a profile. Returns what it printed, one object for each line. */
  run(profile, ...line) {
    const all = profile ? ["--profile", profile, "--json", ...line] : ["--json", ...line];
    const out = execFileSync(mrms, all, { env: this.env, cwd: this.folder, encoding: "utf8" });
    return out.split("\n").filter(Boolean).map((one) => JSON.parse(one));
  }

  /** Starts the portal. Returns its address and the first link. */
  async start(listen = "127.0.0.1:0") {
    this.portal = spawn(mrms, ["--json", "portal", "--listen", listen, "--log-level", "debug"], {
      env: this.env,
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.log = "";
    this.portal.stderr.on("data", (text) => (this.log += text));
    const [first] = await new Promise((resolve, reject) => {
      const lines = createInterface({ input: this.portal.stdout });
      lines.once("line", (line) => resolve([line]));
      this.portal.once("exit", (code) => reject(new Error(`the portal ended with ${code}: ${this.log}`)));
    });
    Object.assign(this, JSON.parse(first));
    return this;
  }

  /** Starts the portal anew, at the same address. */
  async again() {
    const ended = new Promise((resolve) => this.portal.once("exit", resolve));
    this.portal.kill("SIGTERM");
    await ended;
    return this.start(new URL(this.url).host);
  }

  /** Serves the home's ledger and vault, and its sponsor where there is one, for others to join. Returns where. */
  async up() {
    this.served = spawn(mrms, ["--json", "up", "--node-listen", "127.0.0.1:0", "--vault-listen", "127.0.0.1:0"], {
      env: this.env,
      cwd: this.folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let log = "";
    this.served.stderr.on("data", (text) => (log += text));
    const told = await new Promise((resolve, reject) => {
      createInterface({ input: this.served.stdout }).once("line", resolve);
      this.served.once("exit", (code) => reject(new Error(`mrms up ended with ${code}: ${log}`)));
    });
    return JSON.parse(told);
  }

  /** Another link, as `mrms portal link` prints it. */
  another() {
    return this.run(undefined, "portal", "link")[0].link;
  }

  async end() {
    for (const process of [this.portal, this.served]) {
      if (process?.exitCode !== null) continue;
      const ended = new Promise((resolve) => process.once("exit", resolve));
      process.kill("SIGTERM");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The host of a home's links, and its address. Its log is kept. */
export async function hostOf(town, ...line) {
  const host = spawn(mrms, ["--json", "link", "serve", "--listen", "127.0.0.1:0", "--log-level", "debug", ...line], {
    env: town.env,
    cwd: town.folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  host.log = "";
  host.stderr.on("data", (text) => (host.log += text));
  const told = await new Promise((resolve) => createInterface({ input: host.stdout }).once("line", resolve));
  return [host, JSON.parse(told).url];
}

export const launch = () =>
  chromium.launch({ executablePath: browserPath, args: ["--no-sandbox", "--disable-gpu"] });

/** A browser with a folder of its own, in which it may keep what it likes. */
export const launchIn = (folder) =>
  chromium.launchPersistentContext(folder, {
    executablePath: browserPath,
    args: ["--no-sandbox", "--disable-gpu"],
    locale: "en-GB",
  });

/** All files below these folders that have one of these texts, in UTF-8 or UTF-16. */
export function filesWith(folders, texts) {
  const wanted = texts.flatMap((text) => [Buffer.from(text, "utf8"), Buffer.from(text, "utf16le")]);
  const found = [];
  const look = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) look(path);
      else if (entry.isFile()) {
        const bytes = readFileSync(path);
        if (wanted.some((text) => bytes.includes(text))) found.push(path);
      }
    }
  };
  folders.forEach(look);
  return found;
}

/** A page that keeps what must not happen: errors, reports of its policy, requests to elsewhere. */
export async function watched(context, address) {
  const page = await context.newPage();
  // A page that comes again by itself may do so at the very moment at which another one is asked for.
  const go = page.goto.bind(page);
  page.goto = (...asked) =>
    go(...asked).catch((error) => (/ERR_ABORTED|interrupted by another navigation/.test(error.message) ? go(...asked) : Promise.reject(error)));
  // What is counted after a click is the page that the click leads to, all of it.
  const click = page.click.bind(page);
  page.click = async (...asked) => {
    await click(...asked);
    await page.waitForLoadState();
  };
  // A machine that does much else answers late, and that is no fault of a page.
  page.setDefaultTimeout(120_000);
  page.faults = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.faults.push(message.text());
  });
  page.on("pageerror", (error) => page.faults.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(address) && !url.startsWith("data:") && !url.startsWith("blob:")) {
      page.faults.push(`asked ${url}`);
    }
  });
  return page;
}

/** Somebody's pages, unlocked in a browser of their own. `options` are those of the browser. */
export const enter = async (browser, town, profile, options = {}) => {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await watched(context, town.url);
  await page.goto(town.another());
  if (options.javaScriptEnabled === false) {
    await page.fill("#code", new URL(town.another()).hash.replace("#k=", ""));
    await page.click("main button[type=submit]");
  }
  await page.waitForURL(`${town.url}/unlock`);
  if (await page.locator("#profile").count()) await page.selectOption("#profile", profile);
  await page.fill("#passphrase", PASSPHRASE);
  await page.click("main button[type=submit]");
  await page.waitForURL(`${town.url}/`);
  page.token = await page.getAttribute("input[name=token]", "value");
  return page;
};

/** Sends a form as a page that was open before would. */
export const send = async (page, path, form = {}) => {
  const answer = await page.evaluate(
    async ([path, form]) => {
      const answer = await fetch(path, { method: "POST", body: new URLSearchParams(form) });
      return { status: answer.status, text: await answer.text() };
    },
    [path, { token: page.token, ...form }],
  );
  // The browser says in its console that an answer was a refusal.
  page.faults.length = 0;
  return answer;
};

/** A page as it is now: no fault, nothing for axe in light, dark and on a small screen, and nothing that is too wide. */
export async function fine(page) {
  for (let again = 0; ; again += 1) {
    try {
      return await isFineNow(page);
    } catch (error) {
      // A page that waits for the vaults comes again by itself, a few times; then it is looked at anew.
      if (again === 10 || !/context|navigat|detached/i.test(error.message) || error.code === "ERR_ASSERTION") throw error;
      await page.waitForLoadState();
    }
  }
}

async function isFineNow(page) {
  for (const [scheme, width] of [["light", 1280], ["dark", 1280], ["light", 320]]) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height: 800 });
    assert.deepEqual(await axe(page), [], `${page.url()} ${scheme} ${width}`);
    const overflows = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.equal(overflows, false, `${page.url()} is wider than ${width}`);
  }
  assert.deepEqual(page.faults, []);
}

/** What axe finds on the page as it is now. */
export async function axe(page) {
  const session = await page.context().newCDPSession(page);
  // The page's own policy lets no script in; this one is the test's, in a world of its own.
  const source = (await import("node:fs")).readFileSync(axeSource, "utf8");
  const { frameTree } = await session.send("Page.getFrameTree");
  const { executionContextId } = await session.send("Page.createIsolatedWorld", {
    frameId: frameTree.frame.id,
    worldName: "axe",
  });
  const evaluate = async (expression) => {
    const options = { contextId: executionContextId, expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await session.send("Runtime.evaluate", options);
    assert.equal(exceptionDetails, undefined, JSON.stringify(exceptionDetails));
    return result.value;
  };
  await evaluate(`${source}\n;0`);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await evaluate(
    `axe.run(document, { runOnly: ${JSON.stringify(tags)}, iframes: false }).then((done) => JSON.stringify(
      done.violations.map((one) => [one.id, one.nodes.map((node) => node.html + node.failureSummary)])))`,
  );
  await session.detach();
  return JSON.parse(found);
}
