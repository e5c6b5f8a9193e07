// Two people in two browsers, each with a home of their own: a clinic that serves node and vault, and a patient who joins
// it from the first page on. Sharing, requests, letters, emergencies, and the end of all of it; and then no plaintext is
// on any disk.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { PASSPHRASE, Town, filesWith, fine, launchIn, skip, watched } from "./town.mjs";

const MARKER = "MARKER-two-of-them";
const NOTE = `Ferritin 31 ug/L ${MARKER}\n`;

describe("two people in two browsers", { skip, concurrency: false }, () => {
  let sponsor, clinic, patient, clinicPage, patientPage, folders, contexts;
  const at = (town, path) => `${town.url}${path}`;
  const submit = (page, within = "main") => page.click(`${within} button[type=submit]`);
  /** The browser says in its console that an answer was a refusal. */
  const wasRefused = async (page, words) => {
    assert.match(await page.textContent("[role=alert]"), words);
    page.faults.length = 0;
  };

  before(async () => {
    clinic = new Town();
    patient = new Town();
    clinic.run(undefined, "init");
    clinic.run(undefined, "card", "set", "--name", "Clinic North", "--kind", "practice", "--address", "Main Street 5");
    writeFileSync(join(clinic.home, "vouchers.txt"), "");
    const paying = '[sponsor]\nvouchers = "vouchers.txt"\nprofile = "default"\nlisten = "127.0.0.1:0"\n';
    writeFileSync(join(clinic.home, "mrms.toml"), paying);
    sponsor = (await clinic.up()).sponsor.url;
    await Promise.all([clinic.start(), patient.start()]);
    folders = [0, 1].map(() => mkdtempSync(join(tmpdir(), "mrms-browser-")));
    contexts = await Promise.all(folders.map(launchIn));
    clinicPage = await watched(contexts[0], clinic.url);
    patientPage = await watched(contexts[1], patient.url);
    await clinicPage.goto(clinic.link);
    await clinicPage.waitForURL(at(clinic, "/unlock"));
    await clinicPage.fill("#passphrase", PASSPHRASE);
    await submit(clinicPage);
    await clinicPage.waitForURL(at(clinic, "/"));
  });
  after(async () => {
    await Promise.all((contexts ?? []).map((context) => context.close()));
    await clinic?.end();
    await patient?.end();
    for (const folder of folders ?? []) rmSync(folder, { recursive: true, force: true });
  });

  it("joins by a picture of an invitation, on the first page, after it was said what it asks for", async () => {
    clinic.run(undefined, "invite", "--sponsor-url", sponsor, "-o", "invitation.png");
    const text = clinic.run(undefined, "invite", "--sponsor-url", sponsor)[0].text;
    const page = patientPage;
    await page.goto(patient.link);
    await page.waitForURL(at(patient, "/welcome"));
    await page.click("text=I have an invitation");
    await fine(page);
    await page.fill("#document", `${text.slice(0, -8)}AAAAAAAA`);
    await submit(page);
    await wasRefused(page, /altered|no invitation/);
    await page.setInputFiles("#picture", patient.file("no.png", Buffer.from("\x89PNG\r\n\x1a\nnothing", "latin1")));
    await submit(page);
    await wasRefused(page, /no QR code/);
    await page.setInputFiles("#picture", join(clinic.folder, "invitation.png"));
    await submit(page);
    assert.match(await page.textContent("h1"), /“Clinic North” invites you/);
    const said = await page.textContent("main");
    for (const words of ["Main Street 5", "1 vault keeps the keys", "Fees are paid for you", "It can be taken until"]) {
      assert.ok(said.includes(words), `${words} in ${said}`);
    }
    await fine(page);
    await submit(page);
    await page.waitForURL(at(patient, "/welcome"));
    assert.match(await page.textContent(".notice"), /You will work with “Clinic North”/);
    await page.fill("#passphrase", PASSPHRASE);
    await page.fill("#again", PASSPHRASE);
    await submit(page);
    await page.waitForURL(at(patient, "/words"));
    await page.goto(at(patient, "/people"));
    assert.match(await page.textContent("ul.rows"), /Clinic North/);
    assert.match(readFileSync(join(patient.home, "mrms.toml"), "utf8"), /\[ledger\]\nurl = /);
    await fine(page);
  });

  it("shares with whom they joined, who opens it for a purpose", async () => {
    await patientPage.goto(at(patient, "/records/add"));
    await patientPage.setInputFiles("#files", patient.file("ferritin.txt", NOTE));
    await patientPage.click("form#add button");
    await patientPage.waitForSelector("#add-progress a", { timeout: 60_000 });
    await patientPage.click("#add-progress a");
    const record = patientPage.url().split("?")[0];
    assert.match(await patientPage.textContent("[role=status]"), /on record/);
    await patientPage.click("a.button:text('Share')");
    await patientPage.click("label[for=person-0]");
    await patientPage.click("label[for=share-date]");
    await submit(patientPage, "form.card");
    await wasRefused(patientPage, /Choose the day/);
    await patientPage.click("label[for=person-0]");
    await patientPage.click("label[for=share-month]");
    await submit(patientPage, "form.card");
    await patientPage.waitForURL(/done=shared/);
    assert.match(await patientPage.textContent(".readers"), /Clinic North.*30 days left/s);
    await fine(patientPage);

    const page = clinicPage;
    await page.goto(at(clinic, "/shared"));
    assert.match(await page.textContent("#shared-new"), /New/);
    assert.match(await page.textContent("ul.readers"), /ferritin.txt/);
    await fine(page);
    await page.click("ul.readers button");
    await wasRefused(page, /what you open records for/);
    await page.selectOption("#purpose", "TREAT");
    await page.click("form.search button");
    await page.click("ul.readers button");
    assert.equal(await page.textContent("pre.text"), NOTE);
    assert.match(await page.textContent(".countdown"), /days left/);
    await fine(page);
    await page.goto(at(clinic, "/shared"));
    assert.equal(await page.locator("#shared-new").count(), 0, "it is not new any more");

    // What for stands there at the first look at the page; a machine that does much else says first that it asks, and the page
    // comes again by itself.
    await patientPage.goto(record);
    const first = await patientPage.textContent(".looks");
    assert.match(first, /Clinic North.*(for treatment|being asked what for)/s);
    await patientPage.waitForFunction(() => /for treatment/.test(document.querySelector(".looks").textContent), null, { timeout: 30_000 });
    await patientPage.goto(at(patient, "/who"));
    assert.match(await patientPage.textContent(".looks"), /Clinic North opened “ferritin.txt”.*for treatment/s, "nobody had to compare the logs");
    await patientPage.goto(`${record}/log`);
    assert.match(await patientPage.textContent(".looks"), /Clinic North opened it · for treatment/);
    assert.match(await patientPage.textContent(".good"), /vaults' logs agree/);
    await fine(patientPage);
    await patientPage.click(".looks a >> nth=0");
    assert.match(await patientPage.textContent("h1"), /^Entry \d+/);
    assert.match(await patientPage.textContent("dl.facts"), /What.*Clinic North opened it.*What for.*treatment/s);
    await fine(patientPage);
    await patientPage.goto(at(patient, "/"));
    assert.match(await patientPage.textContent("h1"), /1 person can see.*Clinic North opened one of them this week/s);
    await patientPage.goto(at(patient, "/who"));
    assert.match(await patientPage.textContent(".looks"), /Clinic North opened “ferritin.txt”/);
    await patientPage.click("nav.chips a:text('Refused')");
    assert.match(await patientPage.textContent("main"), /Refused: 0/);
    await fine(patientPage);
  });

  it("asks with a request, which is answered for a shorter time", async () => {
    await clinicPage.goto(at(clinic, "/request"));
    await fine(clinicPage);
    await clinicPage.fill("#what", "the blood tests of May");
    await clinicPage.selectOption("#length", "share-week");
    await submit(clinicPage, "form.card");
    const request = await clinicPage.inputValue("#own");
    assert.match(request, /^mrms:/);
    await fine(clinicPage);

    await patientPage.goto(at(patient, "/records/add"));
    await patientPage.setInputFiles("#files", patient.file("may.txt", `${MARKER} of May`));
    await patientPage.click("form#add button");
    await patientPage.waitForSelector("#add-progress a", { timeout: 60_000 });
    await patientPage.goto(at(patient, "/request/answer"));
    await fine(patientPage);
    await patientPage.fill("#document", request);
    await submit(patientPage);
    assert.match(await patientPage.textContent("h1"), /Clinic North asks to see/);
    assert.match(await patientPage.textContent("main"), /“the blood tests of May”.*For 1 week, for treatment/s);
    assert.equal(await patientPage.locator("#share-month").count(), 0, "no longer than was asked");
    await fine(patientPage);
    await patientPage.fill("#q", "may");
    await patientPage.click("button[value=search]");
    assert.equal(await patientPage.locator("input[name=record]").count(), 1);
    await patientPage.click("label[for=share-day]");
    await patientPage.click("button[value=grant]");
    await wasRefused(patientPage, /Choose at least one/);
    await patientPage.check("input[name=record]");
    await patientPage.click("label[for=share-day]");
    await patientPage.click("button[value=grant]");
    await patientPage.waitForURL(/done=shared/);
    assert.match(await patientPage.textContent(".readers"), /hours left/);
    await clinicPage.goto(at(clinic, "/shared"));
    assert.match(await clinicPage.textContent("#shared-soon + ul"), /may.txt/);
  });

  it("takes a card after showing what it says, and a letter is accepted", async () => {
    await patientPage.goto(at(patient, "/card"));
    await patientPage.fill("#name", "Maria Muster");
    await submit(patientPage, "form.card");
    await patientPage.waitForURL(/done=made/);
    await fine(patientPage);
    const card = await patientPage.inputValue("#own");
    const [picture] = await Promise.all([patientPage.waitForEvent("download"), patientPage.click("text=Save the picture")]);
    const bytes = [];
    for await (const chunk of await picture.createReadStream()) bytes.push(chunk);
    await picture.delete();

    const page = clinicPage;
    await page.goto(at(clinic, "/people"));
    await page.fill("#document", "mrms:nonsense");
    await submit(page, "form.card");
    await wasRefused(page, /no card|altered/);
    await page.setInputFiles("#picture", patient.file("card.png", Buffer.concat(bytes)));
    await submit(page, "form.card");
    assert.match(await page.textContent("dl.facts"), /Maria Muster/);
    await fine(page);
    // A name that lists use for something else is nobody's.
    await page.fill("#name", "you");
    await submit(page, "form.card");
    await wasRefused(page, /could be taken for something else/);
    await page.fill("#name", "Maria");
    await submit(page, "form.card");
    await page.waitForURL(/done=added/);
    await fine(page);
    await page.goto(at(clinic, "/people"));
    await page.fill("#document", card);
    await submit(page, "form.card");
    assert.match(await page.textContent("main"), /You have this card already/);

    await page.goto(at(clinic, "/send"));
    await fine(page);
    await page.click("ul.rows a:has-text('Maria')");
    if (/compared/.test(await page.getAttribute("main form", "action"))) await submit(page, "form.card");
    await fine(page);
    await page.fill("#label", "Your result");
    await page.setInputFiles("#file", clinic.file("result.txt", `${MARKER} result`));
    await submit(page, "form.card");
    await page.waitForURL(/done=sent/);

    await patientPage.goto(at(patient, "/inbox"));
    assert.match(await patientPage.textContent("ul.readers"), /Your result.*Clinic North/s);
    await fine(patientPage);
    await patientPage.click("button:text('Read it first')");
    assert.equal(await patientPage.textContent("pre.text"), `${MARKER} result`);
    await patientPage.goto(at(patient, "/inbox"));
    await patientPage.click("button:text('Accept')");
    await patientPage.waitForURL(/records\/\d+/);
    assert.match(await patientPage.textContent("main"), /by Clinic North/);
  });

  it("declares an emergency, which the patient reads and reviews", async () => {
    await patientPage.goto(at(patient, "/records?q=may"));
    await patientPage.click("ul.rows a");
    const record = patientPage.url();
    await patientPage.click("a.button:text('Share')");
    await patientPage.click("label[for=person-0]");
    await patientPage.click("details.more summary, form details summary");
    await patientPage.selectOption("#allow", "emergency");
    await submit(patientPage, "form.card");
    await patientPage.waitForURL(/done=shared/);

    const id = new URL(record).pathname.split("/").pop();
    await clinicPage.goto(at(clinic, `/shared/${id}/emergency`));
    assert.match(await clinicPage.textContent("section.emergency"), /record \d+ of Maria.*told what it is once it is open.*stands in the log for good/s);
    await fine(clinicPage);
    await clinicPage.fill("#reason", "unconscious, no next of kin");
    await clinicPage.check("#meant");
    await submit(clinicPage, "section.emergency");
    assert.match(await clinicPage.textContent("pre.text"), /of May/);

    await patientPage.goto(at(patient, "/"));
    const attention = () => patientPage.textContent(".attention");
    assert.match(await attention(), /Clinic North declared an emergency on “may.txt”.*Text · added \d+ \w+ \d{4}/s);
    await patientPage.waitForFunction(() => /“unconscious, no next of kin”.*I have read it/s.test(document.querySelector(".attention").textContent), null, { timeout: 30_000 });
    await fine(patientPage);
    await patientPage.goto(record);
    const lines = await patientPage.locator(".looks li.emergency").allTextContents();
    assert.ok(lines.length === 2 && lines.every((line) => /“unconscious, no next of kin”/.test(line)), lines.join());
    assert.match(lines.join(), /declared an emergency/);
    assert.match(lines.join(), /opened it in an emergency/);
    await patientPage.goto(at(patient, "/who"));
    assert.match(await patientPage.textContent(".looks"), /declared an emergency on “may.txt”.*Text · added.*“unconscious, no next of kin”/s);
    await patientPage.goto(at(patient, "/"));
    await patientPage.click(".attention .emergency a");
    assert.match(await patientPage.textContent(".looks"), /“unconscious, no next of kin”/);
    await fine(patientPage);
    await patientPage.goto(at(patient, "/"));
    await patientPage.click(".attention button:text('I have read it')");
    await patientPage.waitForURL(/\/\?done=reviewed/);
    assert.match(await patientPage.textContent(".notice"), /noted that you have read it/);
    assert.equal(await patientPage.locator(".attention .emergency").count(), 0);
  });

  it("stops all that somebody can see, and gives evidence that anybody checks", async () => {
    await patientPage.goto(at(patient, "/people"));
    await patientPage.click("ul.rows a:has-text('Clinic North')");
    assert.match(await patientPage.textContent("#sees + ul, section:has(#sees)"), /opened once/);
    assert.match(await patientPage.textContent("form.card:has(button.stop)"), /What ends:.*ferritin.txt/s);
    await fine(patientPage);
    await patientPage.click("button:text('Stop all')");
    await patientPage.waitForURL(/done=stopped/);
    assert.match(await patientPage.textContent("section:has(#sees)"), /Nothing of yours/);
    assert.match(await patientPage.textContent("div[role=status]"), /can open nothing of yours now.*They opened it once/s);
    await clinicPage.goto(at(clinic, "/shared"));
    assert.equal(await clinicPage.locator("#shared-new, #shared-others, #shared-soon").count(), 0);
    assert.match(await clinicPage.textContent("section:has(#shared-ended)"), /has ended/);
    await fine(clinicPage);

    await patientPage.goto(at(patient, "/records?q=ferritin"));
    await patientPage.click("ul.rows a");
    await patientPage.click("text=Evidence to keep");
    assert.match(await patientPage.textContent("main"), /one file with the proofs/, "it is said before anything is saved");
    await fine(patientPage);
    const [bundle] = await Promise.all([patientPage.waitForEvent("download"), patientPage.click("text=Save the evidence")]);
    const chunks = [];
    for await (const chunk of await bundle.createReadStream()) chunks.push(chunk);
    await bundle.delete();
    await clinicPage.goto(at(clinic, "/check"));
    await clinicPage.setInputFiles("#evidence", clinic.file("bundle.json", Buffer.concat(chunks)));
    await submit(clinicPage);
    assert.match(await clinicPage.textContent(".good"), /Proven: \d+ events.*What happened.*gave access to[^·]*· until \w+ \d+ \w+ \d{4}.*You opened it/s);
    await fine(clinicPage);
    await clinicPage.setInputFiles("#evidence", clinic.file("no-bundle.txt", "a shopping list"));
    await submit(clinicPage);
    assert.match(await clinicPage.textContent("section.wrong"), /neither evidence nor an exported log/);
    clinicPage.faults.length = 0;
    assert.equal(await clinicPage.locator("nav.main").count(), 2, "the page has the menu of all others");
    await patientPage.goto(at(patient, "/who"));
    for (const [format, begins] of [["CSV", "record_id,"], ["NDJSON", '{"record_id"'], ["FHIR", '{"resourceType":"AuditEvent"']]) {
      const [file] = await Promise.all([patientPage.waitForEvent("download"), patientPage.click(`a:text('${format}')`)]);
      let text = "";
      for await (const chunk of await file.createReadStream()) text += chunk;
      await file.delete();
      assert.ok(text.startsWith(begins), `${format}: ${text.slice(0, 80)}`);
    }
    const [report] = await Promise.all([patientPage.waitForEvent("download"), patientPage.click("a:text('PDF (A4)')")]);
    let paper = "";
    for await (const chunk of await report.createReadStream()) paper += chunk.toString("latin1");
    await report.delete();
    assert.ok(paper.startsWith("%PDF-"), paper.slice(0, 20));
  });

  it("shares all records at once, hears what was added, and renames what it finds", async () => {
    const page = patientPage;
    await page.goto(at(patient, "/people"));
    await page.click("ul.rows a:has-text('Clinic North')");
    await page.click("a.button:text('Share records with them')");
    assert.ok(await page.isChecked("#person-0"), "who it is for is chosen");
    await fine(page);
    await page.click("label[for=share-week]");
    await page.click("form.card > button[type=submit]");
    await wasRefused(page, /Tick what you want to share/);
    await page.fill("#q", "ferritin");
    await page.click("button[name=look]");
    assert.equal(await page.locator("input[name=record]").count(), 1);
    assert.ok(await page.isChecked("#share-week"), "what was chosen stays");
    const id = await page.inputValue("input[name=record]");
    await page.click("label[for=what-all]");
    assert.ok(!(await page.isVisible("#q")), "all are all");
    assert.ok(await page.isChecked("#again"), "all are also those that were stopped, unless one says otherwise");
    await page.uncheck("#again");
    await page.click("form details summary");
    await page.selectOption("#allow", "amend");
    await fine(page);
    await page.click("form.card > button[type=submit]");
    await page.waitForURL(/done=shared/);
    assert.match(await page.textContent("section:has(#sees)"), /All your records, later ones too.*7 days left/s);
    // What was stopped by itself stays stopped, and that is said.
    assert.match(await page.textContent("section:has(#sees) .wrong"), /But not these.*ferritin.txt/s);
    await fine(page);
    // What a share of one of them comes to is said before it is shared.
    await page.goto(at(patient, "/records?q=result"));
    await page.click("ul.rows a");
    await page.click("a.button:text('Share')");
    await page.click("label:has-text('Clinic North')");
    await page.click("label[for=share-day]");
    await submit(page);
    assert.match(await page.textContent("div[role=alert]"), /can open all your records already/);
    assert.ok(await page.isChecked("#share-day"), "what was chosen stays");
    await fine(page);
    await page.click("a.button:text('Cancel')");
    await page.goto(at(patient, "/people"));
    await page.click("ul.rows a:has-text('Clinic North')");
    assert.match(await page.textContent("form.card:has(button.stop)"), /The access to all your records, later ones too/);

    await page.click("a:text('Share these as well')");
    assert.ok(await page.isChecked(`#record-${id}`));
    assert.match(await page.textContent("div[role=alert]"), /Clinic North to this was ended before.*ferritin.txt.*stays open all the same/s);
    await fine(page);
    await page.click("label[for=share-week]");
    await page.click("form details summary");
    await page.selectOption("#allow", "amend");
    await page.click("form.card > button[type=submit]");
    await page.waitForURL(/done=shared/);
    assert.equal(await page.locator("section:has(#sees) .wrong").count(), 0);
    assert.match(await page.textContent("section:has(#sees) .readers"), /ferritin.txt.*may add versions/s);
    await page.goto(at(patient, "/records?q=result"));
    await page.click("ul.rows a");
    assert.match(await page.textContent(".readers"), /Clinic North.*All your records, later ones too/s);
    await page.click(".readers button:text('Stop')");
    await page.waitForURL(/done=stopped/);
    assert.match(await page.textContent("section:has(#readers)"), /Nobody but you/);

    await clinicPage.goto(at(clinic, `/shared/${id}/version`));
    await clinicPage.setInputFiles("#files", clinic.file("report.txt", `${MARKER} report`));
    await clinicPage.click("form#add button");
    await clinicPage.waitForSelector("#add-progress a, #add-progress .wrong", { timeout: 60_000 });
    assert.match(await clinicPage.textContent("#add-progress"), /on record/);

    await page.goto(at(patient, "/"));
    await page.click("a:has-text('Clinic North added to “ferritin.txt”')");
    assert.match(await page.textContent("p.notice"), /You see version 2, which Clinic North wrote.*newest one of your own: version 1/s);
    assert.match(await page.textContent("nav.versions"), /Version 2, by Clinic North.*Version 1, yours/s);
    assert.match(await page.textContent("pre.text"), /report/);
    await page.click("nav.versions a:has-text('yours')");
    assert.equal(await page.textContent("pre.text"), NOTE);
    await fine(page);
    await page.goto(at(patient, "/"));
    await page.click("section:has(#news) button");
    await page.waitForURL(at(patient, "/"));
    assert.equal(await page.locator("#news").count(), 0, "it was read");

    await page.goto(at(patient, `/records/${id}`));
    await page.click("a:text('Rename')");
    assert.equal(await page.inputValue("#name"), "ferritin.txt");
    await fine(page);
    await page.fill("#name", "Iron, in spring");
    await submit(page);
    await page.waitForURL(/done=renamed/);
    assert.equal((await page.textContent("h1")).trim(), "Iron, in spring");
    assert.equal(await page.textContent("pre.text"), NOTE, "the document is the patient's, and the same");
    await page.goto(at(patient, "/records?q=iron"));
    assert.equal(await page.locator("ul.rows a").count(), 1);
    await page.goto(at(patient, "/people"));
    await page.click("ul.rows a:has-text('Clinic North')");
    await page.click("button:text('Stop all')");
    await page.waitForURL(/done=stopped/);
  });

  it("adds a version, and erases a record after a word was typed", async () => {
    await patientPage.goto(at(patient, "/records?q=iron"));
    await patientPage.click("ul.rows a");
    await patientPage.click("text=Add a version");
    await fine(patientPage);
    await patientPage.setInputFiles("#files", patient.file("ferritin.txt", `${NOTE}corrected`));
    await patientPage.click("form#add button");
    await patientPage.waitForSelector("#add-progress a", { timeout: 60_000 });
    await patientPage.click("#add-progress a");
    assert.match(await patientPage.textContent("nav.versions"), /Version 4.*Version 1/s);
    await patientPage.click("a:text('Erase')");
    await fine(patientPage);
    await patientPage.fill("#word", "perhaps");
    await submit(patientPage);
    await wasRefused(patientPage, /Nothing was erased/);
    await patientPage.fill("#word", "Erase");
    await submit(patientPage);
    assert.match(await patientPage.textContent(".good"), /Every vault has deleted/);
    await fine(patientPage);
    await patientPage.goto(at(patient, "/records"));
    assert.match(await patientPage.textContent("ul.rows"), /Erased/);
  });

  it("invites somebody from the pages", async () => {
    await clinicPage.goto(at(clinic, "/people"));
    await clinicPage.click("a:text('Invite somebody')");
    await fine(clinicPage);
    // Whom nobody pays for could do nothing with it.
    await clinicPage.click("main button[type=submit]");
    await wasRefused(clinicPage, /the address at which they reach that is not known/);
    // Whoever works with the clinic's node may invite to it, too.
    await patientPage.goto(at(patient, "/invite"));
    assert.match(await patientPage.textContent("section.card"), /fees of whoever joins are paid/);
    await patientPage.click("main button[type=submit]");
    assert.match(await patientPage.textContent("section[role=status]"), /It can be taken until.*lead to this computer alone/s);
    assert.match(await patientPage.inputValue("#own"), /^mrms:/);
    await fine(patientPage);
  });

  it("takes everything out as an archive that others read", async () => {
    await patientPage.goto(at(patient, "/settings"));
    const [archive] = await Promise.all([patientPage.waitForEvent("download"), patientPage.click("button:text('Take everything out')")]);
    const chunks = [];
    for await (const chunk of await archive.createReadStream()) chunks.push(chunk);
    await archive.delete();
    const listed = execFileSync("tar", ["-tf", "-"], { input: Buffer.concat(chunks), encoding: "utf8" });
    assert.match(listed, /may\.txt/);
    assert.match(listed, /result\.txt/);
    assert.equal(/ferritin/.test(listed), false, "what was erased is not in it");
    assert.ok(Buffer.concat(chunks).includes(MARKER));
  });

  it("leaves no plaintext and no passphrase on any disk", async () => {
    await Promise.all(contexts.map((context) => context.close()));
    contexts = [];
    const reason = "unconscious, no next of kin";
    assert.deepEqual(filesWith([clinic.home, patient.home, ...folders], [MARKER, PASSPHRASE, reason, "Ferritin 31"]), []);
  });
});
