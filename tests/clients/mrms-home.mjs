// A home folder of the mrms under test, for one test file: profiles, commands, and a node that serves its ledger.
//
// MRMS_BIN              the mrms to test; without it nothing is tested
// MRMS_REQUIRE_CLIENTS  when set, its absence is a failure rather than skipped

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const mrms = process.env.MRMS_BIN;
if (!mrms && process.env.MRMS_REQUIRE_CLIENTS) assert.fail("MRMS_BIN is required");
export const skip = mrms ? false : "MRMS_BIN is not there";

export class MrmsHome {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "mrms-rpc-"));
    writeFileSync(join(this.folder, "passphrase"), "a passphrase for tests\n", { mode: 0o600 });
    this.environment = {
      ...process.env,
      MRMS_HOME: join(this.folder, "home"),
      MRMS_PASSPHRASE_FILE: join(this.folder, "passphrase"),
      MRMS_WORK_FACTOR: "10",
    };
  }

  // Runs a command to its end, and gives back the object that it printed.
  run(...args) {
    const done = spawnSync(mrms, ["--json", ...args], { encoding: "utf8", env: this.environment });
    assert.equal(done.status, 0, done.stderr + done.stdout);
    return JSON.parse(done.stdout);
  }

  // Makes a profile of words that are known.
  init({ name, words, address }) {
    const file = join(this.folder, `${name}.words`);
    writeFileSync(file, `${words}\n`, { mode: 0o600 });
    assert.equal(this.run("--profile", name, "init", "--words-file", file).principal, address);
  }

  // Starts the node and waits for the address that it prints.
  async start(...args) {
    const line = ["--json", "node", "run", "--listen", "127.0.0.1:0", "--log", "json", ...args];
    const child = spawn(mrms, line, { env: this.environment, stdio: ["ignore", "pipe", "pipe"] });
    const log = [];
    child.stderr.on("data", (data) => log.push(data));
    const first = await new Promise((resolve, reject) => {
      let text = "";
      child.stdout.on("data", (data) => {
        text += data;
        if (text.includes("\n")) resolve(text);
      });
      child.once("exit", (code) => reject(new Error(`node ended with ${code}: ${log.join("")}`)));
    });
    return { child, log, ...JSON.parse(first) };
  }

  async stop({ child }) {
    const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
    child.kill("SIGTERM");
    return ended;
  }

  remove() {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
