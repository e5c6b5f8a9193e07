// Links on the pages: made to one record or several with a preview of exactly what they give, for anybody or for a clinic's
// scanner, shown with a code, opened by somebody, seen in the log, paused, armed again and destroyed, and kept elsewhere; in
// three languages, and fine for axe.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { PASSPHRASE, Town, fine, hostOf, launch, skip, watched } from "./town.mjs";

/** Asks for what a link gives, as a viewer does. */
function asked(url, passcode) {
  const body = JSON.stringify({ recipient: "Clinic <b>Nord</b>", passcode });
  return fetch(url, { method: "POST", body });
}

/** What a link's text says. */
const payloadOf = (text) => JSON.parse(Buffer.from(text.split("shlink:/")[1], "base64url"));
const addressOf = (text) => payloadOf(text).url;

/** Opens the profile of a portal's home in a page. */
async function unlocked(context, town) {
  const page = await watched(context, town.url);
  await page.goto(town.link);
  await page.waitForURL("**/unlock");
  await page.fill("#passphrase", PASSPHRASE);
  await page.click("main button[type=submit]");
  await page.waitForURL(`${town.url}/`);
  return page;
}

describe("links on the pages", { skip, concurrency: false }, () => {
  let town, browser, context, page, host;
  const at = (path) => `${town.url}${path}`;

  before(async () => {
    town = new Town();
    town.run(undefined, "init");
    town.file("blood.txt", "Potassium 4.1 mmol/l\n");
    town.run(undefined, "create", "blood.txt", "--label", "Blood test");
    await town.start();
    browser = await launch();
    context = await browser.newContext({ locale: "en-GB" });
    page = await unlocked(context, town);
  });
  after(async () => {
    await browser?.close();
    host?.kill("SIGTERM");
    await town?.end();
  });

  const record = async () => {
    await page.goto(at("/records"));
    await page.click("ul.rows a");
  };

  it("say when nobody answers for links", async () => {
    await page.goto(at("/links"));
    assert.match(await page.textContent("main"), /You have made no links yet/);
    assert.equal(await page.locator("main a.button").count(), 0, "no button that leads nowhere");
    assert.match(await page.textContent("#link-host"), /needs a computer that answers for it.*ask for its address, and for the access code.*Save a record as a file/s);
    await fine(page);
    await record();
    assert.equal(await page.locator("text='Make a link'").count(), 0);
    await page.click("text=What that is, and how to get one");
    await page.waitForURL(/\/links#link-host$/);
    // Whoever has an older page open, or an address of before, is told the same.
    for (const path of ["/links/new", `/records/${town.run(undefined, "list")[0].record_id}/link`]) {
      await page.goto(at(path));
      assert.match(await page.textContent("#link-host"), /needs a computer that answers/);
      assert.equal(await page.locator("main form").count(), 0);
      assert.equal(await page.locator(".wrong").count(), 0);
      await fine(page);
    }
  });

  it("are made with what they give, and shown with code and passcode", async () => {
    [host] = await hostOf(town);
    await record();
    await page.click("text=Make a link");
    assert.match(await page.textContent("main"), /They will see exactly this:\s*Blood test, Version 1/);
    await page.click("label[for=share-day]");
    await page.fill("#uses", "5");
    await page.fill("#label", "For the <i>school</i>");
    await fine(page);
    await page.click("main form.card button[type=submit]");
    await page.waitForURL(/\/links\/1$/);
    assert.equal(await page.textContent("h1"), "For the <i>school</i>");
    assert.match(await page.textContent("main"), /\d+ hours left.*Passcode: \d{8}.*Used 0 times/s);
    assert.ok(await page.locator(".code svg path").count() > 0);
    await fine(page);
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: town.url });
    await page.click("button.copy");
    await page.waitForSelector("p.copy [role=status]:text('Copied.')");
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await page.inputValue("#text"));
    const text = await page.inputValue("#text");
    const base = addressOf(text).split("/l/")[0];
    assert.equal(text, `${base}/view#${await page.inputValue("#plain")}`, "any browser opens it, and the plain text is there");
    assert.match(await page.textContent("main"), /It opens on this computer alone/, "nobody else reaches a loopback address");
    await page.click("summary:text('For a program')");
    await fine(page);
  });

  it("have a sheet of paper with everything but the passcode", async () => {
    const text = await page.inputValue("#text");
    const [, passcode] = (await page.textContent("main")).match(/Passcode: (\d{8})/);
    await page.click("a.button:text('A sheet to print')");
    await page.waitForURL(/\/links\/1\/sheet$/);
    const sheet = await page.textContent("section.sheet");
    assert.match(sheet, /For the <i>school<\/i>.*can be opened until.*A passcode is needed.*not on this sheet/s);
    assert.ok(sheet.includes(text), "the address is there");
    assert.equal((await page.content()).includes(passcode), false);
    assert.ok(await page.locator("section.sheet .code svg path").count() > 0);
    assert.equal(await page.locator("button.print").isVisible(), true);
    await fine(page);
    await page.emulateMedia({ media: "print" });
    assert.equal(await page.locator("section.sheet h1").isVisible(), true);
    for (const gone of ["header.top", "nav.main.wide", "footer", "button.print", "main a.button"]) {
      assert.equal(await page.locator(gone).first().isVisible(), false, gone);
    }
    await page.goto(at("/links/1"));
    assert.equal(await page.locator("p.secret").isVisible(), false, "a printed page has no link with its passcode");
    await page.emulateMedia({ media: "screen" });
    assert.equal(await page.locator("p.secret").isVisible(), true);
  });

  it("are counted as links, and never as people", async () => {
    await page.goto(at("/"));
    assert.match(await page.textContent("h1.sentence"), /Nobody but you and whoever has a link of yours can see/);
    await page.goto(at("/records"));
    assert.match(await page.textContent("ul.rows"), /1 link opens it/);
    assert.doesNotMatch(await page.textContent("ul.rows"), /person can see/);
    await page.goto(at("/links/1"));
  });

  it("tell who used them, and what nobody checks", async () => {
    const url = addressOf(await page.inputValue("#text"));
    const [, passcode] = (await page.textContent("main")).match(/Passcode: (\d{8})/);
    assert.equal((await asked(url, "0")).status, 401);
    assert.equal((await asked(url, passcode)).status, 200);
    await page.reload();
    const used = await page.textContent("section[aria-labelledby=used]");
    assert.match(used, /Used once.*9 more wrong.*Opened by somebody said to be “Clinic <b>Nord<\/b>”.*Wrong passcode from/s);
    await fine(page);
    await page.goto(at("/who"));
    assert.match(await page.textContent(".looks"), /Link 1( \(“.+”\))? opened “Blood test”/);
  });

  it("are paused, armed again and destroyed", async () => {
    await page.goto(at("/links/1"));
    const url = addressOf(await page.inputValue("#text"));
    const [, passcode] = (await page.textContent("main")).match(/Passcode: (\d{8})/);
    await page.click("button.stop");
    assert.match(await page.textContent("main"), /It is paused and opens nothing/);
    assert.equal((await asked(url, passcode)).status, 404);
    await fine(page);
    await page.click("label[for=share-hour]");
    await page.click("main form.card button[type=submit]");
    await page.waitForURL(/\/links\/1$/);
    assert.equal((await asked(url, passcode)).status, 200);
    await page.reload();
    await page.click("summary:text('Destroy it')");
    await fine(page);
    await page.click("button.danger");
    await page.waitForURL(/\/links\/1$/);
    assert.match(await page.textContent("main"), /It is destroyed/);
    assert.equal(await page.locator("#text").count(), 0);
    assert.equal((await asked(url, passcode)).status, 404);
    await fine(page);
    await page.goto(at("/links/1/sheet"));
    assert.match(await page.textContent("[role=alert]"), /opens nothing now/);
    page.faults.length = 0; // the browser says in its console that an answer was a refusal
  });

  describe("to several records", () => {
    const HOSTILE = `</li><script>alert(1)</script><img src=x onerror="alert(1)"> & "quotes"`;
    const boxOf = (label) => page.locator("div.choice", { hasText: label }).locator("input[type=checkbox]");
    const previewed = () => page.locator("ul.gives li").allTextContents();

    before(() => {
      town.run(undefined, "create", town.file("hostile.txt", "one"), "--label", HOSTILE);
      town.run(undefined, "create", town.file("note.txt", "x".repeat(2500)), "--label", "A note");
    });

    it("begin with the choice, which a search keeps", async () => {
      await page.goto(at("/links"));
      await page.click("text=Make a link");
      await page.waitForURL(at("/links/new"));
      await fine(page);
      await page.click("button:text('Go on')");
      assert.match(await page.textContent("[role=alert]"), /Choose at least one record/);
      page.faults.length = 0; // the browser says in its console that an answer was a refusal
      await boxOf("A note").check();
      await page.fill("#q", "alert");
      await page.click("button:text('Search')");
      assert.equal(await page.locator("input[name=record]").count(), 2);
      assert.equal(await boxOf("A note").isChecked(), true);
      await boxOf("alert(1)").check();
      await page.fill("#q", "");
      await page.click("button:text('Search')");
      assert.equal(await page.locator("input[name=record]").count(), 3);
      assert.equal(await page.locator("input[name=record]:checked").count(), 2);
      await page.click("button:text('Go on')");
      assert.match(await page.textContent("h1"), /A link to 2 records/);
    });

    it("list exactly what is given, whatever it is called, and give that", async () => {
      const lines = await previewed();
      assert.equal(lines.length, 2);
      assert.ok(lines[0].startsWith(`A note, Version 1Text · 3 KB`), lines[0]);
      assert.ok(lines[1].startsWith(`${HOSTILE}, Version 1Text · 3 bytes`), lines[1]);
      assert.equal(await page.locator("main script, main img").count(), 0);
      await fine(page);
      await page.click("label[for=share-day]");
      await page.fill("#label", "Two of them");
      await page.click("main form.card button[type=submit]");
      await page.waitForURL(/\/links\/2$/);
      assert.equal(await page.locator("section[aria-labelledby=gives] li").count(), 2);
      assert.equal(await page.locator("main script, main img").count(), 0);
      const [, passcode] = (await page.textContent("main")).match(/Passcode: (\d{8})/);
      const given = await (await asked(addressOf(await page.inputValue("#text")), passcode)).json();
      assert.equal(given.files.length, 2);
      await fine(page);
    });

    it("show again what changed before they were made, and keep what was typed", async () => {
      const note = town.run(undefined, "list").find((one) => one.label === "A note" || one.name === "A note");
      await page.goto(at(`/links/new/terms?record=${note.record_id}`));
      await page.fill("#label", "With the note");
      await page.fill("#uses", "3");
      town.run(undefined, "amend", note.record_id, town.file("second.txt", "the second version"), "--label", "A note, corrected");
      await page.click("main form.card button[type=submit]");
      assert.match(await page.textContent("[role=alert]"), /Something changed meanwhile/);
      page.faults.length = 0;
      assert.match((await previewed())[0], /^A note, corrected, Version 2/);
      assert.equal(await page.inputValue("#label"), "With the note");
      assert.equal(await page.inputValue("#uses"), "3");
      await page.click("main form.card button[type=submit]");
      await page.waitForURL(/\/links\/3$/);
      assert.match(await page.textContent("section[aria-labelledby=gives]"), /A note, corrected, Version 2/);
    });

    it("refuse a record of somebody else, and more than a link can give", async () => {
      const many = Array.from({ length: 21 }, (_, at) => `record=${at + 1}`).join("&");
      await page.goto(at(`/links/new/terms?${many}`));
      assert.match(await page.textContent("[role=alert]"), /20 records at most/);
      await page.goto(at("/links/new/terms?record=12345"));
      assert.match(await page.textContent("main"), /none of yours|no such/i);
      page.faults.length = 0;
    });
  });

  it("are made for a clinic's scanner, with who the patient is and without a passcode", async () => {
    await record();
    await page.click("text=Make a link");
    assert.equal(await page.isVisible("#name"), false, "nobody else is asked who they are");
    await page.click("label[for=new-link-clinic]");
    await page.click("label[for=share-day]");
    assert.match(await page.textContent("div.clinic"), /one file, and no passcode.*name and your day of birth/s);
    await fine(page);
    await page.click("main form.card button[type=submit]");
    assert.match(await page.textContent("[role=alert]"), /needs your name/);
    page.faults.length = 0;
    assert.equal(await page.isChecked("#new-link-clinic"), true);
    await page.fill("#name", "Ana <b>Muster</b>");
    await page.fill("#born", "1980-02-29");
    await page.click("label[for=share-day]");
    await page.click("main form.card button[type=submit]");
    await page.waitForURL(/\/links\/4$/);
    const said = await page.textContent("main");
    assert.match(said, /Ana <b>Muster<\/b>, Born 1980-02-29/);
    assert.match(said, /for a clinic's scanner/);
    assert.doesNotMatch(said, /Passcode/);
    await fine(page);
    const link = payloadOf(await page.inputValue("#text"));
    assert.equal(link.flag, "U");
    const answer = await fetch(`${link.url}?recipient=Scanner`);
    assert.equal(answer.status, 200);
    assert.equal((await answer.text()).split(".").length, 5, "one encrypted file");
    const shown = town.run(undefined, "link", "show", "4")[0];
    assert.equal(shown.kind, "ktc");
  });

  it("work without script, and are refused to a form of another session", async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false, locale: "en-GB", storageState: await context.storageState() });
    const without = await plain.newPage();
    await without.goto(at("/links/new"));
    await without.locator("input[name=record]").first().check();
    await without.click("button:text('Go on')");
    const token = await without.locator("main input[name=token]").getAttribute("value");
    const gives = await without.locator("input[name=gives]").getAttribute("value");
    const form = { token: "x".repeat(token.length), gives, how: "new-link-open", term: "share-day" };
    const post = (data) => context.request.post(at("/links/new"), { form: data, headers: { origin: town.url }, maxRedirects: 0 });
    assert.equal((await post(form)).status(), 403);
    assert.equal((await post({ ...form, token, how: "everybody" })).status(), 422);
    assert.equal((await post({ ...form, token, gives: "1;2" })).status(), 404);
    await without.click("label[for=new-link-open]");
    await without.click("main form.card button[type=submit]");
    assert.match(without.url(), /\/links\/5$/);
    assert.doesNotMatch(await without.textContent("main"), /Passcode/);
    await plain.close();
  });

  it("speak German and Spanish", async () => {
    for (const [language, words] of [["de", /Ihre Links/], ["es", /Sus enlaces/]]) {
      await page.selectOption("#language", language);
      await page.click("footer button");
      await page.goto(at("/links"));
      assert.match(await page.textContent("h1"), words);
      await fine(page);
      await page.goto(at("/links/new"));
      await page.locator("input[name=record]").first().check();
      await page.click("main form button:not(.second)");
      await page.click("label[for=new-link-clinic]");
      await fine(page);
    }
  });
});

