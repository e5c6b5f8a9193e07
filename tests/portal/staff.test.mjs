// A clinic and its doctor in two browsers: the clinic names her by her card, she takes its key, what the clinic was granted
// stands in her list and is opened for the clinic, and the patient's page says who it was and for whom. Then she is removed.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { Town, enter, fine, launch, send, skip } from "./town.mjs";

const NOTE = "Ferritin 31 ug/L MARKER-of-the-clinic\n";
const NEXT = "Ferritin 48 ug/L MARKER-of-the-clinic\n";

describe("a member of a clinic", { skip, concurrency: false }, () => {
  let town, browser, page, clinic, patient, id, card;
  const account = {};
  const at = (path) => `${town.url}${path}`;
  const press = (page) => page.click("main button[type=submit]");
  const ofClinic = () => town.run("clinic", "card", "show")[0].fingerprint;

  before(async () => {
    town = new Town();
    // The doctor has the default profile.
    town.run(undefined, "init");
    for (const name of ["clinic", "patient"]) account[name] = town.run(undefined, "profile", "add", name)[0].principal;
    const made = (profile, name) => town.run(profile, "card", "set", "--name", name)[0].text;
    card = made(undefined, "Dr Quist");
    const ofClinic = made("clinic", "Clinic North");
    for (const who of [undefined, "patient"]) town.run(who, "people", "add", ofClinic, "--yes");
    town.run("patient", "people", "add", card, "--yes");
    id = town.run("patient", "create", town.file("note.txt", NOTE))[0].record_id;
    town.run("patient", "grant", id, "--to", "Clinic North", "--for", "30d", "--as", "Maria Muster");
    await town.start();
    browser = await launch();
    [page, clinic] = [await enter(browser, town, "default"), await enter(browser, town, "clinic")];
  });
  after(async () => {
    await browser?.close();
    await town?.end();
  });

  it("is named by the clinic, which reads first what that means", async () => {
    await clinic.goto(at("/people"));
    await clinic.click("main a[href='/staff']");
    assert.match(await clinic.textContent("main"), /Nobody is on your staff/);
    await fine(clinic);
    await clinic.click("a[href='/staff/add']");
    await press(clinic);
    assert.match(await clinic.textContent("p.wrong"), /Choose whom you mean/);
    clinic.faults.length = 0; // the browser says that the form was refused
    await clinic.fill("#document", card);
    await clinic.fill("#name", "Helga Quist");
    await fine(clinic);
    await press(clinic);
    const said = await clinic.textContent("form.card");
    assert.match(said, /Fingerprint of their key.*everything that was shared with you.*There is no half membership.*1 year|365 days/s);
    assert.match(await clinic.textContent("h1"), /Helga Quist would open for you/);
    assert.deepEqual(town.run("clinic", "staff", "list"), [], "it only asked");
    await fine(clinic);
    await clinic.check("#meant");
    await press(clinic);
    await clinic.waitForURL(/\/staff\?done=named/);
    assert.match(await clinic.textContent("ul.readers li"), /Helga Quist.*On your staff since.*Has not taken the key yet/s);
    await fine(clinic);
  });

  it("takes the key of the clinic that names her", async () => {
    await page.goto(at("/"));
    assert.match(await page.textContent(".attention"), /Clinic North.* names you as one of its staff/s);
    await fine(page);
    await page.goto(at("/shared"));
    await page.click("p.notice a");
    assert.match(await page.textContent("ul.readers li"), /Clinic North.* names you.*in their log/s);
    await fine(page);
    await page.click("ul.readers button");
    await page.waitForURL(/done=joined/);
    assert.match(await page.textContent("ul.readers li"), /You open for .*Clinic North/s);
    await fine(page);
    await clinic.goto(at("/staff"));
    assert.match(await clinic.textContent("ul.readers li"), /Has the key/);
    assert.equal(town.run("clinic", "staff", "list")[0].has_key, 1);
    await page.goto(at("/"));
    assert.match(await page.textContent("h1.sentence"), /You work here as a member of .*Clinic North.*1 person shares records with/s);
    assert.equal(await page.locator(".attention:has-text('names you')").count(), 0);
    assert.equal(await page.locator("section.actions a[href='/shared']").count(), 1);
    await fine(page);
  });

  it("finds what the clinic was granted, and no staff key among it", async () => {
    await page.goto(at("/shared"));
    const rows = await page.locator("ul.readers li").allTextContents();
    assert.equal(rows.length, 1, rows.join("\n"));
    assert.match(rows[0], /note\.txt.*Maria Muster.*for Clinic North/s);
    await fine(page);
  });

  it("opens it for the clinic, against an entry that names both", async () => {
    await page.selectOption("#purpose", "TREAT");
    await page.click("form.search button");
    await page.waitForURL(at("/shared"));
    await page.click("ul.readers button[formaction$='/open']");
    await page.waitForSelector("section.content");
    assert.match(await page.textContent("div.head"), /for Clinic North/);
    await fine(page);
    const looks = town.run("patient", "who");
    assert.equal(looks[0].who_name, "Dr Quist");
    assert.equal(looks[0].organisation_name, "Clinic North");
    assert.equal(looks[0].purpose, "TREAT");
  });

  it("is read by name by a patient who added the list of the staff", async () => {
    town.run(undefined, "profile", "add", "other");
    town.run("other", "card", "set", "--name", "Olga Other");
    town.run("other", "people", "add", town.run("clinic", "card", "show")[0].text, "--yes");
    const letter = town.run("other", "create", town.file("letter.txt", "Letter\n"))[0].record_id;
    town.run("other", "grant", letter, "--to", "Clinic North", "--for", "30d");
    town.run(undefined, "access", letter, "--organisation", "Clinic North", "-o", join(town.folder, "opened"));
    const other = await enter(browser, town, "other");
    await other.goto(at("/who"));
    assert.doesNotMatch(await other.textContent("main"), /Dr Quist/);

    await clinic.goto(at("/staff"));
    assert.match(await clinic.textContent("section:has(#names)"), /reads an account, and no name/);
    await fine(clinic);
    const [file] = await Promise.all([clinic.waitForEvent("download"), clinic.click("text=Save the list, with 1 name")]);
    const list = readFileSync(await file.path(), "utf8");
    await file.delete();
    assert.match(list, /^mrms:/);
    await other.goto(at("/people"));
    await other.fill("#document", `${list.slice(0, -9)}AAAAAAAAA`);
    await press(other);
    assert.match(await other.textContent("p.wrong"), /./);
    other.faults.length = 0;
    await other.fill("#document", list);
    await other.click("form[action='/people/look'] button[type=submit]");
    assert.match(await other.textContent("form.card"), /Staff of Clinic North.*signed by Clinic North.*Dr Quist/s);
    await fine(other);
    await press(other);
    await other.waitForURL(/done=list/);
    assert.match(await other.textContent("section:has(#lists)"), /Staff of Clinic North.*1 person/s);
    await fine(other);
    await other.goto(at("/who"));
    assert.match(await other.textContent("main"), /Dr Quist/);
    assert.equal(town.run("other", "directory", "update").length, 0, "it came by hand");
    // Each reads in their own language what the list is called, whoever saved it.
    const german = await enter(browser, town, "other", { locale: "de-DE" });
    await german.goto(at("/people"));
    assert.match(await german.textContent("section:has(#lists)"), /Team von Clinic North/);
    await german.context().close();
    await other.goto(at("/people"));
    await other.click("section:has(#lists) button");
    await other.waitForURL(/done=list-forgotten/);
    assert.equal(await other.locator("#lists").count(), 0);
    town.run("other", "revoke", letter, "--from", "Clinic North");
    await other.context().close();
  });

  it("counts the key of the staff as no record of the clinic, and calls it by the reader's language", async () => {
    await clinic.goto(at("/"));
    const said = await clinic.textContent("main");
    assert.match(await clinic.textContent("h1.sentence"), /1 person shares records with you.*no records of your own/s);
    assert.doesNotMatch(said, /can see your record|opened one|opened them/, "whoever has the key of the staff sees no record");
    await fine(clinic);
    await clinic.goto(at("/people"));
    assert.match(await clinic.textContent("ul.rows"), /Helga Quist.*sees nothing/s);
    const [key] = town.run("clinic", "list");
    for (const [locale, name] of [["de-DE", "Schlüssel des Teams"], ["es-ES", "Clave del equipo"]]) {
      const page = await enter(browser, town, "clinic", { locale });
      for (const path of ["/records", `/records/${key.record_id}`, "/who"]) {
        await page.goto(at(path));
        // The keys themselves are a text of the program, which the page shows as it is.
        const text = (await page.locator("main h1, main p, main li").allTextContents()).join("\n");
        assert.ok(text.includes(name), `${path}: ${text}`);
        assert.ok(!text.includes("Staff key"), `${path}: ${text}`);
      }
      await page.context().close();
    }
    // Also in a visit in which the language is changed.
    await clinic.goto(at("/records"));
    assert.match(await clinic.textContent("ul.rows"), /Staff key/);
    for (const [language, name] of [["de", /Schlüssel des Teams/], ["en", /Staff key/]]) {
      await clinic.selectOption("#language", language);
      await clinic.click("footer button");
      await clinic.goto(at("/records"));
      assert.match(await clinic.textContent("ul.rows"), name);
    }
    await clinic.goto(at("/staff"));
  });

  it("gives her nothing after the clinic removed her, and says why", async () => {
    await clinic.click("ul.readers a.stop");
    const said = await clinic.textContent("form.card");
    assert.match(said, /Helga Quist opens the 1 record that is shared with you, and loses that.*Nobody else.*they may keep/s);
    await fine(clinic);
    await press(clinic);
    await clinic.waitForURL(/done=removed&/);
    const done = await clinic.textContent("div[role=status]");
    const published = town.run("clinic", "card", "show")[0];
    assert.match(done, /can no longer open anything for you.*Your card is new as well.*they may keep/s);
    assert.ok(done.includes(published.fingerprint), done);
    assert.match(await clinic.textContent("main details"), /Helga Quist.*On your staff from/s);
    assert.equal(await clinic.locator("section.attention").count(), 0, "no key is due");
    await fine(clinic);

    await page.goto(at("/shared"));
    assert.equal(await page.locator("ul.readers li").count(), 0);
    // A page that was open before still has the button.
    const { status, text } = await send(page, `/shared/${id}/open`);
    assert.ok(status >= 400, String(status));
    assert.match(text, /no member of this organisation any more/);
    const looks = town.run("patient", "who");
    assert.equal(looks.filter((look) => look.what === "opened").length, 1);
    assert.equal(looks.filter((look) => look.refused === "not-member").length, 1, "it is on record");
    // She is told on Home, with the day, until she has read it.
    await page.goto(at("/"));
    assert.match(await page.textContent("section:has(#news)"), /You are no longer on the staff of .*Clinic North.*, since \d+ \w+ 20\d\d/s);
    await fine(page);
    await page.click("section:has(#news) form button");
    await page.waitForURL(at("/"));
    assert.equal(await page.locator("#news").count(), 0, "it was read");
    await page.goto(at("/staff"));
    await page.click("ul.readers summary");
    await page.click("ul.readers button.stop");
    await page.waitForURL(/done=left/);
    assert.match(await page.textContent("main"), /You open for no organisation/);
  });

  it("tells the clinic that a new key is due, and begins it", async () => {
    town.run("clinic", "staff", "add", "Helga Quist", "--forever", "--yes");
    town.run(undefined, "staff", "join", "Clinic North");
    town.run("clinic", "staff", "remove", "Helga Quist", "--keep-key");
    await clinic.goto(at("/staff"));
    await clinic.click("section.attention a");
    await press(clinic);
    await clinic.waitForURL(/done=key/);
    assert.match(await clinic.textContent("div[role=status]"), /You have a new key/);
    assert.equal(await clinic.locator("section.attention").count(), 0);
  });

  it("names who opened for the clinic on the clinic's page, and says what was tried and refused", async () => {
    patient = await enter(browser, town, "patient");
    await patient.goto(at(`/people/${account.clinic}`));
    const looked = await patient.textContent("section:has(#looked)");
    assert.doesNotMatch(looked, /never opened/);
    assert.match(looked, /note\.txt · .*20\d\d.* · Dr Quist(?! · refused)/);
    await fine(patient);
    await patient.goto(at(`/records/${id}/log`));
    const log = await patient.textContent("main");
    assert.match(log, /Dr Quist, for Clinic North, tried to open it.*refused/s);
    assert.doesNotMatch(log, /opened it · refused/);
  });

  it("tells the patient that a new key keeps a new version from the clinic, before and after adding it", async () => {
    town.run("clinic", "staff", "add", "Helga Quist", "--forever", "--yes");
    town.run(undefined, "staff", "join", "Clinic North");
    await patient.goto(at("/"));
    assert.match(await patient.textContent(".attention"), /Clinic North has a new key\. What you add does not reach them/);
    await patient.goto(at(`/records/${id}`));
    assert.match(await patient.textContent("section:has(#readers)"), /Clinic North.*Has a new key/s);
    await fine(patient);
    await patient.goto(at(`/records/${id}/version`));
    assert.match(await patient.textContent("div.wrong"), /Clinic North has a new key/);
    await fine(patient);
    await patient.setInputFiles("#files", town.file("next.txt", NEXT));
    await patient.click("form#add button");
    await patient.click("#add-progress a");
    await patient.waitForURL(/done=amended&without=/);
    assert.match(await patient.textContent("div.wrong"), /Clinic North has a new key/);
    await fine(patient);
  });

  it("tells the doctor that the vaults answered, what to do, and opens the version before", async () => {
    await page.goto(at("/shared"));
    await page.click("ul.readers button[formaction$='/open']");
    const said = await page.textContent("section[role=alert]");
    assert.match(said, /The vaults answered\. They have no key of this version for your organisation.*compare its fingerprint/s);
    assert.doesNotMatch(said, /Too few/);
    // What the patient compares with her: on this page, and wherever she may look for it.
    assert.ok(said.includes(ofClinic()), said);
    page.faults.length = 0; // the browser says that it was refused
    await fine(page);
    await page.click("section[role=alert] button:text('Open version 1')");
    await page.waitForSelector("section.content");
    assert.equal(await page.textContent("pre.text"), NOTE);
    const [kept] = town.run(undefined, "people", "show", "Clinic North");
    assert.notEqual(kept.card?.fingerprint, ofClinic(), "her card of the clinic is from before");
    for (const path of ["/card", "/staff", `/people/${account.clinic}`]) {
      await page.goto(at(path));
      const now = await page.locator("main .fingerprint").allTextContents();
      assert.ok(now.some((one) => one.trim() === ofClinic()), `${path}: ${now}`);
      assert.match(await page.textContent("main"), /read to patients who compare/, path);
      await fine(page);
    }
    assert.equal(town.run(undefined, "staff", "list").find((one) => one.organisation).fingerprint, ofClinic());
  });

  it("says on the patient's Home that she got no key, and never that she opened it", async () => {
    // Home asks the vaults, and waits a moment for them.
    for (let again = 0; again < 30; again += 1) {
      await patient.goto(at("/"));
      if (await patient.locator(".attention:has-text('got no key')").count()) break;
    }
    for (const path of ["/", "/"]) {
      await patient.goto(at(path));
      const said = await patient.textContent("main");
      assert.match(said, /This week somebody tried to open a record of yours, and got no key/);
      // By the doctor: once before she was removed, and the earlier version now.
      assert.match(await patient.textContent("h1.sentence"), /opened them 2 times this week/);
      assert.match(said, /1 attempt to open a record of yours was refused/, "before, as no member");
    }
    await patient.click(".attention a:has-text('got no key')");
    assert.match(await patient.textContent("ul.looks"), /Dr Quist, for Clinic North,? tried to open “note.txt” and got no key/);
    await fine(patient);
  });

  it("gives the clinic what it lacks once the patient has compared its key", async () => {
    await patient.goto(at("/"));
    await patient.click(".attention a:has-text('Clinic North has a new key')");
    const fingerprint = ofClinic();
    assert.match(await patient.textContent("h1"), /Compare the new key of .*Clinic North/s);
    const said = await patient.textContent("form.card");
    assert.ok(said.includes(fingerprint));
    assert.match(said, /usual when somebody leaves a practice.*then shared again with the new key/s);
    assert.match(await patient.textContent("form.card button"), /The fingerprint is the same: share again with the new key/);
    await patient.click("form.card a:text('Cancel')");
    await patient.waitForURL(at(`/people/${account.clinic}`));
    assert.equal((await patient.textContent("dl.facts .fingerprint")).trim(), fingerprint, "her page has the one that she reads out");
    await patient.click("div.wrong a");
    await fine(patient);
    await press(patient);
    await patient.waitForURL(/done=compared/);
    assert.match(await patient.textContent("[role=status]"), /You have compared the key/);
    // The card that the patient has names the key of before: the page shows the one that is compared.
    assert.ok((await patient.textContent("main")).includes(fingerprint));
    assert.equal(await patient.locator("div.wrong").count(), 0);
    await fine(patient);
    await patient.goto(at("/"));
    assert.doesNotMatch(await patient.textContent("main"), /has a new key/);
    await page.goto(at("/shared"));
    await page.click("ul.readers button[formaction$='/open']");
    await page.waitForSelector("section.content");
    assert.equal(await page.textContent("pre.text"), NEXT);
  });
});
