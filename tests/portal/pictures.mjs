// Makes the pictures of the documentation from sample data: MRMS_BIN=… node pictures.mjs ../../docs/pictures

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import * as samples from "./samples.mjs";
import { Town, launch } from "./town.mjs";

const target = process.argv[2];
mkdirSync(target, { recursive: true });
const town = new Town();
town.run("ana", "init");
town.run("clinic", "init");
town.run("clinic", "card", "set", "--name", "Clinic North", "--kind", "practice");
town.run("clinic", "card", "show", "-o", "clinic.card");
town.run("ana", "people", "add", "clinic.card", "--name", "Clinic North", "--yes");
for (const [name, label, text] of [
  ["letter.txt", "Letter from the eye clinic", "Sample letter"],
  ["blood-test.txt", "Blood test, May", "Haemoglobin   13.9 g/dL\nFerritin      31 ug/L\nTSH           2.1 mU/L\n"],
  ["vaccinations.txt", "Vaccinations", "Sample list"],
]) {
  town.run("ana", "create", town.file(name, text), "--label", label);
}
for (const [day, value] of [["2025-05-04", 11.5], ["2025-09-08", 12.2], ["2026-01-12", 13.6], ["2026-05-04", 13.9]]) {
  town.run("ana", "create", town.file(`laboratory-${day}.json`, samples.lab(day, value)), "--label", "Blood test, laboratory");
}
town.run("ana", "grant", "Blood test, May", "--to", "Clinic North", "--for", "30d");
town.run("clinic", "access", "Blood test, May", "--purpose", "TREAT", "-o", "opened.txt");

await town.start();
const browser = await launch();
const context = await browser.newContext({ locale: "en-GB", viewport: { width: 760, height: 620 } });
const page = await context.newPage();
await page.goto(town.link);
await page.waitForURL("**/unlock");
await page.selectOption("#profile", "ana");
await page.fill("#passphrase", "vier Ziegen lesen langsam Zeitung");
await page.click("main button");
const picture = (name) => page.screenshot({ path: join(target, `${name}.png`) });
await page.goto(`${town.url}/records`);
await picture("records");
await page.click("text=Blood test, May");
await picture("record");
const record = page.url();
for (let tries = 0; tries < 60 && (await page.locator("a[href^='/results/']").count()) === 0; tries++) {
  await page.waitForTimeout(500); // documents are read beside the pages
  await page.goto(`${town.url}/results`);
}
await page.click("a[href^='/results/']");
await picture("results");
await page.goto(record);
await page.click("a.button:text('Share')");
await page.setViewportSize({ width: 380, height: 760 });
await picture("share");
await browser.close();
await town.end();
