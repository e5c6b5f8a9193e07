// Who acts for whom, in browsers: each row of the table in docs/design/care.md gives nothing here as well, and stands in the
// patient's log. A page that was open before still has its buttons, so each is asked for as such a page would.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { PASSPHRASE, Town, fine, launch, skip, watched } from "./town.mjs";

const MARKER = "MARKER-of-the-family";

describe("people who act for others", { skip, concurrency: false }, () => {
  let town, browser, id;
  const account = {};
  const at = (path) => `${town.url}${path}`;

  before(async () => {
    town = new Town();
    account.patient = town.run(undefined, "init")[0].principal;
    for (const name of ["daughter", "clinic", "quist", "hospital", "sand", "neighbour", "next"]) {
      account[name] = town.run(undefined, "profile", "add", name)[0].principal;
    }
    id = town.run(undefined, "create", town.file("note.txt", `Ferritin 31 ug/L ${MARKER}\n`))[0].record_id;
    await town.start();
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await town?.end();
  });

  /** Somebody's pages, unlocked in a browser of their own. */
  const enter = async (profile) => {
    const context = await browser.newContext({ locale: "en-GB" });
    const page = await watched(context, town.url);
    await page.goto(town.another());
    await page.waitForURL(at("/unlock"));
    await page.selectOption("#profile", profile);
    await page.fill("#passphrase", PASSPHRASE);
    await page.click("main button[type=submit]");
    await page.waitForURL(at("/"));
    page.token = await page.getAttribute("input[name=token]", "value");
    return page;
  };

  /** Sends a form as a page that was open before would. */
  const send = (page, path, form = {}) =>
    page.evaluate(
      async ([path, form]) => {
        const answer = await fetch(path, { method: "POST", body: new URLSearchParams(form) });
        return { status: answer.status, text: await answer.text() };
      },
      [path, { token: page.token, ...form }],
    );
  const open = (page, record = id) => send(page, `/shared/${record}/open`, { sent: "yes" });
  /** A command that is refused with this code. */
  const refused = (code, ...line) => assert.throws(() => town.run(...line), (error) => error.stdout.includes(`"${code}"`));
  const refusals = () => town.run(undefined, "who").filter((look) => look.refused);

  /** Somebody asks and gets nothing, and their attempt is on record with this reason; without one, as an opening. */
  const nothing = async (page, who, reason) => {
    const before = refusals().length;
    const { status, text } = await open(page);
    assert.ok(status >= 400, `${who}: ${status}`);
    assert.ok(!text.includes(MARKER), who);
    if (!reason) return;
    const now = refusals();
    assert.equal(now.length, before + 1, `${who} is on record`);
    const mine = now.filter((look) => look.who === account[who]).map((look) => look.refused);
    assert.ok(mine.includes(reason), `${who}: ${mine} has ${reason}`);
  };
  /** Somebody asks and gets the document. */
  const opens = async (page) => {
    const { status, text } = await open(page);
    assert.equal(status, 200, text);
    assert.ok(text.includes(MARKER));
  };

  it("gives a delegate nothing without the power, or after the end", async () => {
    const page = await enter("daughter");
    town.run(undefined, "delegate", account.daughter, "--may", "add", "--forever");
    await nothing(page, "daughter", "no-access");
    town.run(undefined, "delegate", account.daughter, "--may", "see", "--forever");
    await opens(page);
    town.run(undefined, "delegate", account.daughter, "--end", "--keep-grants");
    await nothing(page, "daughter", "no-access");
  });

  it("leaves the keys of what a clinic added as soon as the patient looks at a page", async () => {
    town.run(undefined, "delegate", account.daughter, "--may", "see", "--forever");
    town.run(undefined, "grant", id, "--to", account.hospital, "--amend", "--for", "30d");
    town.run("hospital", "amend", id, town.file("note.txt", `Ferritin 33 ug/L, later ${MARKER}\n`));
    const daughter = await enter("daughter");
    await nothing(daughter, "daughter", undefined);
    const patient = await enter("default");
    await patient.goto(at("/records"));
    await opens(daughter);
    town.run(undefined, "revoke", id, account.hospital);
    town.run(undefined, "delegate", account.daughter, "--end", "--keep-grants");
  });

  it("keeps what a delegate granted, or ends it with them, as the patient says", async () => {
    town.run(undefined, "delegate", account.daughter, "--may", "see,share", "--forever");
    town.run("daughter", "as", account.patient, "grant", "1", "--to", account.clinic, "--for", "30d");
    const page = await enter("clinic");
    town.run(undefined, "delegate", account.daughter, "--end", "--keep-grants");
    await opens(page);
    town.run(undefined, "delegate", account.daughter, "--end", "--end-grants");
    await nothing(page, "clinic", "grant-revoked");
  });

  it("tells the patient whom a delegate let in, and ends the right to act with all else", async () => {
    town.run(undefined, "delegate", account.daughter, "--may", "see,share", "--forever");
    town.run("daughter", "as", account.patient, "grant", "1", "--to", account.clinic, "--for", "30d");
    const clinic = await enter("clinic");
    assert.match(await clinic.textContent("h1"), /1 person shares records with you.*no records of your own/s);
    await fine(clinic);

    const page = await enter("default");
    assert.match(await page.textContent("section:has(#news)"), /let .* open “note.txt” for you/);
    await fine(page);
    await page.click("section:has(#news) button");
    await page.waitForURL(at("/"));
    assert.equal(await page.locator("#news").count(), 0, "it was read");

    await page.goto(at(`/people/${account.daughter}`));
    const all = `form.card[action='/people/${account.daughter}/stop']`;
    assert.match(await page.textContent(all), /What ends:.*The right to act for you.*Whom they let in/s);
    await fine(page);
    await page.click(`${all} button`);
    await page.waitForURL(/done=stopped/);
    assert.match(await page.textContent("div[role=status]"), /do not act for you any more/);
    assert.match(await page.textContent("section:has(#sees)"), /Nothing of yours/);
    await fine(page);
    await nothing(await enter("daughter"), "daughter", undefined);
    await opens(clinic);
    await page.click("div[role=status] a:text('Whom they let in')");
    await page.click("main form button[type=submit]");
    await page.waitForURL(/done=ended/);
    await nothing(clinic, "clinic", "grant-revoked");
  });

  it("asks whose record it is where the ledger alone says so, before a report is added", async () => {
    const card = town.run("hospital", "card", "set", "--name", "Hospital Sued", "--kind", "hospital")[0].text;
    town.run("clinic", "people", "add", card, "--yes");
    const letter = town.run("hospital", "send", account.patient, town.file("letter.txt", "Discharged.\n"))[0].record_id;
    town.run(undefined, "accept", letter);
    town.run(undefined, "grant", letter, "--to", account.clinic, "--amend", "--for", "30d");
    const page = await enter("clinic");
    const upload = { method: "POST", body: "Seen.\n" };
    const refused = await page.evaluate(
      async ([path, token, upload]) => (await fetch(path, { ...upload, headers: { "x-mrms-token": token } })).status,
      [`/records/upload?report=${letter}&name=report.txt`, page.token, upload],
    );
    assert.ok(refused >= 400, `a page that was open before: ${refused}`);
    page.faults.length = 0;
    await page.goto(at(`/shared/${letter}/version`));
    assert.match(await page.textContent("h1"), /Whose record is this/);
    assert.match(await page.textContent("main"), new RegExp(account.patient));
    await fine(page);
    await page.click("section.card button[type=submit]");
    await page.waitForURL(at(`/shared/${letter}/version`));
    await page.setInputFiles("#files", town.file("report.txt", "Seen.\n"));
    await page.click("form#add button");
    await page.waitForSelector("#add-progress a", { timeout: 60_000 });
    assert.equal(town.run(undefined, "show", letter)[0].versions.length, 2);
    // The letter is not gone behind the report.
    const report = await open(page, letter);
    assert.match(report.text, /Seen\..*name="version" value="1"|name="version" value="1".*Seen\./s);
    const before = await send(page, `/shared/${letter}/open`, { sent: "yes", version: "1" });
    assert.match(before.text, /Discharged\./);
    page.faults.length = 0;
    assert.equal(page.faults.length, 0);
  });

  it("gives nothing to members whose time ran out, who were removed, or of another organisation", async () => {
    town.run(undefined, "grant", id, "--to", account.clinic, "--forever");
    town.run("clinic", "staff", "add", account.quist, "--for", "2h", "--yes");
    town.run("quist", "staff", "join", account.clinic, "--yes");
    town.run("hospital", "staff", "add", account.sand, "--forever", "--yes");
    town.run("sand", "staff", "join", account.hospital, "--yes");
    const quist = await enter("quist");
    await opens(quist);
    await nothing(await enter("sand"), "sand", "no-access");
    town.run(undefined, "node", "advance", "20");
    await nothing(quist, "quist", "not-member");
    town.run("clinic", "staff", "add", account.quist, "--forever", "--yes");
    await opens(quist);
    town.run("clinic", "staff", "remove", account.quist, "--yes");
    await nothing(quist, "quist", "not-member");
  });

  it("gives a contact nothing before the wait is over, and nothing after the patient refused on a page", async () => {
    town.run(undefined, "contact", account.neighbour, "--may", "see", "--wait", "1d", "--yes");
    town.run("neighbour", "contact", "ask", account.patient);
    const neighbour = await enter("neighbour");
    await nothing(neighbour, "neighbour", "no-access");
    const patient = await enter("default");
    await patient.click(".attention a:text('Refuse')");
    await patient.click("main form.card button[type=submit]");
    await patient.waitForURL(/done=refused/);
    town.run(undefined, "node", "advance", "144");
    for (const step of ["accept", "ask"]) {
      refused("no-such-contact", "neighbour", "contact", step, account.patient);
    }
    await nothing(neighbour, "neighbour", "no-access");
  });

  it("gives a ward's parent nothing after the day", async () => {
    const made = town.run(undefined, "ward", "add", "anna", "--grows-up", "2028-05-17")[0];
    const record = town.run("anna", "create", town.file("child.txt", `Measles ${MARKER}\n`))[0].record_id;
    const page = await enter("default");
    const before = await open(page, record);
    assert.equal(before.status, 200, before.text);
    const now = town.run(undefined, "node", "advance", "1")[0].burn_height;
    town.run(undefined, "node", "advance", String(made.expiry - now));
    const { status, text } = await open(page, record);
    assert.ok(status >= 400 && !text.includes(MARKER), String(status));
    const mine = town.run("anna", "who").filter((look) => look.who === account.patient);
    assert.ok(mine.some((look) => look.refused === "no-access"));
  });

  it("gives the former patient nothing and lets them change nothing, and the first successor alone everything", async () => {
    const page = await enter("default");
    const first = town.run(undefined, "hand-over", "offer", account.neighbour, "--yes", "--accept-changed-key")[0].text;
    const second = town.run(undefined, "hand-over", "offer", account.next, "--yes", "--accept-changed-key")[0].text;
    town.run("next", "hand-over", "accept", second, "--keep-all", "--yes");
    refused("handed-over-to-another", "neighbour", "hand-over", "accept", first, "--keep-all", "--yes");
    const entries = () => town.run("next", "audit", id).filter((line) => line.outcome !== "denied").length;
    const done = entries();
    const grant = { person: account.daughter, term: "month" };
    for (const [path, form] of [
      [`/records/${id}/share`, grant],
      [`/records/${id}/stop`, { user: account.clinic }],
      [`/records/${id}/erase`, { word: "erase" }],
      [`/shared/${id}/emergency`, { reason: "I want it back" }],
      [`/shared/${id}/open`, { sent: "yes" }],
      [`/contacts/${account.daughter}/refuse`, {}],
    ]) {
      const { status, text } = await send(page, path, form);
      assert.ok(status >= 400 && !text.includes(MARKER), `${path}: ${status}`);
    }
    assert.equal(entries(), done, "nothing was done to the record");
    await page.goto(at("/"));
    assert.match(await page.textContent("h1.sentence"), /handed over/i);
    assert.equal(await page.locator('main a[href="/records/add"]').count(), 0, "nothing can be added");
    await opens(await enter("next"));
  });
});
