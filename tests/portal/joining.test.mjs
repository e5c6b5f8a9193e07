// Somebody who kept records alone joins a clinic: what was there before is told, and comes along.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { Town, enter, fine, launch, mrms, skip, watched } from "./town.mjs";

describe("records from before somebody joined", { skip, concurrency: false }, () => {
  let browser, clinic, sponsor, patient, page;
  const at = (path) => `${patient.url}${path}`;

  before(async () => {
    clinic = new Town();
    patient = new Town();
    clinic.run(undefined, "init");
    clinic.run(undefined, "card", "set", "--name", "Clinic North", "--kind", "practice");
    writeFileSync(join(clinic.home, "vouchers.txt"), "");
    const paying = '[sponsor]\nvouchers = "vouchers.txt"\nprofile = "default"\nlisten = "127.0.0.1:0"\n';
    writeFileSync(join(clinic.home, "mrms.toml"), paying);
    sponsor = (await clinic.up()).sponsor.url;
    patient.run(undefined, "init");
    patient.run(undefined, "card", "set", "--name", "Maria");
    patient.file("one.txt", "one");
    patient.file("later.txt", "one, corrected");
    const id = patient.run(undefined, "create", "one.txt", "--label", "Blood")[0].record_id;
    patient.run(undefined, "amend", id, "later.txt");
    patient.file("two.txt", "two");
    patient.run(undefined, "create", "two.txt");
    await patient.start();
    browser = await launch();
    page = await enter(browser, patient);
  });
  after(async () => {
    await browser?.close();
    await clinic?.end();
    await patient?.end();
  });

  it("are counted before, and told on the first page after", async () => {
    const text = clinic.run(undefined, "invite", "--sponsor-url", sponsor)[0].text;
    await page.goto(at("/join"));
    await page.fill("#document", text);
    await page.click("main button[type=submit]");
    assert.match(await page.textContent("main"), /2 records of yours are on this machine's own ledger.*bring them along/s);
    assert.equal(await page.locator("#anyway").count(), 0, "nothing is lost, so that nothing is asked");
    await page.click("main button[type=submit]");
    await page.waitForURL(/done=joined/);
    assert.match(await page.textContent("h1"), /no records here yet/);
    assert.match(await page.textContent(".attention"), /2 records of yours are on this machine alone/);
    await fine(page);
  });

  it("come along with all their versions, once", async () => {
    await page.goto(at("/records"));
    assert.match(await page.textContent("main"), /2 records of yours are on this machine alone.*no records here yet/s);
    await page.click(".attention a[href='/left-there']");
    assert.match(await page.textContent("main"), /Blood.*two.txt/s);
    await fine(page);
    await page.click("main form button[type=submit]");
    await page.waitForURL(/done=brought/);
    assert.match(await page.textContent("main"), /Everything is here/);
    await fine(page);
    await page.goto(at("/records"));
    assert.equal(await page.locator("ul.rows li").count(), 2);
    await page.click("ul.rows a:has-text('Blood')");
    assert.equal(await page.textContent("pre.text"), "one, corrected");
    await page.click("nav.versions a:has-text('Version 1')");
    assert.equal(await page.textContent("pre.text"), "one");
    await page.goto(at("/"));
    assert.match(await page.textContent("h1"), /Nobody but you can see your 2 records/);
    assert.doesNotMatch(await page.textContent("main"), /on this machine alone/);
    assert.deepEqual(page.faults, []);
  });

  it("come back from words and the invitation alone, and whom one joined is no stranger", async () => {
    patient.run(undefined, "grant", "1", "Clinic North", "--for", "30d");
    const words = execFileSync(mrms, ["key", "words"], { env: patient.env, cwd: patient.folder, encoding: "utf8" });
    const again = await new Town().start();
    const page = await watched(await browser.newContext({ locale: "en-GB" }), again.url);
    const passphrase = "siebzehn Gabeln unter dem Klavier";
    const bring = async () => {
      await page.fill("#given", words);
      await page.fill("#passphrase", passphrase);
      await page.fill("#again", passphrase);
      await page.click("form[action='/recover'] button[type=submit]");
    };
    try {
      await page.goto(again.link);
      await page.waitForURL(`${again.url}/welcome`);
      await page.click("a[href='/recover']");
      assert.match(await page.textContent("main"), /Where are your records\?.*only a backup brings them back.*take their invitation first.*neither a backup nor an invitation/s);
      await fine(page);
      await page.fill("#document", clinic.run(undefined, "invite", "--sponsor-url", sponsor)[0].text);
      await page.click("form[action='/join/look'] button[type=submit]");
      assert.match(await page.textContent("h1"), /Clinic North” invites you/);
      await page.click("main form button[type=submit]");
      await page.waitForURL(`${again.url}/recover`);
      assert.match(await page.textContent("main"), /looked for where this home works: with “Clinic North”/);
      assert.equal(await page.locator("#document").count(), 0, "it is asked for once");
      await fine(page);
      await bring();
      const said = await page.textContent("main");
      assert.match(said, /2 of 2 of your records open.*Names of other people.*“Clinic North” is back, with the invitation/s);
      assert.equal(await page.locator(".wrong").count(), 0);
      await fine(page);
      await page.click("a.button");
      await page.waitForURL(`${again.url}/`);
      await page.goto(`${again.url}/people`);
      assert.match(await page.textContent("ul.rows"), /Clinic North.*sees 1 record/s);
      assert.doesNotMatch(await page.textContent("ul.rows"), /not among your people/);
      assert.deepEqual(page.faults, []);
    } finally {
      await page.context().close();
      await again.end();
    }
  });

  it("are said to be away soon, while the clinic's computer is", async () => {
    const ended = new Promise((resolve) => clinic.served.once("exit", resolve));
    clinic.served.kill("SIGTERM");
    await ended;
    for (const path of ["/", "/records", "/people", "/settings"]) {
      const begun = Date.now();
      await page.goto(at(path));
      const took = Date.now() - begun;
      assert.match(await page.textContent("main"), /does not answer/, path);
      // The tries of one connection, and not of one for each step of the page.
      assert.ok(took < 6_000, `${path} took ${took} ms`);
    }
  });
});

describe("a clinic that joined somebody who pays for nobody", { skip, concurrency: false }, () => {
  let browser, inviter, joined, page;
  const at = (path) => `${joined.url}${path}`;

  before(async () => {
    inviter = new Town();
    joined = new Town();
    inviter.run(undefined, "init");
    inviter.run(undefined, "card", "set", "--name", "Maria");
    await inviter.up();
    const text = inviter.run(undefined, "invite")[0].text;
    joined.run(undefined, "init", "--join", text, "--yes");
    await inviter.start();
    await joined.start();
    browser = await launch();
    page = await enter(browser, joined);
  });
  after(async () => {
    await browser?.close();
    await joined?.end();
    await inviter?.end();
  });

  it("is told by whoever invites that nobody pays", async () => {
    const own = await enter(browser, inviter);
    await own.goto(`${inviter.url}/invite`);
    assert.match(await own.textContent("section.card p.wrong"), /Nobody pays the fees of whoever joins/);
    await fine(own);
    await own.context().close();
  });

  it("reads on the first page what it lacks, whom to ask, and which account to give", async () => {
    const account = joined.run(undefined, "key", "show")[0].principal;
    await page.goto(at("/"));
    assert.match(await page.textContent(".attention"), /no money for fees.*Ask Maria, who invited you.*Your key is not published/s);
    assert.equal(await page.inputValue("#account-to-give"), account);
    assert.equal(await page.locator("button[data-copies=account-to-give]:visible").count(), 1);
    await fine(page);
    await page.goto(at("/settings"));
    assert.match(await page.textContent("#state"), /Your account: has no money.*Your key: is not published/s);
    await fine(page);
  });

  it("keeps what was typed where it is refused, and goes on by itself once there is money", async () => {
    await page.goto(at("/card"));
    await page.fill("#name", "Clinic South");
    await page.fill("#address", "South Street 1");
    await page.selectOption("#kind", "practice");
    await page.click("form.card button[type=submit]");
    assert.match(await page.textContent("[role=alert]"), /key is not published yet/);
    assert.equal(await page.inputValue("#name"), "Clinic South");
    assert.equal(await page.inputValue("#address"), "South Street 1");
    assert.equal(await page.inputValue("#kind"), "practice");
    page.faults.length = 0;
    const account = joined.run(undefined, "key", "show")[0].principal;
    inviter.run(undefined, "node", "faucet", account, "1000000000");
    await page.goto(at("/"));
    assert.doesNotMatch(await page.textContent("main"), /no money|not published/);
    await page.goto(at("/card"));
    await page.fill("#name", "Clinic South");
    await page.click("form.card button[type=submit]");
    await page.waitForURL(/done=made/);
    await page.goto(at("/settings"));
    assert.doesNotMatch(await page.textContent("#state"), /no money|not published/);
    assert.deepEqual(page.faults, []);
  });
});
