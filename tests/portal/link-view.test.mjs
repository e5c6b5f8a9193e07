// The page of a link host as somebody without MRMS opens it: a link from a mail, with and without a passcode, in one file, ended,
// damaged and of another host. What they see and save, in three languages; fine for axe; and nothing that opens the link reaches
// the host.

import assert from "node:assert/strict";
import { createCipheriv, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { deflateRawSync } from "node:zlib";

import { card, pdf } from "./samples.mjs";
import { Town, fine, hostOf, launch, skip, watched } from "./town.mjs";

const HOSTILE = `<img src=x onerror="alert(1)"> & "quotes"`;
const LAB = JSON.stringify({
  resourceType: "Bundle",
  type: "collection",
  entry: [
    { fullUrl: "urn:uuid:1", resource: { resourceType: "Patient", name: [{ text: `Ana ${HOSTILE}` }], birthDate: "1980-02-29" } },
    { resource: { resourceType: "AllergyIntolerance", code: { text: "Penicillin" }, verificationStatus: { coding: [{ code: "refuted" }] } } },
    { resource: { resourceType: "Observation", status: "final", code: { text: "Potassium" }, effectiveDateTime: "2026-05-04", valueQuantity: { value: 4.1, unit: "mmol/l" } } },
    { resource: { resourceType: "Appointment", status: "cancelled", description: "A visit" } },
  ],
}).replace("4.1,", "4.10,");

const DOT = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");

describe("the page that opens links", { skip, concurrency: false }, () => {
  let town, host, url, browser, page;
  const ids = {};
  const given = [];
  const make = (records, ...line) => {
    const [made] = town.run(undefined, "--yes", "link", "create", ...records.map((name) => ids[name]), "--for", "1d", ...line);
    given.push(made);
    return made;
  };
  const said = () => page.textContent("main");
  /** Opens a link as whoever got it by mail, who then says who they are. */
  const open = async (link, passcode) => {
    await page.goto("about:blank");
    await page.goto(link);
    await page.fill("#name", `Practice <b>Nord</b>`);
    if (passcode) await page.fill("#passcode", passcode);
    await page.click("main form button");
  };
  /** The browser says in its console that an answer was a refusal. */
  const refused = async (words) => {
    await page.waitForSelector("[role=alert]");
    assert.match(await page.textContent("[role=alert]"), words);
    const [fault] = page.faults.splice(0);
    assert.match(fault ?? "", /status of 4\d\d/);
  };

  before(async () => {
    town = new Town();
    town.run(undefined, "init");
    const files = { "lab.json": LAB, "note.txt": `A note ${HOSTILE}`, "letter.pdf": pdf(["A letter"]), "scan.png": DOT };
    files["pass.smart-health-card"] = JSON.stringify({ verifiableCredential: [card(JSON.parse(LAB))] });
    for (const [name, bytes] of Object.entries(files)) {
      const [made] = town.run(undefined, "create", town.file(name, bytes), "--label", name === "note.txt" ? HOSTILE : name);
      ids[name] = made.record_id;
    }
    [host, url] = await hostOf(town, "--per-minute", "100");
    browser = await launch();
    page = await watched(await browser.newContext({ locale: "en-GB" }), url);
  });
  after(async () => {
    await browser?.close();
    host?.kill("SIGTERM");
    await town?.end();
  });

  it("asks who opens, for the passcode, and shows and saves what is inside", async () => {
    const made = make(Object.keys(ids), "--passcode", "--label", `For ${HOSTILE}`);
    await page.goto(made.page);
    assert.equal(await page.textContent("h1"), `For ${HOSTILE}`);
    assert.equal(page.url(), `${url}/view`, "what opens the link is out of the address");
    await fine(page);
    await page.click("main form button");
    assert.match(await page.textContent("[role=alert]"), /Say who you are/);
    assert.equal(await page.evaluate(() => document.activeElement.id), "name");
    await open(made.page, "0000 0000");
    await refused(/passcode is wrong. You have 9 more tries/);
    assert.equal(await page.inputValue("#name"), "Practice <b>Nord</b>");
    await fine(page);
    await page.fill("#passcode", `${made.passcode.slice(0, 4)} ${made.passcode.slice(4)}`);
    await page.keyboard.press("Enter");
    await page.waitForSelector("section.part");
    const text = await said();
    assert.match(text, /Opened on .* as “Practice <b>Nord<\/b>”. This stands in the patient's log/);
    assert.match(text, /Ana <img src=x.*29 Feb 1980/s);
    assert.match(text, /Penicillin.*RULED OUT/s);
    assert.match(text, /Potassium4\.10 mmol\/l/, "each digit as it was written");
    assert.match(text, /SMART health card.*was issued by https:\/\/.*does not check the signature/s);
    assert.equal(await page.locator("pre").textContent(), `A note ${HOSTILE}`);
    assert.ok(await page.locator("section.part img").evaluate((image) => image.complete && image.naturalWidth > 0));
    assert.equal(await page.locator("main script, main img[src=x], main b").count(), 0);
    await page.click("summary:text('More in this part')");
    assert.match(await said(), /Appointment.*A visit/s);
    await fine(page);
    for (const [name, saved] of [["lab.json", "Save: Health data.json"], ["letter.pdf", "Save: letter pdf.pdf"], ["scan.png", "Save: scan png.png"]]) {
      const link = page.getByLabel(saved, { exact: true });
      if (name === "lab.json") await page.locator("details.all summary").first().click();
      const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
      assert.deepEqual(readFileSync(await download.path()), readFileSync(`${town.folder}/${name}`), name);
    }
    const [tab] = await Promise.all([page.context().waitForEvent("page"), page.click("a:text('Look at it')")]);
    assert.ok(tab.url().startsWith("blob:"), "the browser's own viewer has the PDF");
    await tab.close();
    const [shown] = town.run(undefined, "link", "show", String(made.link));
    assert.deepEqual(shown.log.map((line) => [line.outcome, line.said_to_be]).at(-1), ["given", "Practice <b>Nord</b>"]);
    assert.deepEqual([await page.evaluate(() => localStorage.length + sessionStorage.length), await page.context().cookies()], [0, []]);
  });

  it("opens a link of one file, speaks German and Spanish, and names the end in words", async () => {
    const made = make(["lab.json", "note.txt"], "--single-file");
    for (const [locale, words, ended] of [["de-DE", /Befunde.*4,10 mmol\/l/s, /öffnet jetzt nichts/], ["es-ES", /Resultados.*4,10 mmol\/l/s, /ahora no abre nada/]]) {
      const english = page;
      page = await watched(await browser.newContext({ locale }), url);
      await open(made.page);
      await page.waitForSelector("section.part");
      assert.match(await said(), words);
      assert.equal(await page.getAttribute("html", "lang"), locale.slice(0, 2));
      await fine(page);
      town.run(undefined, "link", "pause", String(made.link));
      await open(made.page);
      await refused(ended);
      await fine(page);
      town.run(undefined, "link", "rearm", String(made.link), "--for", "1d");
      const same = await page.evaluate(async () => {
        const { WORDS, CODES } = await import("/view/words.js");
        const keys = (one) => Object.keys(one).sort().join();
        return [WORDS, CODES].map((all) => new Set(Object.values(all).map(keys)).size);
      });
      assert.deepEqual(same, [1, 1], "every text is there in each language");
      await page.context().close();
      page = english;
    }
  });

  it("refuses a link of another host, a damaged one and a wrong key, and says so", async () => {
    const made = make(["lab.json"]);
    const payload = JSON.parse(Buffer.from(made.text.split("shlink:/")[1], "base64url"));
    const linkOf = (more) => `shlink:/${Buffer.from(JSON.stringify({ ...payload, ...more })).toString("base64url")}`;
    for (const [text, words] of [
      [linkOf({ url: payload.url.replace(url, "https://elsewhere.example") }), /belongs to elsewhere.example, and this page to 127.0.0.1.*Nothing was sent/],
      [linkOf({ url: `${url}/metrics` }), /incomplete or damaged/],
      [linkOf({ v: 2 }), /newer kind/],
      [made.text.slice(0, -9), /incomplete or damaged/],
      ["Dear Doctor, here it comes", /no health link in this text/],
    ]) {
      await page.goto("about:blank");
      await page.goto(`${url}/view`);
      assert.match(await page.textContent("h1"), /Open a health link/);
      await page.fill("#link", text);
      await page.click("main form button");
      assert.match(await page.textContent("[role=alert]"), words);
      assert.equal(await page.locator("#name").count(), 0);
    }
    await fine(page);
    await open(`${url}/view#${encodeURIComponent(linkOf({ key: "A".repeat(43) }))}`);
    await page.waitForSelector("section.part");
    assert.match(await said(), /can't be opened: it was altered, or the key in the link is wrong/);
    await page.goto("about:blank");
    await page.goto(made.page);
    await page.fill("#name", "x");
    await page.context().setOffline(true);
    await page.click("main form button");
    await page.waitForSelector("[role=alert]");
    await page.context().setOffline(false);
    assert.match(await page.textContent("[role=alert]"), /does not answer/);
    page.faults.length = 0; // the browser says in its console that nobody answered
  });

  it("opens what is compressed, within bounds", async () => {
    const sealed = (content) => {
      const [key, iv] = [randomBytes(32), randomBytes(12)];
      const header = Buffer.from(JSON.stringify({ alg: "dir", enc: "A256GCM", zip: "DEF" })).toString("base64url");
      const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(header));
      const body = Buffer.concat([cipher.update(deflateRawSync(content)), cipher.final()]);
      const parts = [iv, body, cipher.getAuthTag()].map((part) => part.toString("base64url"));
      return [[...key], `${header}..${parts.join(".")}`];
    };
    const opened = ([key, token]) => page.evaluate(async ([key, token]) => {
      const { open } = await import("/view/jwe.js");
      return open(new Uint8Array(key), token).then(({ content }) => new TextDecoder().decode(content), (error) => error.key);
    }, [key, token]);
    const [key, token] = sealed("hello");
    assert.equal(await opened([key, token]), "hello");
    assert.equal(await opened([key, `${token.slice(0, -2)}AA`]), "altered");
    assert.equal(await opened(sealed(Buffer.alloc(16 * 1024 * 1024 + 1))), "compressed");
  });

  it("tells the host nothing that opens a link", async () => {
    assert.match(host.log, /route="\/view"/, "the log has what was asked");
    assert.match(host.log, /route="\/l\/\{secret\}"/);
    assert.equal(given.length, 3);
    for (const { text, passcode } of given) {
      const { key, url: at } = JSON.parse(Buffer.from(text.split("shlink:/")[1], "base64url"));
      for (const secret of [key, at.split("/").at(-1), passcode ?? key, "shlink", "Nord"]) assert.equal(host.log.includes(secret), false);
    }
    assert.deepEqual(page.faults, []);
  });
});
