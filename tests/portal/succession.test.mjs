// What comes later, by forms alone: a contact who waits and begins, or is refused; a child's profile with its day; and
// everything handed over to a new account, which looks first through who may do what.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { PASSPHRASE, Town, enter, fine, launch, send, skip, watched } from "./town.mjs";

const MARKER = "MARKER-for-later";
const NOTE = `Ferritin 31 ug/L ${MARKER}\n`;

describe("contacts, a child and a new account", { skip, concurrency: false }, () => {
  let town, browser, hers, theirs, record;
  const account = {};
  const card = {};
  const at = (path) => `${town.url}${path}`;
  const submit = (page, within = "main form.card") => page.click(`${within} button[type=submit]`);
  const wasRefused = async (page, words) => {
    assert.match(await page.textContent("[role=alert]"), words);
    page.faults.length = 0;
  };

  before(async () => {
    town = new Town();
    account.erika = town.run(undefined, "init")[0].principal;
    card.erika = town.run(undefined, "card", "set", "--name", "Erika Sample")[0].text;
    for (const [profile, name] of [["neighbour", "Paul Example"], ["next", "Erika, new"]]) {
      account[profile] = town.run(undefined, "profile", "add", profile)[0].principal;
      card[profile] = town.run(profile, "card", "set", "--name", name)[0].text;
    }
    account.next2 = town.run(undefined, "profile", "add", "next2")[0].principal;
    town.run(undefined, "people", "add", card.neighbour, "--name", "My neighbour", "--yes");
    town.run("neighbour", "people", "add", card.erika, "--yes");
    record = town.run(undefined, "create", town.file("blood.txt", NOTE), "--label", "Blood test")[0].record_id;
    await town.start();
    browser = await launch();
    hers = await enter(browser, town, "default");
    theirs = await enter(browser, town, "neighbour");
  });
  after(async () => {
    await browser?.close();
    await town?.end();
  });

  /** Names the neighbour as a contact who waits for so many days. */
  const nameContact = async (days) => {
    await hers.goto(at("/family/contact"));
    await hers.click("label:has-text('My neighbour')");
    await hers.click("label[for=preset-reader]");
    await hers.fill("#days", String(days));
    await submit(hers);
  };

  it("names a contact after it was said what that means, with a wait that counts", async () => {
    const { status } = await send(hers, "/family/contact", { person: account.neighbour, preset: "reader", days: "366" });
    assert.equal(status, 422);
    await hers.goto(at("/family/contact"));
    await fine(hers);
    // A mistake takes nothing of what was typed away.
    await hers.goto(at("/family/contact"));
    await hers.fill("#other", "Nobody of hers");
    await hers.click("label[for=preset-chosen]");
    await hers.click("label[for=preset-add]");
    await hers.fill("#days", "11");
    await submit(hers);
    await wasRefused(hers, /./);
    assert.equal(await hers.inputValue("#other"), "Nobody of hers");
    assert.equal(await hers.inputValue("#days"), "11");
    assert.ok(await hers.isChecked("#preset-chosen"));
    assert.deepEqual([await hers.isChecked("#preset-see"), await hers.isChecked("#preset-add")], [false, true]);
    await fine(hers);
    await hers.goto(at("/family/name"));
    await hers.fill("#other", "Nobody of hers");
    await hers.click("label[for=preset-full]");
    await hers.click("label[for=share-year]");
    await submit(hers);
    await wasRefused(hers, /./);
    assert.ok((await hers.isChecked("#preset-full")) && (await hers.isChecked("#share-year")));
    await nameContact(7);
    assert.match(await hers.textContent("main"), /Nothing changes now\..*within 7 days.*can open every record/s);
    await fine(hers);
    assert.deepEqual(town.run(undefined, "contacts"), []);
    await hers.check("#meant");
    await submit(hers);
    if (await hers.locator("p.fingerprint").count()) await submit(hers);
    await hers.waitForURL(/done=contact$/);
    assert.match(await hers.textContent("section:has(#contacts)"), /My neighbour.*Has not asked\. Would wait 7 days/s);
    await fine(hers);
    // Back leads to a page, and not to the browser's own about a form that was sent.
    await hers.goBack();
    assert.match(await hers.textContent("main"), /Nothing changes now\..*within 7 days/s);
  });

  it("asks, sees the day on which it will hold, and can't begin before", async () => {
    await theirs.goto(at("/family"));
    assert.match(await theirs.textContent("section:has(#trusted)"), /Erika Sample.*only after you ask, and 7 days/s);
    await fine(theirs);
    const early = await send(theirs, "/family/contact/accept", { patient: account.erika });
    assert.equal(early.status, 409);
    assert.match(early.text, /You have not asked them yet/);
    await theirs.click("a:text('Ask to act for them')");
    assert.match(await theirs.textContent("main"), /Erika Sample is told at once.*Nothing changes before .*20\d\d.*You may open all records/s);
    await fine(theirs);
    await hers.goto(at("/"));
    assert.doesNotMatch(await hers.textContent("main"), /wants to act for you/, "nothing was asked yet");
    await submit(theirs);
    await theirs.waitForURL(/done=contact-asked/);
    const twice = await send(theirs, "/family/contact/ask", { patient: account.erika });
    assert.equal(twice.status, 200, "a second press finds that it is done");
    assert.match(twice.text, /You have asked/);
    assert.match(await theirs.textContent("section:has(#trusted)"), /You asked\. Unless they refuse, you can begin from/);
    assert.equal(await theirs.locator("form[action='/family/contact/accept']").count(), 0);
    await fine(theirs);
    await theirs.goto(at("/"));
    assert.match(await theirs.textContent(".attention"), /You asked to act for .*Erika Sample.*you can begin from .*20\d\d.* on/s);
    assert.doesNotMatch(await theirs.textContent("main"), /need to do nothing/);
    await fine(theirs);
    const waiting = await send(theirs, "/family/contact/accept", { patient: account.erika });
    assert.match(waiting.text, /The wait is not over yet/);
    assert.equal((await send(theirs, "/acting/begin", { patient: account.erika })).status, 422);
    await hers.goto(at("/"));
    assert.match(await hers.textContent(".attention"), /My neighbour, whom you named as a contact, wants to act for you/);
    await hers.goto(at("/family"));
    assert.match(await hers.textContent("section:has(#contacts)"), /Asked to act for you\. Unless you refuse/);
    await fine(hers);
  });

  it("begins after the wait, and opens what a program of the patient left keys for", async () => {
    town.run(undefined, "node", "advance", String(7 * 144));
    await hers.goto(at("/"));
    assert.match(await hers.textContent(".attention"), /asked to act for you and can begin now/);
    assert.equal(await hers.locator("section:has(#acting-now)").count(), 0);
    await theirs.goto(at("/"));
    assert.match(await theirs.textContent(".attention"), /You asked to act for .*Erika Sample.*you can begin now/s);
    await fine(theirs);
    await theirs.click("button:text('Begin to act for them')");
    await theirs.waitForURL(/done=contact-accepted/);
    await theirs.goto(at("/"));
    assert.doesNotMatch(await theirs.textContent("main"), /you can begin now/);
    assert.match(await theirs.textContent("section:has(#news)"), /You may act for .*Erika Sample/s);
    // That no key has come they are told before they try.
    assert.match(await theirs.textContent(".attention"), /records of .*Erika Sample.*keys have not come yet.*has to run once/s);
    await fine(theirs);
    await theirs.goto(at("/family"));
    const twice = await send(theirs, "/family/contact/accept", { patient: account.erika });
    assert.equal(twice.status, 200, "a second press finds that it is done");
    assert.match(await theirs.textContent("section:has(#theirs)"), /until it is ended/);
    // The keys come with a program of the patient's, and none ran since: they are told that, and no vault is away.
    await send(theirs, "/acting/begin", { patient: account.erika });
    await theirs.goto(at("/acting"));
    assert.match(await theirs.textContent("p.attention"), /keys have not come yet/);
    await fine(theirs);
    const early = await send(theirs, `/acting/records/${record}/open`, { patient: account.erika });
    assert.equal(early.status, 409);
    assert.match(early.text, /A program of the patient leaves it there: it has to run once/);
    assert.doesNotMatch(early.text, /Too few|Open version/);
    await send(theirs, "/acting/end");
    await theirs.goto(at("/family"));
    await hers.goto(at("/"));
    assert.match(await hers.textContent("section:has(#acting-now)"), /My neighbour acts for you since \d+ \w+ 20\d\d/);
    await fine(hers);
    await hers.goto(at("/records"));
    await theirs.click("form[action='/acting/begin'] button");
    await theirs.waitForURL(at("/acting"));
    assert.equal(await theirs.locator("p.attention").count(), 0, "they have come");
    await theirs.goto(at(`/acting/records/${record}`));
    await theirs.click("button:text('Open')");
    assert.equal(await theirs.textContent("pre.text"), NOTE);
    await theirs.click("section.acting button");
    await theirs.goto(at("/"));
    assert.doesNotMatch(await theirs.textContent("main"), /keys have not come/);
    await hers.goto(at("/family"));
    assert.match(await hers.textContent("section:has(#mine)"), /My neighbour.*until you stop it/s);
    await hers.goto(at("/"));
    await hers.click("section:has(#acting-now) a.stop");
    assert.match(await hers.textContent("h1"), /Shall My neighbour stop acting for you\?/);
    await submit(hers);
    await hers.waitForURL(/done=kept/);
    const ended = await send(hers, `/family/${account.neighbour}/end`, { granted: "keep" });
    assert.equal(ended.status, 200, "a second press finds that it is done");
    assert.match(ended.text, /does not act for you any more/);
    await hers.goto(at("/"));
    assert.equal(await hers.locator("section:has(#acting-now)").count(), 0);
    // It is news, too, for somebody who never said that they had read that they may.
    await theirs.goto(at("/"));
    await theirs.click("section:has(#news) a:has-text('You do not act for')");
    assert.match(await theirs.textContent("h1"), /You do not act for .*Erika Sample.* any more/s);
    await fine(theirs);
  });

  it("lists what a delegate granted before it asks what becomes of that", async () => {
    town.run(undefined, "delegate", account.neighbour, "--preset", "full", "--forever");
    await hers.goto(at("/records"));
    await hers.goto(at(`/family/${account.neighbour}/end`));
    assert.match(await hers.textContent("main"), /has let nobody in/);
    assert.equal(await hers.locator("input[name=granted][type=radio]").count(), 0, "nothing is asked about nothing");
    await fine(hers);
    town.run("neighbour", "as", account.erika, "grant", record, "--to", account.next, "--for", "30d");
    await hers.goto(at(`/family/${account.neighbour}/end`));
    assert.match(await hers.textContent("main ul"), /Blood test, until \w+ \d+ \w+ 20\d\d/);
    await fine(hers);
    await hers.click("label[for=family-end-end]");
    await submit(hers);
    await hers.waitForURL(/done=ended/);
    const twice = await send(hers, `/family/${account.neighbour}/end`, { granted: "end" });
    assert.equal(twice.status, 200);
  });

  it("is refused on the first page, and can't ask again", async () => {
    await nameContact(1);
    await hers.check("#meant");
    await submit(hers);
    await hers.waitForURL(/done=contact$/);
    await theirs.goto(at("/family"));
    await theirs.click("details:has(#patient) summary");
    await theirs.fill("#patient", "Erika Sample");
    await theirs.click("details:has(#patient) button");
    await submit(theirs);
    await theirs.waitForURL(/done=contact-asked/);
    await hers.goto(at("/"));
    await hers.click(".attention a:text('Refuse')");
    assert.match(await hers.textContent("main"), /Refuse that My neighbour acts for you\?.*can't ask until you name them again/s);
    await fine(hers);
    await submit(hers);
    await hers.waitForURL(/done=refused/);
    const refused = await send(hers, `/contacts/${account.neighbour}/refuse`, {});
    assert.equal(refused.status, 200, "a second press finds that it is done");
    for (const step of ["ask", "accept"]) {
      const { status, text } = await send(theirs, `/family/contact/${step}`, { patient: account.erika });
      assert.equal(status, 409);
      assert.match(text, /have not named you as a contact, or have refused you/);
    }
    // Whom nobody asked can be taken back as well.
    await nameContact(1);
    await hers.check("#meant");
    await submit(hers);
    await hers.click("a:text('Take back')");
    assert.match(await hers.textContent("h1"), /Take back that My neighbour is your contact/);
    await submit(hers);
    await hers.waitForURL(/done=contact-removed/);
    assert.equal((await send(hers, `/family/contact/${account.neighbour}/remove`, {})).status, 200);
    assert.deepEqual(town.run(undefined, "contacts"), []);
  });

  it("makes a child's profile with its day, and acts for the child", async () => {
    await hers.goto(at("/family/ward"));
    await fine(hers);
    const fill = async (name, day) => {
      await hers.fill("#name", name);
      await hers.fill("#grows_up", day);
      await hers.fill("#passphrase", PASSPHRASE);
      await hers.fill("#again", PASSPHRASE);
      await submit(hers);
    };
    await fill("neighbour", "2044-05-17");
    await wasRefused(hers, /has a profile of that name/);
    await fill("anna", "2020-05-17");
    await wasRefused(hers, /This day is over/);
    await fill("anna", "2044-05-17");
    assert.match(await hers.textContent("h1"), /profile anna is ready/);
    assert.equal(await hers.locator("ol.words li").count(), 24);
    await fine(hers);
    const words = await hers.locator("ol.words li").allTextContents();
    await hers.reload();
    assert.deepEqual(await hers.locator("ol.words li").allTextContents(), words, "they can be read again, and nothing is made twice");
    await hers.click("text=I have written them down");
    assert.match(await hers.textContent("section:has(#wards)"), /anna.*grows up on 17 May 2044.*days left/s);
    assert.match(await hers.textContent("section:has(#theirs)"), /anna.*You may open all records.*until the end of 17 May 2044/s);
    await fine(hers);
    const [ward] = town.run(undefined, "ward", "list");
    assert.equal(ward.profile, "anna");
    await hers.click("form[action='/acting/begin'] button");
    await hers.waitForURL(at("/acting"));
    assert.match(await hers.textContent("section.acting"), /You look at the records of anna/);
    await hers.goto(at("/acting/share"));
    assert.match(await hers.textContent("main"), /anna has no records yet, so there is nothing to share\. Add a file for them first/);
    await fine(hers);
    await hers.click("main a.button[href='/acting/add']");
    assert.equal(await hers.locator("p.fingerprint").count(), 0, "the child's key was made here");
    await hers.setInputFiles("#files", town.file("measles.txt", `Measles, first ${MARKER}\n`));
    await hers.click("form#add button");
    await hers.waitForSelector("#add-progress a", { timeout: 60_000 });
    await hers.click("section.acting button");
    await hers.waitForURL(/done=own/);
    assert.equal(town.run("anna", "list").length, 1, "it is the child's own");
    // On the child's own page nobody acts for the child but the parent.
    const anna = await enter(browser, town, "anna");
    await anna.goto(at("/family"));
    assert.match(await anna.textContent("section:has(#wards)"), /You look after no child/);
    assert.doesNotMatch(await anna.textContent("section:has(#wards)"), /anna|You act for them/);
    assert.match(await anna.textContent("section:has(#mine)"), /Erika Sample/);
    await fine(anna);
    await anna.context().close();
    assert.equal(town.run(undefined, "list").length, 1);
  });

  it("finishes a child's profile that an earlier try left half-made", async () => {
    town.run(undefined, "profile", "add", "half");
    const ward = readFileSync(join(town.home, "profiles", "anna", "ward.json"));
    writeFileSync(join(town.home, "profiles", "half", "ward.json"), ward);
    await hers.goto(at("/family"));
    assert.match(await hers.textContent("section:has(#wards)"), /half.*Not finished: you do not act for this child yet/s);
    await fine(hers);
    await hers.click("text=Finish the profile half");
    assert.equal(await hers.inputValue("#grows_up"), "2044-05-17");
    await fine(hers);
    await hers.fill("#passphrase", "another passphrase of hers");
    await submit(hers);
    await wasRefused(hers, /passphrase/);
    await hers.fill("#passphrase", PASSPHRASE);
    await submit(hers);
    assert.match(await hers.textContent("h1"), /profile half is ready/);
    assert.equal(await hers.locator("ol.words li").count(), 24);
    await hers.goto(at("/family"));
    assert.doesNotMatch(await hers.textContent("section:has(#wards)"), /Not finished/);
    assert.match(await hers.textContent("section:has(#theirs)"), /half.*until the end of 17 May 2044/s);
  });

  it("tells parent and child when the day comes near, and the child keeps the names that the parent used", async () => {
    const soon = new Date(Date.now() + 40 * 86_400_000).toISOString().slice(0, 10);
    const lenaId = town.run(undefined, "ward", "add", "lena", "--grows-up", soon)[0].principal;
    const letter = town.run(undefined, "as", "lena", "create", town.file("letter.txt", "Vaccinated\n"))[0].record_id;
    town.run(undefined, "as", "lena", "grant", letter, "--to", "My neighbour", "--for", "30d");
    await hers.goto(at("/"));
    assert.match(await hers.textContent(".attention"), /lena grows up on \d+ \w+ 20\d\d, and what you may do ends then/);
    await fine(hers);
    await hers.click(".attention a:has-text('lena grows up')");
    assert.match(await hers.textContent("section:has(#wards)"), /can be taken over from now on/);
    await fine(hers);
    const lena = await enter(browser, town, "lena");
    assert.match(await lena.textContent(".attention"), /You grow up on \d+ \w+ 20\d\d/);
    assert.match(await lena.textContent("section:has(#acting-now)"), /Erika Sample acts for you/);
    await fine(lena);
    await lena.goto(at("/people"));
    assert.match(await lena.textContent("ul.rows"), /My neighbour/);
    await lena.context().close();
    town.run(undefined, "profile", "add", "lena-new");
    const own = town.run("lena-new", "card", "set", "--name", "Lena")[0].text;
    const { text } = town.run("lena", "hand-over", "offer", own, "--yes")[0];
    // The parent acts for her at that moment, and has read the news.
    await hers.goto(at("/"));
    if (await hers.locator("#news").count()) await hers.click("form[action='/news'] button");
    const acting = await enter(browser, town, "default");
    await send(acting, "/acting/begin", { patient: lenaId });
    town.run("lena-new", "hand-over", "accept", text, "--keep-all", "--yes");
    await acting.goto(at("/acting"));
    assert.match(await acting.textContent("h1"), /^lena has a new account/);
    assert.doesNotMatch(await acting.textContent("main"), /not act for/);
    acting.faults.length = 0; // the browser says that it was refused
    await fine(acting);
    await acting.click("button:text('Go on with the new account')");
    await acting.waitForURL(at("/acting"));
    assert.match(await acting.textContent("section.acting"), /You look at the records of lena/);
    assert.match(await acting.textContent("ul.rows"), /letter\.txt/);
    await acting.context().close();
    await hers.goto(at("/"));
    const news = await hers.locator("section:has(#news) li").allTextContents();
    assert.deepEqual(news.filter((one) => !/lena has a new account/.test(one)), [], "one line for one person");
    assert.equal(news.length, 1);
    await fine(hers);
    await hers.click("section:has(#news) li a");
    assert.match(await hers.textContent("section:has(#theirs)"), /Act for .*lena/s);
    const wards = await hers.textContent("section:has(#wards)");
    assert.match(wards, /lena.*everything was handed over to .*lena/s);
    assert.doesNotMatch(wards.slice(wards.indexOf("lena")), /on paper/);
    await fine(hers);
    const grown = await enter(browser, town, "lena-new");
    assert.match(await grown.textContent("section:has(#acting-now)"), /Erika Sample acts for you/);
    assert.equal(await grown.locator(".attention:has-text('grow up')").count(), 0);
    await grown.goto(at("/hand-over"));
    assert.match(await grown.textContent("main"), /You took over from your earlier account/);
    await grown.goto(at(`/records/${letter}/log`));
    assert.match(await grown.textContent("main"), /Erika Sample gave access to My neighbour.*Erika Sample put it on record/s);
    assert.doesNotMatch(await grown.textContent("main"), /not among your people/);
    await fine(grown);
    await grown.context().close();
  });

  it("offers everything to a new account, by its card and a typed word", async () => {
    await hers.goto(at("/hand-over"));
    assert.match(await hers.textContent("main"), /Nobody can undo it/);
    await fine(hers);
    await hers.click("text=Offer everything to a new account");
    await fine(hers);
    await hers.fill("#document", card.erika);
    await submit(hers);
    await wasRefused(hers, /Nobody hands over to themselves/);
    await hers.fill("#document", card.next);
    await submit(hers);
    assert.match(await hers.textContent("section.emergency"), /Offer everything to .*“Erika, new”.*it alone decides/s);
    await fine(hers);
    await hers.fill("#word", "perhaps");
    await submit(hers, "section.emergency");
    await wasRefused(hers, /Nothing was offered/);
    await hers.fill("#word", "everything");
    await submit(hers, "section.emergency");
    if (await hers.locator("p.fingerprint").count()) await submit(hers);
    assert.match(await hers.textContent("main"), /Nothing has changed yet/);
    await fine(hers);
    town.text = await hers.inputValue("#own");
    assert.match(town.text, /^mrms:/);
    await hers.reload();
    assert.equal(await hers.inputValue("#own").then((text) => text.slice(0, 5)), "mrms:", "a page to which one can go back");
    // It is told where somebody goes who did not do this, with the button that takes it back; and can be made again.
    const place = "section.emergency.alarm";
    for (const path of ["/", "/family", "/hand-over", "/records", "/who", "/settings"]) {
      await hers.goto(at(path));
      assert.equal(await hers.locator(`main > ${place}:first-child`).count(), 1, `first on ${path}`);
      assert.match(await hers.textContent(place), /Everything is offered to .*who has not accepted yet.*somebody has your words/s, path);
      assert.equal(await hers.locator(`${place} form[action='/hand-over/withdraw']`).count(), 1, path);
      await fine(hers);
    }
    await hers.goto(at("/"));
    assert.match(await hers.textContent(place), /your new account \(ST/, "her own new account is no stranger");
    await hers.click("button:text('Take the offer back')");
    await hers.waitForURL(/done=withdrawn/);
    assert.match(await hers.textContent("main"), /Your account took that back on/);
    for (const path of ["/", "/family"]) {
      await hers.goto(at(path));
      assert.doesNotMatch(await hers.textContent("main"), /Everything is offered/);
      assert.equal(await hers.locator(place).count(), 0, "her own offer is no alarm");
    }
    // One that her program did not make: it stays told when it is taken back, until she says that it was she.
    town.run(undefined, "contract", "call", "offer-succession", JSON.stringify({ successor: account.next2 }));
    await hers.goto(at("/"));
    await hers.click("button:text('Take the offer back')");
    await hers.waitForURL(/done=withdrawn/);
    for (const path of ["/hand-over", "/", "/people"]) {
      await hers.goto(at(path));
      assert.match(await hers.textContent(place), /not by this program.*somebody has your 24 words.*Make a new profile.*Hand everything over/s, path);
      await fine(hers);
    }
    for (const [language, said] of [["de", /jemand Ihre 24 Wörter/], ["es", /alguien tiene sus 24 palabras/], ["en", /somebody has your 24 words/]]) {
      await hers.selectOption("#language", language);
      await hers.click("footer button");
      assert.match(await hers.textContent(place), said);
      await fine(hers);
    }
    await hers.click(`${place} button:text('That was me')`);
    await hers.waitForURL(/done=mine/);
    assert.match(await hers.textContent("main"), /was offered to ST.*not among your people.*took that back/s, "the page goes on saying what happened");
    await hers.goto(at("/"));
    assert.equal(await hers.locator(place).count(), 0);
    assert.equal((await send(hers, "/hand-over/withdraw", {})).status, 200, "a second press finds that it is done");
    const next = await enter(browser, town, "next");
    await next.goto(at("/hand-over/accept"));
    await next.fill("#document", town.text);
    await submit(next);
    await wasRefused(next, /not offered to you any more/);
    await next.context().close();
    await hers.goto(at("/hand-over/offer"));
    await hers.fill("#document", card.next);
    await submit(hers);
    await hers.fill("#word", "everything");
    await submit(hers, "section.emergency");
    town.text = await hers.inputValue("#own");
    await hers.goto(at("/hand-over"));
    const [file] = await Promise.all([hers.waitForEvent("download"), hers.click("text=Save the text as a file")]);
    let saved = "";
    for await (const chunk of await file.createReadStream()) saved += chunk;
    await file.delete();
    assert.match(saved, /^mrms:/);
    await fine(hers);
  });

  it("takes over after saying for each whether it goes on", async () => {
    town.run(undefined, "grant", record, "--to", account.neighbour, "--for", "30d");
    const next = await enter(browser, town, "next");
    await next.goto(at("/hand-over"));
    await next.click("text=Take over with a text");
    await fine(next);
    await next.fill("#document", town.text);
    await submit(next);
    assert.match(await next.textContent("h1"), /Take over from .*“Erika Sample”/s);
    assert.match(await next.textContent("main"), /My neighbour.*may open 1 record,.*left, until/s, "by the name that she gave them");
    await fine(next);
    const unanswered = await send(next, "/hand-over/accept", { document: town.text, meant: "yes" });
    assert.equal(unanswered.status, 422);
    assert.match(unanswered.text, /Say for each of them/);
    await next.click("label[for=end-0]");
    await next.check("#meant");
    await submit(next, "main form");
    assert.match(await next.textContent("main"), /You have taken over.*1 record is yours.*Keep the text/s);
    await fine(next);
    await next.click("text=Go on");
    assert.match(await next.textContent("h1.sentence"), /Nobody but you can see your record/);
    await next.goto(at(`/records/${record}`));
    assert.equal(await next.textContent("pre.text"), NOTE);
    await next.goto(at("/hand-over"));
    assert.match(await next.textContent("main"), /You took over from your earlier account/);
    await next.goto(at("/people"));
    assert.match(await next.textContent("ul.rows"), /My neighbour/);
    const neighbour = await send(theirs, `/shared/${record}/open`, { sent: "yes" });
    assert.ok(neighbour.status >= 400 && !neighbour.text.includes(MARKER), "it ended");

    await hers.goto(at("/"));
    assert.match(await hers.textContent("h1.sentence"), /handed over/);
    await hers.goto(at("/family"));
    assert.match(await hers.textContent("section:has(#mine)"), /handed everything over/);
    await fine(hers);
    for (const [path, form] of [
      ["/family/name", { person: account.neighbour, preset: "full", term: "share-year", meant: "yes" }],
      ["/family/contact", { person: account.neighbour, preset: "reader", days: "7", meant: "yes" }],
      ["/hand-over/offer", { document: account.neighbour, word: "everything" }],
    ]) {
      const { status, text } = await send(hers, path, form);
      assert.ok(status >= 400, `${path}: ${status} ${text}`);
    }
    await next.context().close();
    // Whoever knows her earlier account knows by it whose the new one is.
    await theirs.goto(at(`/people/${account.next}`));
    assert.match(await theirs.textContent("h1"), /Erika Sample.* \(new account ST/);
    await fine(theirs);
  });
});

describe("a child where a sponsor pays the fees", { skip, concurrency: false }, () => {
  let clinic, parent, sponsor, page, context, browser;
  const at = (path) => `${parent.url}${path}`;
  const submit = () => page.click("main form button[type=submit]");

  before(async () => {
    clinic = new Town();
    parent = new Town();
    clinic.run(undefined, "init");
    clinic.run(undefined, "card", "set", "--name", "Clinic North", "--kind", "practice");
    writeFileSync(join(clinic.home, "vouchers.txt"), "");
    const paying = '[sponsor]\nvouchers = "vouchers.txt"\nprofile = "default"\nlisten = "127.0.0.1:0"\n';
    writeFileSync(join(clinic.home, "mrms.toml"), paying);
    sponsor = (await clinic.up()).sponsor.url;
    await parent.start();
    browser = await launch();
    context = await browser.newContext({ locale: "en-GB" });
    page = await watched(context, parent.url);
  });
  after(async () => {
    await browser?.close();
    await clinic?.end();
    await parent?.end();
  });
  const invitation = () => clinic.run(undefined, "invite", "--sponsor-url", sponsor)[0].text;

  it("keeps the name that was typed when the passphrase is too easy", async () => {
    await page.goto(parent.link);
    await page.goto(at("/join"));
    await page.fill("#document", invitation());
    await submit();
    await submit();
    await page.waitForURL(at("/welcome"));
    await page.fill("#own", "Anna Sample");
    for (const field of ["#passphrase", "#again"]) await page.fill(field, "password");
    await submit();
    assert.match(await page.textContent("[role=alert]"), /too easy/);
    page.faults.length = 0;
    assert.equal(await page.inputValue("#own"), "Anna Sample");
    assert.equal(await page.inputValue("#passphrase"), "");
    for (const field of ["#passphrase", "#again"]) await page.fill(field, PASSPHRASE);
    await submit();
    await page.waitForURL(at("/words"));
  });

  const fill = async (name, invitation = "") => {
    await page.goto(at("/family/ward"));
    await page.fill("#name", name);
    await page.fill("#grows_up", "2044-05-17");
    await page.fill("#invitation", invitation);
    for (const field of ["#passphrase", "#again"]) await page.fill(field, PASSPHRASE);
    await submit();
  };

  it("makes nothing where the sponsor does not pay for the child, and says what to ask for", async () => {
    for (const [text, said] of [
      ["", /Ask them for an invitation for the child.*Nothing was made/],
      ["mrms:AAAA", /This is no invitation/],
    ]) {
      await fill("lena", text);
      assert.match(await page.textContent("[role=alert]"), said);
      page.faults.length = 0;
      assert.equal(await page.inputValue("#name"), "lena");
      await fine(page);
    }
    await page.goto(at("/family"));
    assert.match(await page.textContent("section:has(#wards)"), /You look after no child with a profile here/);
    assert.equal(existsSync(join(parent.home, "profiles", "lena")), false);
    assert.throws(() => parent.run(undefined, "ward", "add", "lena", "--grows-up", "2044-05-17"), (error) => error.stdout.includes("sponsor"));
    assert.equal(existsSync(join(parent.home, "profiles", "lena")), false);
  });

  it("makes it with the child's own invitation, which is good for one child", async () => {
    await page.goto(at("/hand-over/offer"));
    assert.match(await page.textContent("form.card"), /an invitation for the new account/);
    const own = invitation();
    await fill("lena", own);
    assert.match(await page.textContent("h1"), /profile lena is ready/);
    await page.goto(at("/family"));
    assert.match(await page.textContent("section:has(#theirs)"), /lena/);
    await fill("paul", own);
    assert.match(await page.textContent("[role=alert]"), /used/);
    page.faults.length = 0;
    assert.equal(existsSync(join(parent.home, "profiles", "paul")), false);
  });
});
