// What other systems gave, taken in on the pages: an archive is unpacked, its content is shown before anything is written,
// and each file is told with what became of it; by choosing, by dropping a folder, and without script.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { PASSPHRASE, Town, enter, fine, launch, send, skip } from "./town.mjs";

const LAB = JSON.stringify({
  resourceType: "Observation",
  code: { text: "Haemoglobin" },
  effectiveDateTime: "2026-05-04",
  valueQuantity: { value: 13.2 },
});
const LETTER = "A letter with MARKER-plaintext\n";

const table = Array.from({ length: 256 }, (_, number) => {
  for (let bit = 0; bit < 8; bit += 1) number = number & 1 ? (number >>> 1) ^ 0xedb88320 : number >>> 1;
  return number >>> 0;
});
const crc = (bytes) => (bytes.reduce((sum, byte) => table[(sum ^ byte) & 255] ^ (sum >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;

/** A ZIP archive of these files, without compression. */
function archive(files) {
  const [parts, directory] = [[], []];
  let at = 0;
  for (const [name, text] of files) {
    const [path, bytes] = [Buffer.from(name), Buffer.from(text)];
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(0x800, 2);
    fields.writeUInt32LE(0x00210000, 6);
    fields.writeUInt32LE(crc(bytes), 10);
    fields.writeUInt32LE(bytes.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(path.length, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    parts.push(Buffer.from("PK\x03\x04"), fields, path, bytes);
    directory.push(Buffer.from("PK\x01\x02\x14\x00"), fields, place, path);
    at += 30 + path.length + bytes.length;
  }
  const end = Buffer.alloc(18);
  for (const place of [4, 6]) end.writeUInt16LE(files.length, place);
  end.writeUInt32LE(Buffer.concat(directory).length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, ...directory, Buffer.from("PK\x05\x06"), end]);
}

describe("taking in what others gave", { skip, concurrency: false }, () => {
  let town, browser, page;
  const at = (path) => `${town.url}${path}`;
  const records = () => town.run("default", "list").map(({ name }) => name).sort();
  const main = () => page.textContent("main");

  before(async () => {
    town = new Town();
    town.run(undefined, "init");
    town.file("export.zip", archive([
      ["export/lab.json", LAB],
      ["export/letter.txt", LETTER],
      ["export/same.txt", LETTER],
      ["viewer/VIEWER.EXE", "MZ"],
    ]));
    await town.start();
    browser = await launch();
    page = await enter(browser, town, "default");
  });
  after(async () => {
    await browser?.close();
    await town?.end();
  });

  it("shows what is in an archive, and writes nothing", async () => {
    await page.goto(at("/records/add"));
    await page.click("text=Take in an archive, a disc or a folder");
    await page.waitForURL(at("/records/import"));
    await fine(page);
    await page.setInputFiles("#files", `${town.folder}/export.zip`);
    await page.click("form#import button");
    await page.waitForURL(at("/records/import/found"));
    const told = await main();
    assert.match(told, /2 documents are new.*One is on record already.*One file is left out/s);
    assert.match(told, /Haemoglobin, 2026-05-04/);
    assert.match(told, /export\.zip › export\/lab\.json/);
    assert.match(told, /VIEWER\.EXE.*left out: it is a program/s);
    assert.equal(await page.locator("ul.rows a").count(), 0, "nothing of it is on record");
    assert.deepEqual(records(), []);
    await fine(page);
  });

  it("puts it on record when that is wanted, byte for byte, and tells what became of each", async () => {
    await page.click("text=Put what is ticked on record");
    await page.waitForSelector("h1:text('What became of them')");
    assert.match(await main(), /2 records were added.*One is on record already.*One file is left out/s);
    assert.deepEqual(records(), ["Haemoglobin, 2026-05-04", "letter.txt"]);
    await fine(page);
    await page.click("ul.rows a:has-text('letter.txt')");
    await page.waitForURL(/\/records\/\d+$/);
    const saved = await page.evaluate(async () => (await fetch(`${location.pathname}/file`)).text());
    assert.equal(saved, LETTER);
  });

  it("asks before an archive becomes one record, and looks into it where that is wanted", async () => {
    const before = records().length;
    await page.goto(at("/records/add"));
    await page.setInputFiles("#files", `${town.folder}/export.zip`);
    await page.click("form#add button");
    await page.waitForSelector("#add-progress button");
    assert.match(await page.textContent("#add-progress"), /export\.zip: This is an archive/);
    assert.equal(records().length, before, "nothing is on record yet");
    page.faults.length = 0; // The browser tells of the answer that asked.
    await fine(page);
    await page.click("#add-progress button:text('Take in what is in it')");
    await page.waitForURL(at("/records/import/found"));
    assert.match(await main(), /3 are on record already/);
    await page.click("text=Leave it");
    await page.waitForURL(at("/records"));
    // As the one file that it is.
    town.file("other.zip", archive([["one/letter.txt", "One letter"]]));
    await page.goto(at("/records/add"));
    await page.setInputFiles("#files", `${town.folder}/other.zip`);
    await page.click("form#add button");
    await page.click("#add-progress button:text('Add it as one file')");
    await page.waitForSelector("#add-progress a", { timeout: 60_000 });
    page.faults.length = 0;
    assert.equal(records().length, before + 1);
    // Without script the form asks.
    const plain = await browser.newContext({ javaScriptEnabled: false, locale: "en-GB", storageState: await page.context().storageState() });
    const without = await plain.newPage();
    await without.goto(at("/records/add"));
    await without.setInputFiles("#files", `${town.folder}/export.zip`);
    await without.click("main button");
    assert.match(await without.textContent("p.notice[role=alert]"), /export\.zip: This is an archive.*Take in what is in it/s);
    assert.equal(await without.locator("#whole").count(), 1);
    assert.equal(records().length, before + 1);
    await plain.close();
  });

  it("adds nothing twice", async () => {
    await page.goto(at("/records/import"));
    await page.setInputFiles("#files", `${town.folder}/export.zip`);
    await page.click("form#import button");
    await page.waitForURL(at("/records/import/found"));
    assert.match(await main(), /3 are on record already/);
    assert.equal(await page.locator("text=Put what is ticked on record").count(), 0);
    await page.click("text=Leave it");
    await page.waitForURL(at("/records"));
    await page.goto(at("/records/import/found"));
    assert.equal(page.url(), at("/records/import"), "nothing is left of it");
  });

  it("takes what is dropped, a folder's files by their paths", async () => {
    const dropped = await page.evaluateHandle(() => {
      const data = new DataTransfer();
      data.items.add(new File(["dropped words"], "dropped.txt"));
      data.items.add(new File([], "nothing.txt"));
      return data;
    });
    await page.dispatchEvent("#drop", "drop", { dataTransfer: dropped });
    await page.waitForURL(at("/records/import/found"));
    assert.match(await main(), /One document is new.*One file is left out.*nothing\.txt.*it is empty/s);
    await page.click("text=Leave it");
    await page.goto(at("/records/import"));
    const folder = `${town.folder}/letters`;
    const { mkdirSync, writeFileSync } = await import("node:fs");
    mkdirSync(`${folder}/old`, { recursive: true });
    writeFileSync(`${folder}/old/b.txt`, "an old letter");
    writeFileSync(`${folder}/a.txt`, "a letter");
    await page.setInputFiles("#folder", folder);
    await page.click("form#import button");
    await page.waitForURL(at("/records/import/found"));
    assert.match(await main(), /2 documents are new.*letters\/a\.txt.*letters\/old\/b\.txt/s);
    await page.click("text=Leave it");
    assert.equal(records().length, 3, "with the archive that was added as one file");
  });

  describe("whose each document is", () => {
    const about = (name, born, what) =>
      JSON.stringify({
        resourceType: "Bundle",
        entry: [
          { resource: { resourceType: "Patient", name: [{ text: name }], birthDate: born } },
          { resource: { resourceType: "Observation", code: { text: what } } },
        ],
      });
    const ticked = () => page.locator("ul.rows input:checked").evaluateAll((all) => all.map((one) => one.closest("li").textContent));
    const take = async (where = page) => {
      await where.goto(at("/records/import"));
      await where.setInputFiles("#files", `${town.folder}/family.zip`);
      await where.click("form#import button");
      await where.waitForURL(at("/records/import/found"));
    };

    before(() => {
      town.run("default", "card", "set", "--name", "Ana Muster", "--kind", "person");
      town.file("family.zip", archive([
        ["a-mine.json", about("MUSTER, Ana", "1950-05-03", "Iron")],
        ["b-older.json", about("Ana Muster", "1950-05-03", "Zinc")],
        ["c-child.json", about("Ana Muster", "1980-01-01", "Lead")],
        ["d-other.json", about("Ben <b>Vogel</b>", "1961-02-02", "Gold")],
        ["e-letter.txt", "words that name nobody"],
      ]));
    });

    it("is shown, and what names somebody else is not ticked, with the reason", async () => {
      await take();
      const told = await main();
      assert.match(told, /5 documents are new/);
      assert.match(told, /compared with your name here, “Ana Muster”/);
      assert.match(told, /2 documents seem to be about somebody else/);
      const row = async (part) => (await page.locator(`ul.rows li:has-text("${part}")`).textContent()).replaceAll(/\s+/g, " ");
      assert.match(await row("a-mine.json"), /About MUSTER, Ana, born 3 May 1950/);
      assert.match(await row("c-child.json"), /born 1 January 1980.*Most of these documents say: born 3 May 1950/);
      assert.match(await row("d-other.json"), /About Ben <b>Vogel<\/b>, born 2 February 1961.*Your name here is “Ana Muster”/);
      assert.match(await row("e-letter.txt"), /Names nobody, as far as that can be read here/);
      const names = (await ticked()).map((text) => text.match(/[a-e]-\w+/)[0]);
      assert.deepEqual(names, ["a-mine", "b-older", "e-letter"]);
      assert.equal(await page.locator("ul.rows b").count(), 0, "a name is no markup");
      await fine(page);
    });

    it("is chosen file by file, by the keyboard too, and person by person", async () => {
      const box = page.locator("li:has-text('b-older.json') input");
      await box.focus();
      await page.keyboard.press("Space");
      await page.click("ul.readers li:has-text('Ben') button");
      await page.waitForLoadState();
      const names = (await ticked()).map((text) => text.match(/[a-e]-\w+/)[0]);
      assert.deepEqual(names, ["a-mine", "d-other", "e-letter"], "what was unticked stays so");
      await page.click("ul.readers li:has-text('Ben') button:text('Untick these')");
      await page.waitForLoadState();
      const checked = page.locator("ul.rows input:checked");
      while (await checked.count()) await checked.first().uncheck();
      await page.click("text=Put what is ticked on record");
      assert.match(await page.textContent("[role=alert]"), /Nothing is ticked/);
      page.faults.length = 0;
      await fine(page);
      await page.click("label:has-text('a-mine.json')");
      const before = records().length;
      await page.click("text=Put what is ticked on record");
      await page.waitForSelector("h1:text('What became of them')");
      assert.match(await main(), /One record was added/);
      assert.match(await main(), /left out: it seems to be about somebody else, and you did not tick it/);
      assert.match(await main(), /left out: you did not tick it/);
      assert.equal(records().length, before + 1);
      await fine(page);
    });

    it("stays chosen through the pages of a long list, and what changed meanwhile is shown again", async () => {
      const many = Array.from({ length: 60 }, (_, number) => [`f${String(number).padStart(2, "0")}.txt`, `note ${number}`]);
      town.file("many.zip", archive(many));
      await page.goto(at("/records/import"));
      await page.setInputFiles("#files", `${town.folder}/many.zip`);
      await page.click("form#import button");
      await page.waitForURL(at("/records/import/found"));
      await page.uncheck("li:has-text('f03.txt') input");
      await page.click("nav.pages button");
      await page.waitForURL(/page=2$/);
      await fine(page);
      await page.uncheck("li:has-text('f55.txt') input");
      await page.click("nav.pages button");
      await page.waitForURL(/page=1$/);
      assert.equal(await page.isChecked("li:has-text('f03.txt') input"), false);
      assert.equal(await page.isChecked("li:has-text('f04.txt') input"), true);
      const before = records().length;
      const older = await send(page, "/records/import/write", { page: "1", files: "7", rows: "60", do: "write" });
      assert.match(older.text, /f03\.txt/, "a form about other files shows these again");
      assert.equal(records().length, before);
      await page.click("text=Put what is ticked on record");
      await page.waitForSelector("h1:text('What became of them')");
      const names = records();
      assert.equal(names.length, before + 58);
      assert.equal(names.includes("f03.txt") || names.includes("f55.txt"), false);
    });

    it("is told in German and Spanish, and without script", async () => {
      for (const [locale, said] of [["de", /Über Ben .*geboren 2\. Februar 1961.*Ihr Name hier ist „Ana Muster“/s], ["es", /Sobre Ben .*2 de febrero de 1961.*Su nombre aquí es «Ana Muster»/s]]) {
        const theirs = await enter(browser, town, "default", { locale });
        await take(theirs);
        assert.match(await theirs.textContent("ul.rows"), said);
        await fine(theirs);
        await theirs.context().close();
      }
      const plain = await enter(browser, town, "default", { javaScriptEnabled: false });
      await plain.goto(at("/records/import"));
      await plain.setInputFiles("#files", `${town.folder}/family.zip`);
      await plain.click("form#import button");
      await plain.click("ul.readers li:has-text('Ben') button");
      assert.equal(await plain.isChecked("li:has-text('d-other.json') input"), true);
      await plain.click("text=Leave it");
      await plain.context().close();
    });
  });

  it("is forgotten when the profile is locked", async () => {
    await page.goto(at("/records/import"));
    await page.setInputFiles("#files", `${town.folder}/export.zip`);
    await page.click("form#import button");
    await page.waitForURL(at("/records/import/found"));
    await page.click("header.top form[action='/lock'] button");
    await page.waitForURL(at("/unlock"));
    await page.fill("#passphrase", PASSPHRASE);
    await page.click("main button[type=submit]");
    await page.waitForURL(at("/"));
    page.token = await page.getAttribute("input[name=token]", "value");
    await page.goto(at("/records/import/found"));
    assert.equal(page.url(), at("/records/import"));
    const other = await send(page, "/records/import/write", { token: "another" });
    assert.equal(other.status, 403, "a form of another page does nothing");
  });

  it("works without script, and in German and Spanish", async () => {
    const before = records().length;
    const plain = await enter(browser, town, "default", { javaScriptEnabled: false });
    await plain.goto(at("/records/import"));
    assert.equal(await plain.locator("#folder").isVisible(), false);
    await plain.setInputFiles("#files", town.file("plain.txt", "without script"));
    await plain.click("form#import button");
    assert.equal(plain.url(), at("/records/import/found"));
    assert.match(await plain.textContent("main"), /One document is new/);
    await plain.click("text=Put what is ticked on record");
    assert.match(await plain.textContent("main"), /One record was added/);
    assert.equal(records().length, before + 1);
    await plain.context().close();
    for (const [locale, title] of [["de", /Übernehmen, was andere/], ["es", /Incorporar lo que otros/]]) {
      const theirs = await enter(browser, town, "default", { locale });
      await theirs.goto(at("/records/import"));
      assert.match(await theirs.textContent("h1"), title);
      await fine(theirs);
      await theirs.setInputFiles("#files", `${town.folder}/export.zip`);
      await theirs.click("form#import button");
      await theirs.waitForURL(at("/records/import/found"));
      await fine(theirs);
      await theirs.context().close();
    }
  });
});
