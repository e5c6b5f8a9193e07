// Links on the pages: made with a preview, shown with a code, opened by somebody, seen in the log, paused, armed again and
// destroyed; in three languages, and fine for axe.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, describe, it } from "node:test";
import { createInterface } from "node:readline";

import { PASSPHRASE, Town, fine, launch, mrms, skip, watched } from "./town.mjs";

describe("links on the pages", { skip, concurrency: false }, () => {
  let town, browser, context, page, host;
  const at = (path) => `${town.url}${path}`;

  async function asked(url, passcode) {
    const body = JSON.stringify({ recipient: "Clinic <b>Nord</b>", passcode });
    return fetch(url, { method: "POST", body });
  }
  const addressOf = (text) => JSON.parse(Buffer.from(text.split("shlink:/")[1], "base64url")).url;

  before(async () => {
    town = new Town();
    town.run(undefined, "init");
    town.file("blood.txt", "Potassium 4.1 mmol/l\n");
    town.run(undefined, "create", "blood.txt", "--label", "Blood test");
    await town.start();
    browser = await launch();
    context = await browser.newContext({ locale: "en-GB" });
    page = await watched(context, town.url);
    await page.goto(town.link);
    await page.waitForURL(at("/unlock"));
    await page.fill("#passphrase", PASSPHRASE);
    await page.click("main button[type=submit]");
    await page.waitForURL(at("/"));
  });
  after(async () => {
    await browser?.close();
    host?.kill("SIGTERM");
    await town?.end();
  });

  const record = async () => {
    await page.goto(at("/records"));
    await page.click("ul.rows a");
  };

  it("say when nobody answers for links", async () => {
    await page.goto(at("/links"));
    assert.match(await page.textContent("main"), /You have made no links yet/);
    await record();
    await page.click("text=Make a link");
    assert.match(await page.textContent("p.wrong"), /Nobody answers for links/);
    await fine(page);
  });

  it("are made with what they give, and shown with code and passcode", async () => {
    host = spawn(mrms, ["--json", "link", "serve", "--listen", "127.0.0.1:0", "--log-level", "warn"], {
      env: town.env,
      cwd: town.folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => createInterface({ input: host.stdout }).once("line", resolve));
    await record();
    await page.click("text=Make a link");
    assert.match(await page.textContent("main"), /They will see exactly this:\s*Blood test, Version 1/);
    await page.click("label[for=share-day]");
    await page.fill("#uses", "5");
    await page.fill("#label", "For the <i>school</i>");
    await fine(page);
    await page.click("main form.card button[type=submit]");
    await page.waitForURL(/\/links\/1$/);
    assert.equal(await page.textContent("h1"), "For the <i>school</i>");
    assert.match(await page.textContent("main"), /\d+ hours left.*Passcode: \d{8}.*Used 0 times/s);
    assert.ok(await page.locator(".code svg path").count() > 0);
    await fine(page);
  });

  it("tell who used them, and what nobody checks", async () => {
    const url = addressOf(await page.inputValue("#text"));
    const [, passcode] = (await page.textContent("main")).match(/Passcode: (\d{8})/);
    assert.equal((await asked(url, "0")).status, 401);
    assert.equal((await asked(url, passcode)).status, 200);
    await page.reload();
    const used = await page.textContent("section[aria-labelledby=used]");
    assert.match(used, /Used once.*9 more wrong.*Opened by somebody said to be “Clinic <b>Nord<\/b>”.*Wrong passcode from/s);
    await fine(page);
    await page.goto(at("/who"));
    assert.match(await page.textContent(".looks"), /link 1 opened “Blood test”/);
  });

  it("are paused, armed again and destroyed", async () => {
    await page.goto(at("/links/1"));
    const url = addressOf(await page.inputValue("#text"));
    const [, passcode] = (await page.textContent("main")).match(/Passcode: (\d{8})/);
    await page.click("button.stop");
    assert.match(await page.textContent("main"), /It is paused and opens nothing/);
    assert.equal((await asked(url, passcode)).status, 404);
    await fine(page);
    await page.click("label[for=share-hour]");
    await page.click("main form.card button[type=submit]");
    await page.waitForURL(/\/links\/1$/);
    assert.equal((await asked(url, passcode)).status, 200);
    await page.reload();
    await page.click("summary:text('Destroy it')");
    await fine(page);
    await page.click("button.danger");
    await page.waitForURL(/\/links\/1$/);
    assert.match(await page.textContent("main"), /It is destroyed/);
    assert.equal(await page.locator("#text").count(), 0);
    assert.equal((await asked(url, passcode)).status, 404);
    await fine(page);
  });

  it("speak German and Spanish", async () => {
    for (const [language, words] of [["de", /Ihre Links/], ["es", /Sus enlaces/]]) {
      await page.selectOption("#language", language);
      await page.click("footer button");
      await page.goto(at("/links"));
      assert.match(await page.textContent("h1"), words);
      await fine(page);
    }
  });
});
