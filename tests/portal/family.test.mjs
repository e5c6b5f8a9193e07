// A mother and her daughter, each with a home and a browser of their own, by forms alone: the mother lets the daughter act for
// her; the daughter switches, looks, shares and adds; the mother sees who did it, and ends it. What the daughter may not do is
// not offered, and is refused where it is posted all the same.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { PASSPHRASE, Town, enter, fine, launch, mrms, send, skip } from "./town.mjs";

const MARKER = "MARKER-of-the-family";
const NOTE = `Ferritin 31 ug/L ${MARKER}\n`;

describe("a family in two homes", { skip, concurrency: false }, () => {
  let mother, daughter, browser, hers, mine, erika, anna, nora, record;
  const at = (town, path) => `${town.url}${path}`;
  const submit = (page, within = "main form.card") => page.click(`${within} button[type=submit]`);
  const wasRefused = async (page, words) => {
    assert.match(await page.textContent("[role=alert]"), words);
    page.faults.length = 0;
  };
  const banner = (page) => page.textContent("section.acting");

  before(async () => {
    mother = new Town();
    daughter = new Town();
    erika = mother.run(undefined, "init")[0].principal;
    mother.run(undefined, "card", "set", "--name", "Erika Sample");
    record = mother.run(undefined, "create", mother.file("blood.txt", NOTE), "--label", "Blood test")[0].record_id;
    mother.run(undefined, "profile", "add", "clinic");
    const clinic = mother.run("clinic", "card", "set", "--name", "Clinic North")[0].text;
    writeFileSync(join(mother.home, "vouchers.txt"), "");
    nora = mother.run(undefined, "profile", "add", "nora")[0].principal;
    const neighbour = mother.run("nora", "card", "set", "--name", "Nora Neighbour")[0].text;
    const paying = '[sponsor]\nvouchers = "vouchers.txt"\nprofile = "default"\nlisten = "127.0.0.1:0"\n';
    writeFileSync(join(mother.home, "mrms.toml"), paying);
    const { sponsor } = await mother.up();
    const invitation = mother.run(undefined, "invite", "--sponsor-url", sponsor.url)[0].text;
    anna = daughter.run(undefined, "init", "--join", invitation, "--yes")[0].principal;
    for (const card of [clinic, neighbour]) daughter.run(undefined, "people", "add", card, "--yes");
    daughter.card = daughter.run(undefined, "card", "set", "--name", "Anna Sample")[0].text;
    await Promise.all([mother.start(), daughter.start()]);
    browser = await launch();
    hers = await enter(browser, mother, "default");
    mine = await enter(browser, daughter, "default");
  });
  after(async () => {
    await browser?.close();
    await daughter?.end();
    await mother?.end();
  });

  it("is told that nobody acts for anybody", async () => {
    await hers.click("nav.main.wide a[href='/family']");
    assert.match(await hers.textContent("main"), /Nobody acts for you.*You act for nobody/s);
    await fine(hers);
  });

  it("refuses a switch to somebody who has named nobody", async () => {
    for (const patient of [erika, anna]) {
      const { status, text } = await send(mine, "/acting/begin", { patient });
      assert.equal(status, 422);
      assert.match(text, /You do not act for this account/);
    }
    await mine.goto(at(daughter, "/acting"));
    await wasRefused(mine, /You act for nobody now/);
    await mine.goto(at(daughter, "/"));
    assert.equal(await mine.locator("section.acting").count(), 0);
  });

  it("names a delegate by a pasted card, after it was said exactly what that means", async () => {
    await hers.goto(at(mother, "/family/name"));
    await fine(hers);
    await hers.fill("#other", daughter.card);
    await hers.click("label[for=preset-chosen]");
    await hers.click("label[for=share-year]");
    await submit(hers);
    await wasRefused(hers, /Choose what they may do/);
    await hers.fill("#other", "Dear mother,\n\nthe card will come tomorrow.\n\nAnna");
    await hers.click("label[for=preset-reader]");
    await hers.click("label[for=share-year]");
    await submit(hers);
    await wasRefused(hers, /There is no card in this text/);
    assert.match(await hers.inputValue("#other"), /^Dear mother/, "what was pasted is there still");
    await hers.fill("#other", daughter.card.slice(0, -8));
    await hers.click("label[for=preset-reader]");
    await hers.click("label[for=share-year]");
    await submit(hers);
    await wasRefused(hers, /no card, or it was altered/);
    await hers.fill("#other", `Dear mother,\n\n> ${daughter.card}\n\nLove, Anna`);
    await hers.click("label[for=preset-reader]");
    await hers.click("label[for=share-year]");
    await submit(hers);
    const said = await hers.textContent("main");
    assert.doesNotMatch(hers.url(), /mrms|other=/, "no address has the card");
    assert.match(said, /“Anna Sample”.*would act for you/s);
    assert.match(said, /can open every record of yours.*can let nobody else in.*can add nothing.*never let somebody else act/s);
    await fine(hers);
    assert.deepEqual(mother.run(undefined, "delegates"), [], "nothing has happened yet");
    await hers.check("#meant");
    await submit(hers);
    if (await hers.locator("p.fingerprint").count()) await submit(hers);
    await hers.waitForURL(/done=named/);
    assert.match(await hers.textContent("ul.readers"), /Anna Sample.*May open all your records\..*left, until/s);
    await fine(hers);
    await hers.click("summary:text('Tell the other side')");
    const message = await hers.inputValue("#tell");
    assert.match(message, /this is Erika Sample\..*so that you can act for me.*Family/s);
    assert.doesNotMatch(message, /ST[0-9A-Z]{20}|Blood/, "no account, and nothing of what records say");
    await hers.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: mother.url });
    await hers.click("button.copy");
    await hers.waitForSelector("p.copy [role=status]:text('Copied.')");
    assert.equal(await hers.evaluate(() => navigator.clipboard.readText()), message);
    await fine(hers);
    const [named] = mother.run(undefined, "delegates");
    assert.equal(named.powers, "see");
    assert.equal(named.keys_lacking, 0, "the keys were left");
  });

  it("no page says any more that nobody but her can see her records", async () => {
    await hers.goto(at(mother, "/"));
    assert.match(await hers.textContent("h1.sentence"), /1 person can see/);
    await hers.goto(at(mother, "/records"));
    assert.match(await hers.textContent("ul.rows"), /1 person can see it/);
    await hers.click("ul.rows a");
    assert.match(await hers.textContent("section:has(#readers)"), /Anna Sample.*acts for you, and sees all records/s);
    await fine(hers);
    await hers.goto(at(mother, "/people"));
    await hers.click("ul.rows a:has-text('Anna Sample')");
    assert.match(await hers.textContent("section:has(#sees)"), /Acts for you\. May open all your records/);
    assert.equal((await hers.textContent("section:has(#sees)")).includes("Nothing of yours"), false);
    await fine(hers);
  });

  it("is told on her own Home that she can act, until she has read it", async () => {
    await mine.goto(at(daughter, "/"));
    assert.match(await mine.textContent("section:has(#news)"), /You may act for .*Erika Sample.*You may open all records\./s);
    await fine(mine);
    await mine.reload();
    await mine.click("form[action='/news'] button");
    await mine.waitForURL(at(daughter, "/"));
    assert.equal(await mine.locator("#news").count(), 0);
    await mine.reload();
    assert.equal(await mine.locator("#news").count(), 0);
  });

  it("meets whoever lets her act by the name that came with their keys, before any record was opened", async () => {
    // Two whom she knows nothing of: one has a record, whose key brings a name; the other has nothing yet.
    const olga = mother.run(undefined, "profile", "add", "olga")[0].principal;
    const petra = mother.run(undefined, "profile", "add", "petra")[0].principal;
    mother.run("olga", "card", "set", "--name", "Olga <b>Old</b>");
    mother.run("olga", "create", mother.file("olga.txt", "Iron"));
    for (const who of ["olga", "petra"]) {
      mother.run(who, "people", "add", daughter.card, "--yes");
      mother.run(who, "delegate", anna, "--may", "see", "--forever");
    }
    await mine.goto(at(daughter, "/"));
    const news = (await mine.textContent("section:has(#news)")).replaceAll(/\s+/g, " ");
    assert.match(news, /You may act for .*\(said to be “Olga <b>Old<\/b>”\)/, "it is what she says of herself");
    assert.match(news, /You may act for .*\(not among your people\).*has not come yet.*ask them for it/);
    await fine(mine);
    await mine.goto(at(daughter, "/family"));
    const row = async (who) => (await mine.locator(`section:has(#theirs) li:has(input[value='${who}'])`).textContent()).replaceAll(/\s+/g, " ");
    assert.match(await row(olga), /said to be “Olga/);
    assert.doesNotMatch(await row(olga), /has not come yet/);
    assert.match(await row(petra), /not among your people.*has not come yet/);
    assert.deepEqual(mother.run("olga", "who").filter(({ who }) => who), [], "nothing was opened for it");
    await fine(mine);
    // Her page is there, and says what may be done for her.
    await mine.click(`section:has(#theirs) a[href='/people/${olga}']`);
    assert.match(await mine.textContent("h1"), /said to be “Olga/);
    assert.match(await mine.textContent("section:has(#acted-for)"), /You may open all records\./);
    await fine(mine);
    await mine.goto(at(daughter, `/people/${petra}`));
    await mine.click("text=Put a card in");
    await mine.waitForURL(/\/people#document$/);
    const card = mother.run("petra", "card", "set", "--name", "Petra Plain")[0].text;
    await mine.fill("#document", card);
    await mine.click("form[action='/people/look'] button[type=submit]");
    await mine.click("form[action='/people'] button[type=submit]");
    await mine.waitForURL(/done=added/);
    await mine.goto(at(daughter, "/family"));
    assert.match(await row(petra), /Petra Plain/);
    assert.doesNotMatch(await row(petra), /has not come yet/);
    for (const who of ["olga", "petra"]) mother.run(who, "delegate", anna, "--end", "--keep-grants");
    await mine.goto(at(daughter, "/"));
    if (await mine.locator("#news").count()) await mine.click("form[action='/news'] button");
  });

  it("switches to her mother's records, which every page says", async () => {
    await mine.goto(at(daughter, "/family"));
    assert.match(await mine.textContent("section:has(#theirs)"), /Erika Sample.*You may open all records\./s);
    await fine(mine);
    await mine.click("form[action='/acting/begin'] button");
    await mine.waitForURL(at(daughter, "/acting"));
    assert.match(await banner(mine), /You look at the records of Erika Sample\..*You may open all records\..*Until/s);
    assert.match(await mine.textContent("ul.rows"), /Blood test.*Text · added \d+ \w+ \d{4}.*1 person can see it/s, "kind and day, and she herself, as the mother's list says");
    await hers.goto(at(mother, "/records"));
    assert.match(await hers.textContent("ul.rows"), /Blood test.*Text · added \d+ \w+ \d{4}.*1 person can see it/s);
    await fine(mine);
    // She gives her mother another name, as she does anybody.
    for (const [name, before] of [["Mama", "Erika Sample"], ["Erika Sample", "Mama"]]) {
      await mine.click(".head a.button:text('Change the name')");
      assert.equal(await mine.inputValue("#name"), before);
      await fine(mine);
      await mine.fill("#name", name);
      await submit(mine);
      await mine.waitForURL(at(daughter, "/acting"));
      assert.match(await banner(mine), new RegExp(`You look at the records of ${name}`));
    }
    // Her own pages are not shown, and no form of theirs does anything.
    for (const path of ["/records", "/people", "/family", "/settings", "/shared", `/records/${record}`]) {
      await mine.goto(at(daughter, path));
      assert.equal(mine.url(), at(daughter, "/acting/own"), path);
      assert.match(await banner(mine), /Erika Sample/, path);
    }
    await fine(mine);
    await mine.goto(at(daughter, "/"));
    assert.equal(mine.url(), at(daughter, "/acting"));
    for (const [path, form] of [
      [`/records/${record}/share`, { person: anna, term: "share-month" }],
      [`/shared/${record}/open`, { sent: "yes" }],
      ["/family/name", { person: erika, preset: "full", term: "share-year", meant: "yes" }],
      ["/people/" + erika + "/forget", {}],
    ]) {
      const { status, text } = await send(mine, path, form);
      assert.equal(status, 422, path);
      assert.match(text, /this form is about your own things/);
      assert.match(text, /You look at the records of Erika Sample/, "errors say for whom one acts, too");
    }
    await mine.goto(at(daughter, "/acting/records/7"));
    await wasRefused(mine, /no such page/);
    assert.match(await banner(mine), /Erika Sample/);
  });

  it("is told of everybody who can see a record, as the mother's pages and the command line tell it", async () => {
    const page = (path) => mine.goto(at(daughter, path));
    const can = () => mine.textContent("section:has(#readers)");
    const counts = async (said) => {
      await page("/acting");
      assert.match(await mine.textContent("ul.rows"), said);
      await hers.goto(at(mother, "/records"));
      assert.match(await hers.textContent("ul.rows"), said, "the mother's own list says the same");
    };
    await page(`/acting/records/${record}`);
    assert.match(await can(), /you.*left, until.*act for Erika Sample, and see all records/s);
    assert.doesNotMatch(await can(), /Nora|Nobody but the patient|shared with nobody/);
    await fine(mine);

    // Somebody who may add, and see nothing, is none of them.
    mother.run(undefined, "delegate", nora, "--may", "add", "--forever");
    await page(`/acting/records/${record}`);
    assert.doesNotMatch(await can(), /Nora/);
    await counts(/1 person can see it/);
    mother.run(undefined, "delegate", nora, "--may", "see", "--forever");
    await page(`/acting/records/${record}`);
    assert.match(await can(), /you.*act for Erika Sample.*Nora Neighbour.*acts for Erika Sample, and sees all records/s);
    assert.doesNotMatch(await can(), /until you stop it/, "she can't stop it");
    await fine(mine);
    await counts(/2 people can see it/);
    const shown = execFileSync(mrms, ["as", erika, "show", "1"], { env: daughter.env, encoding: "utf8" });
    assert.match(shown, /you .*a delegate who may see every record\n.*Nora.*a delegate who may see every record/);

    mother.run(undefined, "delegate", nora, "--end", "--keep-grants");
    await counts(/1 person can see it/);

    // Whoever was given all records stands there, too.
    mother.run(undefined, "grant", "--all-records", "--to", nora, "--forever");
    await page(`/acting/records/${record}`);
    assert.match(await can(), /you.*act for Erika Sample.*Nora Neighbour.*all records; the patient alone ends that/s);
    assert.doesNotMatch(await can(), /until you stop it/, "she can't stop it");
    await fine(mine);
    await counts(/2 people can see it/);

    // Both at once make nobody two.
    mother.run(undefined, "delegate", nora, "--may", "see", "--forever");
    await counts(/2 people can see it/);
    mother.run(undefined, "delegate", nora, "--end", "--keep-grants");
    mother.run(undefined, "revoke", "--all-records", "--from", nora);
    await counts(/1 person can see it/);
  });

  it("opens a record, which stands in the mother's log", async () => {
    await mine.goto(at(daughter, "/acting?q=blood"));
    await mine.click("ul.rows a");
    assert.match(await mine.textContent("main"), /When you open it, that stands in the log of Erika Sample/);
    await fine(mine);
    await mine.click("button:text('Open')");
    assert.equal(await mine.textContent("pre.text"), NOTE);
    assert.match(await banner(mine), /Erika Sample/);
    await fine(mine);
    const [file] = await Promise.all([mine.waitForEvent("download"), mine.click("text=Download the file")]);
    await file.delete();
    await hers.goto(at(mother, "/who"));
    assert.match(await hers.textContent(".looks"), /Anna Sample, for you, opened “Blood test”/);
  });

  it("offers nothing that she may not do, and refuses it where it is posted", async () => {
    await mine.goto(at(daughter, `/acting/records/${record}`));
    for (const path of ["/acting/add", "/acting/share", `/acting/records/${record}/share`, `/acting/records/${record}/version`]) {
      assert.equal(await mine.locator(`a[href="${path}"]`).count(), 0, path);
      await mine.goto(at(daughter, path));
      await wasRefused(mine, /no power to do that/);
    }
    const before = mother.run(undefined, "audit", record).length;
    const patient = erika;
    for (const [path, form] of [
      [`/acting/records/${record}/share`, { patient, person: anna, term: "share-month" }],
      [`/acting/records/${record}/stop`, { patient, user: anna }],
    ]) {
      const { status, text } = await send(mine, path, form);
      assert.equal(status, 409, `${path}: ${text}`);
      assert.match(text, /no power to do that/);
    }
    const added = await mine.evaluate(
      async ([token, patient]) => {
        const form = new FormData();
        form.append("token", token);
        form.append("patient", patient);
        form.append("file", new File(["unwanted"], "unwanted.txt"));
        const answer = await fetch("/acting/add", { method: "POST", body: form });
        return { status: answer.status, text: await answer.text() };
      },
      [mine.token, patient],
    );
    mine.faults.length = 0;
    assert.equal(added.status, 409);
    assert.match(added.text, /no power to do that/);
    // A page that was open before is of another patient.
    const other = await send(mine, `/acting/records/${record}/open`, { patient: anna });
    assert.equal(other.status, 422);
    assert.match(other.text, /for somebody else/);
    assert.equal(mother.run(undefined, "audit", record).length, before, "nothing was done");
    assert.equal(mother.run(undefined, "list").length, 1);
  });

  it("is the session's alone, and ends with the lock", async () => {
    const second = await enter(browser, daughter, "default");
    assert.equal(await second.locator("section.acting").count(), 0, "another browser acts for nobody");
    const { status } = await send(second, `/acting/records/${record}/open`, { patient: erika });
    assert.equal(status, 422);
    await second.context().close();
    const clinic = await enter(browser, mother, "clinic");
    assert.equal((await send(clinic, "/acting/begin", { patient: erika })).status, 422, "another profile may not");
    await clinic.context().close();
    await mine.click("header.top form button");
    await mine.waitForURL(at(daughter, "/unlock"));
    await mine.fill("#passphrase", PASSPHRASE);
    await mine.click("main button[type=submit]");
    await mine.waitForURL(at(daughter, "/"));
    assert.equal(await mine.locator("section.acting").count(), 0);
  });

  it("shares, stops sharing and adds once the mother lets her", async () => {
    await hers.goto(at(mother, "/family"));
    await hers.click("a:text('Change')");
    assert.equal(await hers.isChecked("#person-0"), true, "it is about her");
    await hers.click("label[for=preset-full]");
    await hers.click("label[for=share-year]");
    await submit(hers);
    assert.match(await hers.textContent("main"), /takes the place of what holds now.*May open all your records\./s);
    await hers.check("#meant");
    await submit(hers);
    await hers.waitForURL(/done=named/);

    await mine.goto(at(daughter, "/family"));
    await mine.click("form[action='/acting/begin'] button");
    await mine.click("ul.rows a");
    await mine.click("a.button:text('Share')");
    await fine(mine);
    await submit(mine);
    await wasRefused(mine, /Choose with whom/);
    await mine.click("label:has-text('Clinic North')");
    await mine.click("label[for=share-month]");
    await submit(mine);
    if (await mine.locator("p.fingerprint").count()) {
      await fine(mine);
      await submit(mine);
    }
    await mine.waitForURL(/done=shared/);
    assert.match(await mine.textContent("section:has(#readers)"), /Clinic North.*left, until/s);
    await fine(mine);

    await mine.goto(at(daughter, "/acting/add"));
    if (await mine.locator("p.fingerprint").count()) await submit(mine);
    await fine(mine);
    await mine.setInputFiles("#files", daughter.file("letter.txt", `From the hospital ${MARKER}\n`));
    await mine.fill("#called-0", "Letter from the hospital");
    await mine.click("form#add button");
    await mine.waitForSelector("#add-progress a", { timeout: 60_000 });
    await mine.click("#add-progress a");
    assert.match(await mine.textContent("main"), /on record for Erika Sample.*by you/s);
    assert.match(await mine.textContent("h1"), /Letter from the hospital/);
    await fine(mine);
    await mine.click("text=Add a version");
    await mine.setInputFiles("#files", daughter.file("letter.txt", `From the hospital, corrected ${MARKER}\n`));
    await mine.click("form#add button");
    await mine.waitForSelector("#add-progress a", { timeout: 60_000 });
    await mine.click("#add-progress a");
    await mine.selectOption("#version", "1");
    await mine.click("button:text('Open')");
    assert.equal(await mine.textContent("pre.text"), `From the hospital ${MARKER}\n`);

    // Both at once, found word by word as in one's own list; what is ticked stays while she searches.
    await mine.goto(at(daughter, "/acting"));
    await mine.click("a.button:text('Share several')");
    assert.equal(await mine.locator("#what-all").count(), 0, "all records are the mother's to give");
    await mine.check(`#record-${record}`);
    await mine.fill("#q", `hospital text ${new Date().getFullYear()}`);
    await mine.click("button[name=look]");
    const rows = await mine.locator("div.some fieldset .choice").allTextContents();
    assert.equal(rows.length, 2, rows.join());
    await fine(mine);
    await mine.check("div.some fieldset input[type=checkbox]:not(:checked)");
    await mine.click("label:has-text('Clinic North')");
    await mine.click("label[for=share-year]");
    await mine.click("main form.card > button[type=submit]");
    await mine.waitForURL(at(daughter, "/acting?done=shared"));
    await fine(mine);
    await mine.click("ul.rows a:has-text('Letter from the hospital')");
    assert.match(await mine.textContent("section:has(#readers)"), /Clinic North.*left, until/s);
    await mine.click("button:text('Stop')");
    await mine.waitForURL(/done=stopped/);
    const other = await send(mine, "/acting/share", { patient: anna, record, person: anna, term: "share-month" });
    assert.equal(other.status, 422, "a page of somebody else does nothing");

    await mine.goto(at(daughter, "/acting/who"));
    assert.match(await mine.textContent("ul.looks"), /Blood test.*you, for Erika Sample/s);
    await fine(mine);
    await mine.goto(at(daughter, `/acting/records/${record}`));
    await mine.click("button:text('Stop')");
    await mine.waitForURL(/done=stopped/);
    assert.doesNotMatch(await mine.textContent("section:has(#readers)"), /Clinic North/);
    assert.match(await mine.textContent("section:has(#readers)"), /you.*act for Erika Sample, and see all records/s);

    await hers.goto(at(mother, "/records"));
    assert.match(await hers.textContent("ul.rows"), /Letter from the hospital/);
    // What was taken back before she looked is news all the same.
    await hers.goto(at(mother, "/"));
    assert.match(await hers.textContent("section:has(#news)"), /Anna Sample.* let .* open 2 of your records for you\. Taken back on \d+ \w+ 20\d\d/s);
    await fine(hers);
    await hers.goto(at(mother, `/records/${record}/log`));
    assert.match(await hers.textContent(".looks"), /Anna Sample.*gave access to/s);
    await fine(hers);
  });

  it("works without script, and comes back to her own pages with one button", async () => {
    const page = await enter(browser, daughter, "default", { javaScriptEnabled: false });
    await page.goto(at(daughter, "/family"));
    await page.click("form[action='/acting/begin'] button");
    await page.waitForURL(at(daughter, "/acting"));
    await page.goto(at(daughter, "/acting/add"));
    await page.setInputFiles("#files", daughter.file("plain.txt", `Without script ${MARKER}\n`));
    await page.fill("#called", "Without script");
    await page.click("form#add button");
    await page.waitForURL(/acting\/records\/\d+\?done=added/);
    await page.click("section.acting button");
    await page.waitForURL(at(daughter, "/family?done=own"));
    assert.equal(await page.locator("section.acting").count(), 0);
    assert.match(await page.textContent(".notice"), /your own pages again/);
    await page.goto(at(daughter, "/records"));
    assert.equal((await page.textContent("main")).includes("Without script"), false, "it is not hers");
    await page.context().close();
  });

  it("says it in German and Spanish", async () => {
    for (const [locale, family, looks, one, acts] of [
      ["de-DE", /Wer für Sie handelt/, /Sie sehen die Akte von/, /1 Person kann es sehen/, /Sie.*handeln für Erika Sample und sehen die ganze Akte/s],
      ["es-ES", /Quién actúa por usted/, /Está viendo la historia de/, /1 persona puede verlo/, /usted.*actúa por Erika Sample y ve toda su historia/s],
    ]) {
      const page = await enter(browser, daughter, "default", { locale });
      await page.goto(at(daughter, "/family"));
      assert.match(await page.textContent("main"), family);
      await fine(page);
      await page.click("form[action='/acting/begin'] button");
      assert.match(await banner(page), looks);
      assert.match(await page.textContent("ul.rows"), one);
      await fine(page);
      await page.goto(at(daughter, `/acting/records/${record}`));
      assert.match(await page.textContent("section:has(#readers)"), acts);
      await fine(page);
      await page.context().close();
    }
  });

  it("ends it, with what she granted, and from then on she is refused", async () => {
    await mine.goto(at(daughter, `/acting/records/${record}/share`));
    await mine.click("label:has-text('Clinic North')");
    await mine.click("label[for=share-month]");
    await submit(mine);
    assert.match(await mine.textContent("div[role=alert]"), /Clinic North to this was ended before/);
    await fine(mine);
    await submit(mine);
    await mine.waitForURL(/done=shared/);
    const clinic = await enter(browser, mother, "clinic");
    const open = () => send(clinic, `/shared/${record}/open`, { sent: "yes" });
    assert.equal((await open()).status, 200);
    // She is in the middle of adding two files, and of giving a name.
    const adding = await enter(browser, daughter, "default");
    await send(adding, "/acting/begin", { patient: erika });
    await adding.goto(at(daughter, "/acting/add"));
    await adding.setInputFiles("#files", ["cut.txt", "off.txt"].map((name) => daughter.file(name, `Cut off ${MARKER}\n`)));
    const plain = await enter(browser, daughter, "default", { javaScriptEnabled: false });
    await plain.goto(at(daughter, "/family"));
    await plain.click("form[action='/acting/begin'] button");
    await plain.goto(at(daughter, "/acting/add"));
    await plain.setInputFiles("#files", daughter.file("plain.txt", `Cut off ${MARKER}\n`));
    const looking = await enter(browser, daughter, "default");
    await send(looking, "/acting/begin", { patient: erika });

    await hers.goto(at(mother, "/family"));
    await hers.click("a.stop");
    await fine(hers);
    await hers.click("label[for=family-end-keep]");
    await submit(hers);
    await hers.waitForURL(/done=kept/);
    assert.match(await hers.textContent("div.notice"), /Anna Sample.*does not act for you any more.*until its own end/s);
    assert.match(await hers.inputValue("#tell"), /ended in MRMS that you act for me/);
    assert.match(await hers.textContent("section:has(#mine)"), /Nobody acts for you/);
    await fine(hers);
    assert.equal((await open()).status, 200, "what she granted goes on");

    const { status, text } = await send(mine, `/acting/records/${record}/open`, { patient: erika });
    assert.equal(status, 409);
    assert.match(text, /<h1>You do not act for .*Erika Sample.* any more<\/h1>.*nothing of what you had typed or chosen is kept/s);
    assert.equal(text.includes(MARKER), false);
    assert.equal(text.includes("Back to what you typed"), false, "there is nothing to go back to");
    await mine.goto(at(daughter, `/acting/records/${record}`));
    assert.match(await mine.textContent("[role=alert]"), /You do not act for .*Erika Sample.* any more/s);
    mine.faults.length = 0; // the browser says that the page is none
    await fine(mine);
    for (const [page, unsent] of [[adding, "cut.txt"], [plain, "plain.txt"]]) {
      await page.click("form#add button");
      await page.waitForSelector("h1:has-text('You do not act for')");
      assert.match(await page.textContent("[role=alert]"), new RegExp(`Not sent: ${unsent.replace(".", "\\.")}\\..*was not done`, "s"));
      assert.equal(await page.locator("section.acting, form#add").count(), 0, "neither the banner nor the form stays");
      page.faults.length = 0; // the browser says that it was refused
      if (page === adding) await fine(page);
      await page.context().close();
    }
    await looking.goto(at(daughter, "/records"));
    assert.match(await looking.textContent("h1"), /You do not act for .*Erika Sample.* any more/s);
    assert.equal(await looking.locator("section.acting").count(), 0);
    await looking.context().close();
    assert.equal(mother.run(undefined, "list").some((one) => /cut|off|plain\.txt/.test(one.label ?? "")), false);
    await mine.click("[role=alert] a:text('Family')");
    await mine.waitForURL(at(daughter, "/family"));
    await mine.goto(at(daughter, "/"));
    await mine.click("section:has(#news) a:has-text('You do not act for')");
    assert.match(await mine.textContent("main"), /Erika Sample.*any more.*What you opened or saved before, you may keep/s);
    await fine(mine);
    await mine.goto(at(daughter, "/family"));
    assert.equal(await mine.locator("section.acting").count(), 0);
    assert.match(await mine.textContent("section:has(#theirs)"), /You act for nobody/);
    assert.equal((await send(mine, "/acting/begin", { patient: erika })).status, 422);

    await hers.click("section:has(#mine) details summary");
    await hers.click("text=End what they granted");
    await fine(hers);
    await submit(hers);
    await hers.waitForURL(/done=ended/);
    const after = await open();
    assert.ok(after.status >= 400 && !after.text.includes(MARKER), String(after.status));
    await hers.goto(at(mother, "/"));
    assert.match(await hers.textContent("h1.sentence"), /Nobody but you can see/);
    assert.deepEqual(hers.faults, []);
  });
});
