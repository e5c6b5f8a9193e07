// Every page on a narrow screen, with names as long as people make them: the page itself never moves sideways, nothing lies
// over something else that is to be touched, and a name that is cut is whole somewhere.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";

import * as samples from "./samples.mjs";
import { PASSPHRASE, Town, fine, launch, skip, watched } from "./town.mjs";

const LONG = `Befund_der_Magnetresonanztomographie_des_linken_Kniegelenks_mit_Kontrastmittel_${"endgueltige_Fassung_".repeat(4)}.txt`;
const LETTER = "Letter of the Department of Cardiology about the examination of 4 May 2026, with the list of medicines, second corrected version, for the family doctor and for the patient, who asked for it";
const CLINIC = "Clinic North, Department of Cardiology and Angiology";

/** The pages of the portal by its routes, and what stands in their places. */
function pagesOf(places) {
  const source = readFileSync(new URL("../../crates/mrms-portal/src/server.rs", import.meta.url), "utf8");
  const routes = [...source.matchAll(/\.route\(\s*"([^"]+)",\s*get\(/g)].map(([, path]) => path);
  assert.ok(routes.length > 40, "the routes are read");
  // What is no page: parts of pages, files and streams.
  const others = /^\/assets\/|\/(picture|document|page|file|text|code\.png|export|report|made)$/;
  return routes.filter((path) => !others.test(path)).map((path) => {
    const filled = Object.entries(places).reduce((so, [start, value]) => (so.startsWith(start) ? so.replace(start, value) : so), path);
    assert.doesNotMatch(filled, /\{/, `${path}: say here what stands in its place`);
    return filled;
  });
}

describe("pages on narrow screens", { skip, concurrency: false }, () => {
  let town, browser, page, ids;
  const at = (path) => `${town.url}${path}`;

  before(async () => {
    town = new Town();
    town.run("ana", "init");
    town.run("ana", "card", "set", "--name", "Ana Maria Magdalena Muster-Beispielhausen", "--kind", "person");
    town.run("clinic", "init");
    town.run("clinic", "card", "set", "--name", CLINIC, "--kind", "practice", "--organisation", "Region North University Hospital Trust");
    town.run("clinic", "card", "show", "-o", "clinic.card");
    town.run("ana", "people", "add", "clinic.card", "--yes");
    const make = (name, bytes, ...more) => town.run("ana", "create", town.file(name, bytes), ...more)[0].record_id;
    ids = [make(LONG, "one"), make("letter.txt", "two", "--label", LETTER), make("page.pdf", samples.pdf(["A page", "Another"]))];
    make("lab.json", samples.lab("2026-05-04T08:00:00Z", 11.2, { name: `Erythrozytenverteilungsbreite_${"lang_".repeat(20)}`, person: CLINIC }));
    for (const id of ids.slice(0, 2)) town.run("ana", "grant", id, "--to", CLINIC, "--for", "30d");
    town.run("clinic", "access", ids[0], "--purpose", "TREAT", "-o", "opened.txt");
    const patient = town.run("ana", "key", "show")[0].principal;
    const theirs = town.run("clinic", "create", town.file(`of-${LONG.slice(0, 180)}`, "theirs"))[0].record_id;
    town.run("clinic", "grant", theirs, patient, "--for", "1d");
    const clinic = town.run("clinic", "key", "show")[0].principal;
    ids.push(theirs, clinic);
    await town.start();
    browser = await launch();
    page = await watched(await browser.newContext({ locale: "en-GB" }), town.url);
    await page.goto(town.link);
    await page.waitForURL("**/unlock");
    await page.selectOption("#profile", "ana");
    await page.fill("#passphrase", PASSPHRASE);
    await page.click("main button");
    await page.waitForURL(at("/"));
  });
  after(async () => {
    await browser?.close();
    await town?.end();
  });

  it("never move sideways, at 320 and at 390 pixels", async () => {
    await page.goto(at("/shared"));
    await page.selectOption("#purpose", "TREAT");
    await page.click("form.search button");
    await page.click("ul.readers button[formaction$='/open']");
    const opening = new URL(page.url()).pathname.split("/").pop();
    const [own, , pdf, theirs, clinic] = ids;
    await page.goto(at("/results"));
    await page.waitForSelector("ul.rows a", { timeout: 60_000 });
    const curve = await page.getAttribute("ul.rows a", "href");
    await page.goto(at("/records/import"));
    await page.setInputFiles("#files", town.file(`new-${LONG.slice(0, 150)}`, "not on record"));
    await page.click("form#import button");
    await page.waitForURL(at("/records/import/found"));
    const places = {
      "/records/import/found/{number}": "/records/import/found/0",
      "/results/{id}": curve,
      "/records/{id}/log/{index}": `/records/${own}/log/1`,
      "/records/{id}": `/records/${own}`,
      "/links/{number}": "/links/1",
      "/opened/{opening}": `/opened/${opening}`,
      "/shared/{id}": `/shared/${theirs}`,
      "/people/{who}": `/people/${clinic}`,
      "/family/{who}": `/family/${clinic}`,
      "/staff/{who}": `/staff/${clinic}`,
      "/acting/records/{id}": `/acting/records/${theirs}`,
      "/acting/people/{who}": `/acting/people/${clinic}`,
    };
    const records = [`/records/${ids[1]}`, `/records/${pdf}?page=2`, `/links/new/terms?record=${own}&record=${ids[1]}`, `/records?q=${"x".repeat(200)}`];
    // Words are longest in German.
    for (const [language, widths] of [["en", [320, 390]], ["de", [320]]]) {
      await page.goto(at("/check"));
      await page.selectOption("#language", language);
      await page.click("footer button");
      for (const path of [...pagesOf(places), ...records]) await isRoomy(path, widths);
    }
    await page.selectOption("#language", "en");
    await page.click("footer button");
    page.faults.length = 0; // a page that is not there is told in the console
  });

  async function isRoomy(path, widths) {
    await page.goto(at(path));
    for (const width of widths) {
      await page.setViewportSize({ width, height: 800 });
      const closed = page.locator("main details:not([open]) > summary");
      while (await closed.count()) await closed.first().click();
      const wide = await page.evaluate(() =>
        [...document.querySelectorAll("body *")]
          .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest(".skip, .over, svg, select"))
          .map((one) => one.outerHTML.slice(0, 120)));
      assert.deepEqual(wide, [], `${path} at ${width}`);
      const overflows = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.equal(overflows, false, `${path} is wider than ${width}`);
      assert.deepEqual(await page.evaluate(crowded), [], `${path} at ${width}`);
    }
  }

  /** What is to be touched, and is too small for that, or lies under something else. */
  function crowded() {
    const isSeen = (box) => box.width > 1 && box.height > 1;
    const all = [...document.querySelectorAll("button, a.button, input:not([type=hidden]), select, textarea, summary, nav a")]
      .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
      .map((one) => [one, one.getBoundingClientRect()])
      .filter(([one, box]) => isSeen(box) && !one.closest(".idle, .skip"));
    const small = all.filter(([one, box]) => box.height < (/^(radio|checkbox)$/.test(one.type) ? 19 : 24));
    // What is typed or chosen can be read.
    const narrow = all.filter(([one, box]) => one.matches("select, textarea, input:not([type=radio], [type=checkbox])") && box.width < 60);
    const over = all.flatMap(([one, box], at) =>
      all.slice(at + 1).filter(([other, its]) =>
        !one.contains(other) && !other.contains(one) &&
        Math.min(box.right, its.right) - Math.max(box.left, its.left) > 2 && Math.min(box.bottom, its.bottom) - Math.max(box.top, its.top) > 2,
      ).map(([other]) => `${one.outerHTML.slice(0, 80)} over ${other.outerHTML.slice(0, 80)}`));
    const told = (what, found) => found.map(([one]) => `${what}: ${one.outerHTML.slice(0, 120)}`);
    return [...told("too small", small), ...told("too narrow", narrow), ...over];
  }

  it("cut no name that is not whole elsewhere", async () => {
    await page.setViewportSize({ width: 320, height: 800 });
    await page.goto(at("/records"));
    const names = page.locator("ul.rows .name");
    const titles = await names.evaluateAll((all) => all.map((one) => one.title));
    assert.ok(titles.includes(LONG) && titles.includes(LETTER), titles.join());
    for (const [name, lines] of await names.evaluateAll((all) => all.map((one) => [one.title, one.clientHeight / parseFloat(getComputedStyle(one).lineHeight)]))) {
      assert.ok(lines < 3.2, `${name} takes ${lines} lines`);
    }
    await page.click(`ul.rows a:has([title="${LETTER}"])`);
    assert.equal(await page.textContent("h1"), LETTER);
    await fine(page);
  });
});
