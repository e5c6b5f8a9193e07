// The whole program in a browser, on a machine where there is nothing yet: `mrms up --portal`. Then backups, the lock, and
// the state of what it works with.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";

import { PASSPHRASE, Town, fine, launch, mrms, skip, watched } from "./town.mjs";

describe("the whole program in a browser", { skip, concurrency: false }, () => {
  let town, browser, page, told, words, file;
  const at = (path) => `${town.url}${path}`;

  before(async () => {
    town = new Town();
    const line = ["--json", "up", "--portal", "--portal-listen", "127.0.0.1:0", "--node-listen", "127.0.0.1:0", "--vault-listen", "127.0.0.1:0"];
    town.served = spawn(mrms, line, { env: town.env, cwd: town.folder, stdio: ["ignore", "pipe", "inherit"] });
    told = createInterface({ input: town.served.stdout })[Symbol.asyncIterator]();
    Object.assign(town, JSON.parse((await told.next()).value));
    browser = await launch();
    page = await watched(await browser.newContext({ locale: "en-GB" }), town.url);
  });
  after(async () => {
    await browser?.close();
    await town?.end();
  });

  it("makes a profile in the pages, and then serves node and vault", async () => {
    assert.equal(existsSync(join(town.home, "ledger")), false, "there is nothing yet");
    await page.goto(town.link);
    await page.waitForURL(at("/welcome"));
    await page.fill("#passphrase", PASSPHRASE);
    await page.fill("#again", PASSPHRASE);
    await page.click("main button[type=submit]");
    await page.waitForURL(at("/words"));
    words = (await page.locator("ol.words li").allTextContents()).join(" ");
    const served = JSON.parse((await told.next()).value);
    assert.match(served.node.url, /^http:\/\/127/);
    assert.match(served.vault.url, /^http:\/\/127/);
    await page.goto(at("/records/add"));
    await page.setInputFiles("#files", town.file("first.txt", "the first one"));
    await page.click("form#add button");
    await page.waitForSelector("#add-progress a");
    await page.click("#add-progress a");
    assert.equal(await page.textContent("pre.text"), "the first one");
    assert.equal(town.run("default", "list").length, 1, "commands see the same");
  });

  it("says on Home that there is no backup, makes one that the words open, and checks it", async () => {
    await page.goto(at("/"));
    assert.match(await page.textContent(".attention"), /never made a backup.*write down your 24 words/s);
    await fine(page);
    await page.goto(at("/settings"));
    await fine(page);
    assert.match(await page.textContent("ul.checks"), /The log.*fine.*The vault.*fine.*clock.*fine/s);
    assert.match(await page.textContent("#backup-made"), /never/);
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Make a backup")]);
    await page.waitForFunction(() => !/never/.test(document.getElementById("backup-made").textContent));
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    await download.delete();
    const backup = Buffer.concat(chunks);
    file = town.file("copy.age", backup);
    assert.equal(town.run("default", "backup", file, "--verify")[0].intact, true);
    await page.goto(at("/"));
    assert.equal(/backup/.test(await page.textContent("main")), false);
    await page.goto(at("/settings"));
    await page.setInputFiles("#backup", town.file("broken.age", backup.subarray(0, backup.length - 100)));
    await page.click("button:has-text('Check it')");
    assert.match(await page.textContent("[role=alert]"), /damaged/);
    page.faults.length = 0;
    await page.goto(at("/settings"));
    await page.setInputFiles("#backup", file);
    await page.click("button:has-text('Check it')");
    assert.match(await page.textContent("[role=status]"), /read to its last byte/);
  });

  it("brings everything back from it, where nobody has a profile", async () => {
    const other = await new Town().start();
    const at = (path) => `${other.url}${path}`;
    const page = await watched(await browser.newContext({ locale: "en-GB" }), other.url);
    try {
      await page.goto(other.link);
      await page.waitForURL(at("/welcome"));
      await page.click("a[href='/recover']");
      assert.equal(await page.locator("#given").isVisible(), false, "words that are typed first shut the backup out");
      await page.click("a[href='/recover/backup']");
      await fine(page);
      await page.fill("#given", "a passphrase of another backup");
      await page.setInputFiles("#backup", file);
      await page.click("main button[type=submit]");
      assert.match(await page.textContent("[role=alert]"), /does not open with that. Nothing was changed/);
      page.faults.length = 0;
      await page.fill("#given", words);
      await page.setInputFiles("#backup", file);
      await page.click("main button[type=submit]");
      assert.match(await page.textContent("[role=status]"), /Everything is back/);
      await fine(page);
      await page.click("a:text('Go on')");
      await page.fill("#passphrase", PASSPHRASE);
      await page.click("main button[type=submit]");
      await page.waitForURL(at("/"));
      await page.goto(at("/records"));
      await page.click("ul.rows a:has-text('first.txt')");
      assert.equal(await page.textContent("pre.text"), "the first one");
      assert.match(other.another(), /#k=/, "the portal that runs is still found");
      await page.goto(at("/recover/backup"));
      assert.match(await page.textContent("main"), /already.*nothing is overwritten/s);
    } finally {
      await page.context().close();
      await other.end();
    }
  });

  it("locks after the time that was chosen for this visit", async () => {
    await page.goto(at("/settings"));
    await page.selectOption("#minutes", "5");
    await page.click("text=Use this time");
    assert.match(await page.textContent("[role=status]"), /locked after that time/);
    assert.equal(await page.inputValue("#minutes"), "5");
    assert.equal(await page.getAttribute("#idle", "data-seconds"), "300");
  });
});