describe("links and cards of others", { skip, concurrency: false }, () => {
  let maker, town, browser, page, host, url, passcode;
  const at = (path) => `${town.url}${path}`;
  const main = () => page.textContent("main");
  const opens = async (link, typed = {}) => {
    await page.goto(at("/records/import/link"));
    if (link) await page.fill("#link", link);
    if (typed.passcode) await page.fill("#passcode", typed.passcode);
    await page.fill("#name", typed.name ?? "Dr <b>Nord</b>");
    await page.click("main form button[type=submit]");
  };
  const refused = async (says) => {
    assert.equal(new URL(page.url()).pathname, "/records/import/link");
    assert.match(await page.textContent("main [role=alert]"), says);
    page.faults.length = 0; // The browser tells of the answer that refused.
    await fine(page);
  };

  before(async () => {
    maker = new Town();
    maker.run(undefined, "init");
    maker.run(undefined, "create", maker.file("blood.txt", "Potassium 4.1 mmol/l\n"), "--label", "Blood test");
    [host] = await hostOf(maker);
    const made = maker.run(undefined, "link", "create", "1", "--for", "1d", "--passcode", "--yes")[0];
    [url, passcode] = [made.text, made.passcode];
    town = new Town();
    town.run(undefined, "init");
    await town.start();
    browser = await launch();
    page = await unlocked(await browser.newContext({ locale: "en-GB" }), town);
  });
  after(async () => {
    await browser?.close();
    host?.kill("SIGTERM");
    await town?.end();
    await maker?.end();
  });

  it("are opened with the passcode, looked at, and put on record", async () => {
    await page.goto(at("/records/add"));
    await page.click("text=Open a link or a health card that somebody gave you");
    await page.waitForURL(at("/records/import/link"));
    await fine(page);
    await opens(url);
    await refused(/wants a passcode/);
    assert.equal(await page.inputValue("#link"), url, "what was typed stays");
    await opens(url, { passcode: "00000000" });
    await refused(/The passcode is wrong/);
    assert.equal(await page.inputValue("#passcode"), "");
    await opens(url, { passcode });
    await page.waitForURL(at("/records/import/found"));
    assert.match(await main(), /One document is new/);
    assert.deepEqual(town.run(undefined, "list"), [], "nothing is on record yet");
    await fine(page);
    await page.click("a:text('Look at it')");
    assert.equal(await page.textContent("pre.text"), "Potassium 4.1 mmol/l\n");
    assert.match(await main(), /Not on record/);
    await fine(page);
    const saved = await page.evaluate(async () => (await fetch(`${location.pathname}/file`)).text());
    assert.equal(saved, "Potassium 4.1 mmol/l\n");
    await page.click("text=Back to what is in them");
    await page.click("text=Put what is ticked on record");
    await page.waitForSelector("h1:text('What became of them')");
    const [one] = town.run(undefined, "list");
    assert.equal(town.run(undefined, "access", one.record_id, "-o", join(town.folder, "out"))[0].version, 1);
    assert.equal(readFileSync(join(town.folder, "out"), "utf8"), "Potassium 4.1 mmol/l\n");
    assert.match(JSON.stringify(maker.run(undefined, "link", "show", "1")), /Dr <b>Nord<\/b>/);
  });

  it("are told apart from what is none, and from what has ended", async () => {
    await opens("");
    await refused(/Paste the link/);
    await opens("hello <i>there</i>");
    await refused(/neither a link nor a health card/);
    await opens("shlink:/eyJ1");
    await refused(/no whole link/);
    await opens("shc:/5676");
    await refused(/can’t be read as one/);
    await page.goto(at("/records/import/link"));
    await page.fill("#name", "Ana");
    await page.setInputFiles("#picture", town.file("letter.txt", "A letter"));
    await page.click("main form button[type=submit]");
    await refused(/neither a link nor a health card/);
    maker.run(undefined, "link", "destroy", "1", "--yes");
    await opens(url, { passcode });
    await refused(/opens nothing/);
    host.kill("SIGTERM");
    await opens(url, { passcode });
    await refused(/Nobody answers for this link now/);
  });

  it("are not opened for a form of another session, and nothing is looked at that is not there", async () => {
    const token = await page.getAttribute("main input[name=token]", "value");
    const post = (token) => page.context().request.post(at("/records/import/link"), {
      multipart: { token, link: url, name: "Ana" }, headers: { origin: town.url }, maxRedirects: 0,
    });
    assert.equal((await post("x".repeat(token.length))).status(), 403);
    for (const path of ["/records/import/found/0", "/records/import/found/0/file", "/records/import/found/x"]) {
      assert.ok((await page.context().request.get(at(path), { maxRedirects: 0 })).status() >= 400, path);
    }
  });
});

