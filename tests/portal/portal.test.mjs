// The portal in a browser that we did not write: a person's first steps, sharing and stopping, every page through axe,
// and what an attacker in a browser tries.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { request as rawRequest } from "node:http";

import { PASSPHRASE, Town, fine, launch, skip, watched } from "./town.mjs";

const NOTE = "Haemoglobin 13.2 g/dl MARKER-plaintext\n<script>alert(1)</script>\n";
// A picture of one pixel.
const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

describe("portal", { skip, concurrency: false }, () => {
  let town, browser, context, page;
  const at = (path) => `${town.url}${path}`;

  before(async () => {
    town = await new Town().start();
    browser = await launch();
    context = await browser.newContext({ locale: "en-GB" });
    page = await watched(context, town.url);
  });
  after(async () => {
    await browser?.close();
    await town?.end();
  });

  const isFine = (on = page) => fine(on);

  it("lets nobody in without a link", async () => {
    await page.goto(at("/records"));
    assert.equal(page.url(), at("/enter"));
    await isFine();
    await page.fill("#code", "WRONG");
    await page.click("main button");
    assert.match(await page.textContent("[role=alert]"), /not right/);
    // The browser says in its console that the answer was a refusal.
    page.faults.length = 0;
  });

  it("leads a new person from the link to their first record", async () => {
    await page.goto(town.link);
    await page.waitForURL(at("/welcome"));
    assert.match(await page.textContent("main"), /keeps your medical records on this computer, encrypted.*You share a record.*you see who looked.*Choose a passphrase/s, "what it is, before anything is asked");
    assert.equal(page.url().includes("k="), false, "the secret is out of the address");
    await isFine();
    await page.fill("#passphrase", PASSPHRASE);
    await page.fill("#again", PASSPHRASE);
    await page.click("main button");
    await page.waitForURL(at("/words"));
    await isFine();
    const words = await page.locator("ol.words li").allTextContents();
    assert.equal(words.length, 24);
    await page.click("text=I have written them down");
    await isFine();
    await page.click("a.button:text('Show the words again')");
    await page.waitForURL(at("/words"));
    assert.deepEqual(await page.locator("ol.words li").allTextContents(), words, "they can be read again");
    await page.goBack();
    await page.goBack();
    await page.goBack();
    assert.equal(page.url(), at("/words"), "the first page leads to them, too");
    await page.reload();
    assert.deepEqual(await page.locator("ol.words li").allTextContents(), words, "nothing is made twice");
    await page.click("text=I have written them down");
    const labels = await page.locator("main label").allTextContents();
    const numbers = labels.map((label) => Number(label.match(/\d+/)[0]));
    assert.equal(numbers.length, 3);
    for (const number of numbers) await page.fill(`#word-${number}`, words[number - 1]);
    await page.click("main button");
    await page.waitForURL(at("/"));
    assert.match(await page.textContent("h1"), /You have no records yet/);
    await isFine();
  });

  it("adds files and shows them", async () => {
    await page.goto(at("/records/add"));
    await isFine();
    const files = [town.file("blood.txt", NOTE), town.file("hand.png", PIXEL), town.file("big.bin", Buffer.alloc(3e6))];
    await page.setInputFiles("#files", files);
    await page.click("main button");
    await page.waitForFunction(() => document.querySelectorAll("#add-progress a").length === 3, null, { timeout: 60_000 });
    await page.goto(at("/records"));
    assert.equal(await page.locator("ul.rows li").count(), 3);
    await isFine();
    // Words in any order, of name, kind and date alike.
    await page.goto(at(`/records?q=${new Date().getUTCFullYear()} blood`));
    assert.equal(await page.locator("ul.rows li").count(), 1);
    await page.click("nav.chips a:text('date of the document'), form.search a");
    await page.goto(at("/records?q=BLOOD"));
    assert.equal(await page.locator("ul.rows li").count(), 1);
    await page.click("ul.rows a");
    assert.equal(await page.textContent("pre.text"), NOTE);
    await isFine();
    await page.goto(at("/records?q=hand"));
    await page.click("ul.rows a");
    const picture = page.frameLocator("iframe.picture").locator("img");
    await picture.waitFor();
    assert.equal(await picture.evaluate((image) => image.naturalWidth), 1);
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Download the file")]);
    assert.equal(download.suggestedFilename(), "hand.png");
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    assert.deepEqual(Buffer.concat(chunks), PIXEL);
    await download.delete();
    page.faults.length = 0; // axe's world and the sandboxed frame share no console; the frame's blocked scripts are told
  });

  it("shares with somebody new after their signs were compared, and stops", async () => {
    town.run("clinic", "init");
    const clinic = town.run("clinic", "key", "show")[0].principal;
    await page.goto(at("/records?q=blood"));
    await page.click("ul.rows a");
    const record = page.url();
    await page.click("a.button:text('Share')");
    await isFine();
    await page.click("main button");
    assert.match(await page.textContent("[role=alert]"), /Choose with whom/);
    page.faults.length = 0;
    await page.fill("#other", clinic);
    await page.click("label[for=share-week]");
    assert.match(await page.textContent("main"), /They will not learn your name/);
    await page.fill("#own", "Ana Muster");
    await page.click("main button");
    assert.match(await page.textContent("h1"), /Is this the right person/);
    assert.ok((await page.textContent(".fingerprint")).length > 10);
    await isFine();
    await page.click("main button");
    await page.waitForURL(/done=shared/);
    assert.match(await page.textContent(".readers"), /7 days left.*until \w+day/s);
    await isFine();

    // Once more for an hour would end it sooner: that is asked, and nothing is done before.
    await page.click(".readers a:text('Extend')");
    assert.match(await page.textContent("h1"), /^Extend the access of /);
    assert.match(await page.textContent("form.card"), /Until now it ends on \w+day/);
    assert.equal(await page.textContent("form.card button[type=submit]"), "Extend");
    assert.match(await page.textContent("div.notice"), /already has access to this.*blood.txt.*until \w+day/s);
    assert.equal(await page.inputValue("#other"), clinic, "it is about them, who are none of her people yet");
    await page.click("label[for=share-hour]");
    await page.click("main form.card button[type=submit]");
    assert.match(await page.textContent("div.wrong[role=alert]"), /lasts longer than this.*blood.txt.*until \w+day.*ends sooner/s);
    await isFine();
    await page.goto(record);
    assert.match(await page.textContent(".readers"), /7 days left/, "nothing was done yet");
    await page.click(".readers a:text('Extend')");
    await page.click("label[for=share-month]");
    await page.click("main form.card button[type=submit]");
    await page.waitForURL(/done=shared/);
    assert.match(await page.textContent(".readers"), /30 days left/, "what is longer needs no question");
    await page.click(".readers a:text('Extend')");
    await page.click("label[for=share-week]");
    await page.click("main form.card button[type=submit]");
    await page.click("main form.card button[type=submit]");
    await page.waitForURL(/done=shared/);
    assert.match(await page.textContent(".readers"), /7 days left/, "as it was meant");

    assert.equal(await page.textContent("header .who"), "Ana Muster", "and not the name of a profile");
    const id = new URL(record).pathname.split("/").pop();
    const shared = town.run("clinic", "list", "--shared-with-me")[0];
    assert.equal(shared.patient_calls_themselves, "Ana Muster");
    const opened = town.run("clinic", "access", id, "-o", "copy.txt")[0];
    assert.equal(opened.bytes, Buffer.byteLength(NOTE));
    await page.goto(record);
    assert.match(await page.textContent(".looks"), /not among your people/);
    await page.goto(at("/who"));
    assert.match(await page.textContent(".looks"), /opened “blood.txt”/);
    await isFine();

    await page.goto(record);
    const late = await context.newPage();
    await late.goto(record);
    await page.click(".readers button.stop");
    await page.waitForURL(/done=stopped/);
    // The button of a page that was open before finds that it is done.
    await late.click(".readers button.stop");
    await late.waitForURL(/done=stopped-before/);
    assert.match(await late.textContent("p.notice"), /had ended before/);
    await late.close();
    const stopped = await page.textContent("div[role=status]");
    assert.match(stopped, /can't open this any more.*opened it once.*may keep.*from now on are closed/s);
    await isFine();
    assert.throws(() => town.run("clinic", "access", id, "-o", "again.txt"));
    await page.goto(at("/who"));
    assert.match(await page.textContent(".looks .refused, .looks"), /was refused/);
    assert.match(await page.textContent("p[role=status]"), /Opened: 1 · Refused: 1/);
    await page.goto(at("/"));
    assert.match(await page.textContent("h1"), /opened one of them this week/);
    assert.match(await page.textContent(".attention"), /1 attempt to open a record of yours was refused/);
    await isFine();
  });

  it("takes no content twice, and calls files as the person or the document says", async () => {
    const lab = JSON.stringify({
      resourceType: "Observation",
      code: { text: "Ferritin" },
      effectiveDateTime: "2026-05-04",
      valueQuantity: { value: 31, unit: "ug/L" },
    });
    await page.goto(at("/records/add"));
    const files = [town.file("again.txt", NOTE), town.file("lab.json", lab), town.file("note.txt", "my own words")];
    await page.setInputFiles("#files", files);
    assert.equal(await page.locator("#add-names input[aria-describedby=called-hint]").count(), 3);
    await isFine();
    await page.fill("#called-2", "What I felt, May");
    await page.click("form#add button");
    await page.waitForFunction(() => document.querySelectorAll("#add-progress a").length === 3, null, { timeout: 60_000 });
    const told = await page.locator("#add-progress li").allTextContents();
    assert.match(told[0], /again.txt: on record already/);
    // The one field is there again, above its hint.
    assert.equal(await page.locator("#add-names input").getAttribute("id"), "called");
    await page.goto(at("/records"));
    const names = await page.locator("ul.rows .name").allTextContents();
    for (const name of ["Ferritin, 2026-05-04", "What I felt, May"]) assert.ok(names.includes(name), names.join());
    assert.equal(names.includes("again.txt"), false);
    assert.match(await page.textContent("ul.rows li:has-text('Ferritin')"), /Health data \(FHIR\)/);
    // The form without script.
    const plain = await browser.newContext({ javaScriptEnabled: false, locale: "de-DE", storageState: await context.storageState() });
    const without = await plain.newPage();
    await without.goto(at("/records/add"));
    await without.setInputFiles("#files", files[0]);
    await without.click("main button");
    assert.match(await without.textContent("[role=status]"), /Diese Datei haben Sie schon/);
    await without.goto(at("/records/add"));
    await without.setInputFiles("#files", town.file("huge.bin", Buffer.alloc(40 * 1024 * 1024)));
    const [answer] = await Promise.all([without.waitForResponse((one) => one.request().method() === "POST"), without.click("main button")]);
    assert.equal(answer.status(), 413);
    assert.match(await without.textContent("[role=alert]"), /höchstens 32 MB/);
    await plain.close();
  });

  it("answers at its edges with a page in the person's language", async () => {
    const german = await browser.newContext({ locale: "de-DE", storageState: await context.storageState() });
    const edge = await german.newPage();
    const unknown = "123456789012345678901234567890";
    for (const path of ["/records/abc", `/records/${unknown}`, `/records/${unknown}/share`, "/people/nobody", "/nothing", `/records/${unknown}/evidence`]) {
      const answer = await edge.goto(at(path));
      assert.equal(answer.status(), 404, path);
      assert.match(await edge.textContent("main"), /gibt es nicht|Diese Seite/, path);
      assert.equal(await edge.getAttribute("html", "lang"), "de", path);
      assert.equal(await edge.locator("nav.main.wide a").count(), 8, `${path} keeps the menu`);
      assert.equal(await edge.locator("form[action='/lock'] button").count(), 1, path);
    }
    await edge.click("nav.main.wide a[href='/records']");
    assert.match(await edge.textContent("h1"), /Meine Akte/);
    await german.close();
    for (const host of [`127.0.0.1:${new URL(town.url).port}.evil`, "localhost:evil.example"]) {
      const status = await new Promise((resolve, reject) => {
        const asked = rawRequest(at("/enter"), { headers: { host } }, (answer) => resolve(answer.resume().statusCode));
        asked.on("error", reject).end();
      });
      assert.equal(status, 400, host);
    }
  });

  it("opens what others share, with an entry for each opening", async () => {
    const patient = town.run("default", "key", "show")[0].principal;
    const made = town.run("clinic", "create", town.file("letter.txt", "from the clinic"))[0];
    town.run("clinic", "grant", made.record_id, patient, "--for", "1d");
    await page.goto(at("/shared"));
    assert.equal(await page.locator("ul.readers li").count(), 1);
    await isFine();
    // Nothing is opened before the person has said what for.
    await page.click("ul.readers button");
    assert.match(await page.textContent("[role=alert]"), /what you open records for/);
    page.faults.length = 0;
    // What is chosen counts, without another button.
    await page.selectOption("#purpose", "PATRQT");
    await page.click("ul.readers button");
    assert.equal(await page.textContent("pre.text"), "from the clinic");
    await isFine();
    const looks = () =>
      town.run("clinic", "audit", made.record_id).filter((line) => line.action.includes("access") && line.actor === patient);
    assert.equal(looks().length, 1);
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Download the file")]);
    await download.delete();
    assert.equal(looks().length, 1, "the page and its file are one opening");
    // Whoever loads the page again looks at what they opened.
    assert.match(await page.textContent("p.notice"), /until \d\d:\d\d/);
    await page.reload();
    assert.equal(await page.textContent("pre.text"), "from the clinic");
    assert.equal(looks().length, 1, "and makes no further entry");
    const answer = await page.goto(at("/opened/over"));
    assert.equal(answer.status(), 410);
    assert.match(await page.textContent("main"), /another entry in the log/);
    page.faults.length = 0;
    await page.click("main a.button");
    await page.waitForURL(at("/shared"));
  });

  it("checks evidence without a profile, and says what does not hold", async () => {
    const id = town.run("default", "list")[0].record_id;
    const lines = town.run("default", "audit", id).map((line) => JSON.stringify(line));
    const trail = town.file("trail.ndjson", `${lines.join("\n")}\n`);
    await page.goto(at("/check"));
    await isFine();
    await page.setInputFiles("#evidence", trail);
    await page.click("main button");
    assert.match(await page.textContent(".good"), /Log intact.*log that this program works with, and agrees.*What happened/s);
    await isFine();
    const altered = town.file("altered.ndjson", lines.join("\n").replace('"version":1', '"version":2'));
    await page.setInputFiles("#evidence", altered);
    await page.click("main button");
    assert.match(await page.textContent("section.wrong"), /does not hold.*Do not rely on it/s);
    await isFine();
    // The whole log, as the portal itself gives it out.
    const whole = await page.evaluate(async () => (await fetch("/who/export?format=ndjson")).text());
    await page.setInputFiles("#evidence", town.file("who-looked.ndjson", whole));
    await page.click("main button");
    assert.match(await page.textContent(".good"), /Log intact: \d+ events of \d+ records.*agrees with it.*Record \d+: \d+ event/s);
    await isFine();
    await page.setInputFiles("#evidence", town.file("altered.ndjson", whole.replace('"version":1', '"version":2')));
    await page.click("main button");
    assert.match(await page.textContent("section.wrong"), /does not hold.*record \d+/s);
    // What is none of it was not altered either.
    await page.setInputFiles("#evidence", town.file("patient.json", '{"resourceType":"Patient"}\n'));
    await page.click("main button");
    const none = await page.textContent("section.wrong");
    assert.match(none, /neither evidence nor an exported log/);
    assert.doesNotMatch(none, /altered/);
    await page.setInputFiles("#evidence", town.file("empty.json", ""));
    await page.click("main button");
    assert.match(await page.textContent("section.wrong"), /The file is empty/);
    page.faults.length = 0;
  });

  it("says what evidence proves, and of which log", async () => {
    const bundleOf = (of, profile) => {
      of.run(profile, "evidence", of.run(profile, "list")[0].record_id, "-o", "bundle.json");
      return readFileSync(join(of.folder, "bundle.json"), "utf8");
    };
    const check = async (text) => {
      await page.goto(at("/check"));
      await page.setInputFiles("#evidence", town.file("evidence.json", text));
      await page.click("main button");
      await isFine();
      return page.textContent("main");
    };
    assert.match(await check(bundleOf(town, "default")), /Proven: \d+ events.*agrees with it/s);
    const other = new Town();
    try {
      other.run(undefined, "init");
      other.run(undefined, "create", other.file("theirs.txt", "theirs"));
      const bundle = bundleOf(other);
      const said = await check(bundle);
      assert.match(said, /Proven: \d+ events.*Compare this/s);
      assert.ok(said.includes(JSON.parse(bundle).ledger.embedded?.genesis ?? JSON.parse(bundle).ledger.genesis));
      // As programs made it before headers named all blocks: nothing is altered, and nothing shows that it still counts.
      const former = JSON.parse(bundle);
      former.format = "mrms-evidence-1";
      delete (former.ledger.embedded ?? former.ledger).ancestors;
      const found = await check(`${JSON.stringify(former, null, 2)}\n`);
      assert.match(found, /Whole, and not proven: \d+ events.*may have taken back/s);
      assert.doesNotMatch(found, /Proven:/);
    } finally {
      await other.end();
    }
  });

  it("speaks German and Spanish on every page of the main way", async () => {
    for (const [tag, home] of [["de", /Unterlagen?/], ["es", /documentos?/]]) {
      await page.goto(at("/"));
      await page.selectOption("#language", tag);
      await page.click("footer button");
      assert.equal(await page.getAttribute("html", "lang"), tag);
      assert.match(await page.textContent("h1"), home);
      for (const path of ["/", "/records", "/records/add", "/shared", "/people", "/who", "/check", "/settings"]) {
        await page.goto(at(path));
        await isFine();
      }
    }
    await page.selectOption("#language", "en");
    await page.click("footer button");
  });

  it("works without script", async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false, locale: "en-GB" });
    const without = await plain.newPage();
    await without.goto(at("/"));
    await without.fill("#code", town.another().split("#k=")[1].toLowerCase());
    await without.click("main button");
    await without.fill("#passphrase", "wrong horse");
    await without.click("main button");
    assert.match(await without.textContent("[role=alert]"), /not right/);
    await without.fill("#passphrase", PASSPHRASE);
    await without.click("main button");
    assert.equal(without.url(), at("/"));
    await without.goto(at("/records/add"));
    await without.setInputFiles("#files", town.file("plain.txt", "without script"));
    await without.click("main button");
    assert.equal(await without.textContent("pre.text"), "without script");
    await without.click("header button");
    assert.equal(without.url(), at("/unlock"));
    assert.equal(await without.inputValue("#profile"), "default", "the profile that was used last, and not the first by its letters");
    await without.goto(at("/records?q=plain"));
    assert.equal(without.url(), at("/unlock?next=%2Frecords%3Fq%3Dplain"), "locked");
    assert.equal(await without.locator("a[href='/check']").count(), 1, "whoever only checks evidence finds the way");
    await without.fill("#passphrase", PASSPHRASE);
    await without.click("main button");
    assert.equal(without.url(), at("/records?q=plain"), "what was asked for");
    await without.goto(at("/unlock?next=//evil.example/"));
    await without.fill("#passphrase", PASSPHRASE);
    await without.click("main button");
    assert.equal(without.url(), at("/"), "never elsewhere");
    await plain.close();
  });

  it("changes the passphrase without script, and locks the other browsers", async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false, locale: "en-GB" });
    const without = await watched(plain, town.url);
    const NEW = "eleven quiet rivers under a paper moon";
    const unlock = async (on, passphrase) => {
      await on.fill("#passphrase", passphrase);
      await on.click("main button[type=submit]");
    };
    await without.goto(at("/enter"));
    await without.fill("#code", town.another().split("#k=")[1]);
    await without.click("main button");
    assert.match(await without.textContent("main"), /default \(the first on this computer\)|Profile/, "whose records these are");
    await unlock(without, PASSPHRASE);
    const change = async (old, one, again) => {
      await without.fill("#old", old);
      await without.fill("#passphrase", one);
      await without.fill("#again", again);
      await without.click("main form.card button[type=submit]");
      const faults = without.faults.filter((fault) => !/status of 4/.test(fault));
      assert.deepEqual(faults, []);
      without.faults.length = 0; // the browser says in its console that an answer was a refusal
    };
    await without.goto(at("/settings"));
    await without.click("a.button:text('Change the passphrase')");
    for (const [old, one, again, why] of [
      ["not this one", NEW, NEW, /Nothing was changed/],
      [PASSPHRASE, NEW, `${NEW}?`, /not the same/],
      [PASSPHRASE, "password123", "password123", /too easy to guess/],
    ]) {
      await change(old, one, again);
      assert.match(await without.textContent("[role=alert]"), why);
    }
    await change(PASSPHRASE, NEW, NEW);
    assert.match(await without.textContent("div.notice"), /is changed.*(Another one|[0-9] others), in which they were open/s);
    const done = without.url();
    await page.goto(at("/records"));
    assert.equal(page.url(), at("/unlock?next=%2Frecords"), "the other browser is locked");
    await unlock(page, PASSPHRASE);
    assert.match(await page.textContent("[role=alert]"), /not right/);
    page.faults.length = 0;
    await unlock(page, NEW);
    await page.waitForURL(at("/records"));
    for (const address of [at("/settings/passphrase"), done, at("/damaged")]) {
      await page.goto(address);
      await isFine();
    }
    await without.goto(at("/settings/passphrase"));
    await change(NEW, PASSPHRASE, PASSPHRASE);
    await page.goto(at("/"));
    await unlock(page, PASSPHRASE);
    await page.waitForURL(at("/"));
    await plain.close();
  });

  it("locks all its pages at once", async () => {
    const other = await browser.newContext({ locale: "en-GB" });
    const [first, second] = [await other.newPage(), await other.newPage()];
    await first.goto(town.another());
    await first.waitForURL(at("/unlock"));
    await first.fill("#passphrase", PASSPHRASE);
    await first.click("main button[type=submit]");
    await first.waitForURL(at("/"));
    await second.goto(at("/records"));
    await first.click("header button");
    await first.waitForURL(at("/unlock"));
    await second.waitForURL(at("/unlock?next=%2Frecords"), { timeout: 5_000 });
    assert.equal(await second.locator("ul.rows").count(), 0);
    await other.close();
  });

  it("goes the main way by keyboard", async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.goto(at("/"));
    const press = async (key, until) => {
      for (let count = 0; count < 60; count += 1) {
        await page.keyboard.press(key);
        if (await page.evaluate(until)) return;
      }
      assert.fail(`${until} was not reached`);
    };
    await press("Tab", "document.activeElement.textContent === 'My records'");
    await page.keyboard.press("Enter");
    await page.waitForURL(at("/records"));
    await press("Tab", "document.activeElement.closest('ul.rows') !== null");
    await page.keyboard.press("Enter");
    await page.waitForURL(/records\/\d+/);
    await press("Tab", "document.activeElement.textContent === 'Share'");
    // On a telephone the pages are behind one line.
    await page.setViewportSize({ width: 320, height: 700 });
    await page.goto(at("/"));
    assert.equal(await page.isVisible("details.menu a[href='/who']"), false);
    assert.ok((await page.locator("details.menu").boundingBox()).height < 60, "one line");
    await press("Tab", "document.activeElement.tagName === 'SUMMARY'");
    await page.keyboard.press("Enter");
    await press("Tab", "document.activeElement.textContent === 'Who looked'");
    await page.keyboard.press("Enter");
    await page.waitForURL(at("/who"));
  });

  describe("against an attacker", () => {
    const raw = (options, body) =>
      new Promise((resolve, reject) => {
        const port = Number(new URL(town.url).port);
        const asked = rawRequest({ host: "127.0.0.1", port, ...options }, (answer) => {
          let text = "";
          answer.on("data", (part) => (text += part));
          answer.on("end", () => resolve({ status: answer.statusCode, headers: answer.headers, text }));
        });
        asked.on("error", reject);
        asked.end(body);
      });
    const cookies = async () => (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");

    it("a link lets in once", async () => {
      const used = await browser.newContext();
      const second = await used.newPage();
      await second.goto(town.link);
      await second.waitForSelector("[role=alert]");
      assert.match(await second.textContent("[role=alert]"), /not right/);
      await used.close();
    });

    it("a page of another port changes nothing and reads nothing", async () => {
      const server = createServer((_, answer) => {
        answer.setHeader("content-type", "text/html");
        answer.end(`<form method=post action="${town.url}/lock"><input name=token value=x></form><iframe src="${town.url}/"></iframe>`);
      });
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      const evil = `http://127.0.0.1:${server.address().port}/`;
      const other = await context.newPage();
      await other.goto(evil);
      const framed = other.frames()[1];
      assert.equal(await framed?.$("nav.main"), null, "the portal is in no frame");
      const read = await other.evaluate((url) => fetch(url, { credentials: "include" }).then(() => "read", () => "no"), town.url);
      assert.equal(read, "no");
      await other.evaluate(() => document.forms[0].submit());
      await other.waitForLoadState();
      assert.match(await other.textContent("body"), /pages of other origins may not ask/);
      await other.close();
      server.close();
      await page.goto(at("/records"));
      assert.equal(page.url(), at("/records"), "still open");
    });

    it("a stolen cookie without the token changes nothing", async () => {
      const headers = {
        host: new URL(town.url).host,
        cookie: await cookies(),
        "sec-fetch-site": "same-origin",
        "content-type": "application/x-www-form-urlencoded",
      };
      assert.equal((await raw({ path: "/lock", method: "POST", headers }, "token=")).status, 403);
      assert.equal((await raw({ path: "/records/upload?name=a", method: "POST", headers }, "a")).status, 403);
      const { headers: answer } = await raw({ path: "/", headers });
      assert.equal(answer["cache-control"], "no-store");
      assert.equal(answer["referrer-policy"], "same-origin");
      assert.match(answer["content-security-policy"], /default-src 'none'/);
    });

    it("another name of this machine is no portal", async () => {
      const { port } = new URL(town.url);
      for (const host of [`localhost.evil.example:${port}`, `evil.example`, `127.0.0.1.evil.example:${port}`]) {
        const { status, text } = await raw({ path: "/", headers: { host } });
        assert.equal(status, 421, host);
        assert.equal(text.includes("records"), false);
      }
    });

    it("a hostile file name and text act on nothing", async () => {
      const name = `"><img src=x onerror=alert(1)>.txt`;
      town.run("default", "create", town.file("hostile.txt", "\u202Egnp.exe <b onmouseover=alert(1)>"), "--label", name);
      await page.goto(at("/records?q=onerror"));
      assert.equal(await page.locator("ul.rows img").count(), 0);
      await page.click("ul.rows a");
      assert.match(await page.textContent("pre.text"), /^\\u\{202e\}gnp\.exe <b/);
      await isFine();
    });

    it("wrong codes keep nobody out who has the right one", async () => {
      const guess = await browser.newContext({ javaScriptEnabled: false });
      const tries = await guess.newPage();
      const type = async (code) => {
        await tries.goto(at("/enter"));
        await tries.fill("#code", code);
        await tries.click("main button");
      };
      for (let count = 0; count < 6; count += 1) {
        await type(`GUESS${count}`);
        assert.match(await tries.textContent("[role=alert]"), /not right/);
      }
      await type(new URL(town.another()).hash.replace("#k=", ""));
      await tries.waitForURL(at("/unlock"));
      await guess.close();
    });
  });

  it("puts no secret and no content into its log", () => {
    for (const secret of [PASSPHRASE, "MARKER-plaintext", "blood.txt", town.link.split("#k=")[1]]) {
      assert.equal(town.log.includes(secret), false, secret);
    }
  });

  const open = async () => {
    await page.fill("#passphrase", PASSPHRASE);
    await page.click("main button[type=submit]");
    await page.waitForSelector("form[action='/lock']");
  };

  describe("what is typed", () => {
    const type = async (text) => {
      await page.goto(at("/people"));
      await page.fill("textarea#document", text);
      await page.waitForFunction(() => sessionStorage.getItem("mrms-typed"));
    };
    const isBack = async (text) => {
      await page.waitForURL(/unlock\?next=%2Fpeople/);
      assert.equal((await page.content()).includes(text), false);
      const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));
      assert.equal(kept.includes("TYPED"), false, "it is sealed");
      await open();
      await page.waitForSelector("main .notice");
      assert.match(await page.textContent("main .notice"), /typed before the lock is here again/);
      assert.equal(await page.inputValue("textarea#document"), text);
    };

    it("comes back after the lock", async () => {
      await type("TYPED for my sister");
      const second = await context.newPage();
      await second.goto(at("/people"));
      await second.click("form[action='/lock'] button");
      await second.close();
      await isBack("TYPED for my sister");
    });

    it("comes back where it was sent too late", async () => {
      await type("TYPED too late");
      const locked = await page.evaluate(async (token) => {
        const answer = await fetch("/lock", { method: "POST", body: new URLSearchParams({ token }) });
        return answer.ok;
      }, await page.getAttribute("input[name=token]", "value"));
      assert.ok(locked);
      await page.click("form[action='/people/look'] button[type=submit]");
      await isBack("TYPED too late");
      await isFine();
    });

    it("is nowhere once it was sent", async () => {
      await page.click("form[action='/people/look'] button[type=submit]");
      await page.waitForSelector("[role=alert]");
      // The browser says in its console that the answer was a refusal.
      page.faults.length = 0;
      await page.goto(at("/people"));
      assert.equal(await page.inputValue("textarea#document"), "");
      assert.equal(await page.evaluate(() => sessionStorage.length), 0);
    });
  });

  describe("after it was started anew", () => {

    it("knows the browser, and asks for the passphrase alone", async () => {
      const kept = readFileSync(join(town.home, "portal-browsers.json"), "utf8");
      assert.ok(JSON.parse(kept).length > 0, "a browser had a profile open");
      await town.again();
      // Before its answer arrives, strangers ask for more challenges than anybody would keep.
      await page.route("**/enter/known", async (route) => {
        for (let count = 0; count < 200; count += 1) await (await fetch(at("/enter"))).text();
        await route.continue();
      });
      await page.goto(at("/records"));
      await page.waitForURL(/unlock/);
      await page.unroute("**/enter/known");
      await open();
      const other = await browser.newContext();
      const stranger = await other.newPage();
      await stranger.goto(at("/records"));
      assert.equal(stranger.url(), at("/enter"));
      // It answers with a key of its own.
      const refused = stranger.waitForResponse((answer) => answer.url().endsWith("/enter/known"));
      await stranger.evaluate(async () => {
        const form = document.querySelector("#known");
        const how = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
        const own = await crypto.subtle.generateKey(how, false, ["sign"]);
        const text = new TextEncoder().encode(`mrms portal\n${location.origin}\n${form.elements.challenge.value}`);
        const inLetters = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
        form.elements.signature.value = inLetters(await crypto.subtle.sign(how, own.privateKey, text));
        form.elements.key.value = inLetters(await crypto.subtle.exportKey("raw", own.publicKey));
        form.submit();
      });
      assert.equal((await refused).status(), 403);
      await other.close();
    });

    it("forgets all browsers when it is told to", async () => {
      await page.goto(at("/settings"));
      assert.match(await page.textContent("#browsers"), /There (is one|are \d) now/);
      await page.click("#browsers button");
      assert.match(await page.textContent("[role=status]"), /needs a new code/);
      await page.goto(at("/records"));
      await town.again();
      await page.goto(at("/records"));
      assert.equal(page.url(), at("/enter"));
      await page.goto(town.another());
      await page.waitForURL(at("/unlock"));
      await open();
    });
  });
});