describe("links that are kept elsewhere", { skip, concurrency: false }, () => {
  let town, far, browser, page, hosts;

  before(async () => {
    town = new Town();
    town.run(undefined, "init");
    town.run(undefined, "create", town.file("blood.txt", "Potassium 4.1 mmol/l\n"), "--label", "Blood test");
    const told = await town.up();
    far = new Town();
    const contract = readFileSync(join(town.home, "contract"), "utf8").trim();
    Object.assign(far.env, { MRMS_LEDGER_URL: told.node.url, MRMS_CONTRACT: contract, MRMS_VAULT_URLS: told.vault.url });
    far.run(undefined, "init");
    hosts = [await hostOf(far, "--deposit-key-file", "deposit.key")];
    const key = readFileSync(join(far.folder, "deposit.key"), "utf8");
    writeFileSync(join(town.home, "deposit.key"), key, { mode: 0o600 });
    writeFileSync(join(town.home, "mrms.toml"), `[links]\nhost = "${hosts[0][1]}/"\nhost_key_file = "deposit.key"\n`);
    await town.start();
    browser = await launch();
    page = await unlocked(await browser.newContext({ locale: "en-GB" }), town);
  });
  after(async () => {
    await browser?.close();
    hosts?.forEach(([host]) => host.kill("SIGTERM"));
    await town?.end();
    await far?.end();
  });

  const make = async () => {
    await page.goto(`${town.url}/records`);
    await page.click("ul.rows a");
    await page.click("text=Make a link");
  };
  const given = async () => {
    const [, passcode] = (await page.textContent("main")).match(/Passcode: (\d{8})/);
    return asked(addressOf(await page.inputValue("#text")), passcode);
  };

  it("go to the host of the settings, of which the page tells", async () => {
    await make();
    assert.ok((await page.textContent("form.card")).includes(`kept at ${hosts[0][1]}`));
    await fine(page);
    await page.click("main form.card button[type=submit]");
    await page.waitForURL(/\/links\/1$/);
    assert.ok((await page.textContent("main")).includes(`kept at ${hosts[0][1]}`));
    assert.ok(addressOf(await page.inputValue("#text")).startsWith(`${hosts[0][1]}/l/`));
    assert.equal((await given()).status, 200);
    assert.equal(existsSync(join(town.home, "links")), false, "nothing lies at home");
    assert.equal(town.log.includes(readFileSync(join(town.home, "deposit.key"), "utf8").trim()), false);
  });

  it("stay at home where the person chooses that", async () => {
    hosts.push(await hostOf(town, "--url", "http://localhost:1"));
    await make();
    assert.equal(await page.isChecked("#host-elsewhere"), true);
    await page.click("label[for=host-here]");
    await fine(page);
    await page.click("main form.card button[type=submit]");
    await page.waitForURL(/\/links\/2$/);
    assert.ok(addressOf(await page.inputValue("#text")).startsWith("http://localhost:1/l/"));
    assert.equal(existsSync(join(town.home, "links")), true);
  });

  it("say when the host does not answer, and lose nothing", async () => {
    const [[host]] = hosts;
    const ended = new Promise((resolve) => host.once("exit", resolve));
    host.kill("SIGTERM");
    await ended;
    await make();
    await page.click("main form.card button[type=submit]");
    assert.match(await page.textContent("main"), /does not answer.*says how the link stands/s);
    page.faults.length = 0;
    await page.goto(`${town.url}/links/3`);
    assert.match(await page.textContent("main"), /It was interrupted and opens nothing/);
  });
});
