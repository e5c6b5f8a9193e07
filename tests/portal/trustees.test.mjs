// Words that are split among people in the portal, and an account that comes back by what they answer: read out, or encrypted
// to a one-time key over several days.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { PASSPHRASE, Town, filesWith, fine, launch, send, skip, watched } from "./town.mjs";

const OTHER = "siebzehn Gabeln unter dem Klavier";

describe("words among trustees", { skip, concurrency: false }, () => {
  let town, browser, context, page;
  const answers = [];
  const at = (path) => `${town.url}${path}`;
  const submit = (within = "main") => page.click(`${within} button[type=submit]`);
  const refuses = async (words) => {
    assert.match(await page.textContent("[role=alert]"), words);
    page.faults.length = 0; // the browser says in its console that an answer was a refusal
    await fine(page);
  };
  const unlock = async (profile, passphrase = PASSPHRASE) => {
    await page.goto(at("/unlock"));
    await page.selectOption("#profile", profile);
    await page.fill("#passphrase", passphrase);
    await submit();
    await page.waitForURL(at("/"));
  };
  const lock = async () => {
    await page.click("form[action='/lock'] button");
    await page.waitForURL(at("/unlock"));
  };

  before(async () => {
    town = new Town();
    for (const [profile, name] of [["ana", "Ana Muster"], ["maria", "Maria"], ["jan", "Jan"], ["eva", "Eva"]]) {
      town.run(profile, "init");
      town.run(profile, "card", "set", "--name", name, "--kind", "person");
      town.run(profile, "card", "show", "-o", `${profile}.card`);
    }
    for (const who of ["maria", "jan"]) town.run("ana", "people", "add", `${who}.card`, "--name", who, "--yes");
    town.run("maria", "people", "add", "ana.card", "--name", "My sister Ana", "--yes");
    town.run("ana", "create", town.file("blood.txt", "Ferritin 31 ug/L\n"));
    await town.start();
    browser = await launch();
    context = await browser.newContext({ locale: "en-GB", acceptDownloads: true });
    page = await watched(context, town.url);
    await page.goto(town.link);
    await page.waitForURL(at("/unlock"));
  });
  after(async () => {
    await browser?.close();
    await town?.end();
  });

  it("makes a file for each, after the choice makes sense and the passphrase is right", async () => {
    await unlock("ana");
    await page.goto(at("/settings"));
    await page.click("a[href='/trustees']");
    await fine(page);
    await page.click("label:has-text('maria')");
    await page.fill("#threshold", "2");
    await submit("form.card");
    await refuses(/at least two people/);
    await page.click("label:has-text('jan')");
    await submit("form.card");
    assert.match(await page.textContent("main"), /Any 2 of these 2/);
    await fine(page);
    await page.fill("#passphrase", "something else");
    await submit("form.card");
    await refuses(/passphrase/);
    await page.fill("#passphrase", PASSPHRASE);
    await submit("form.card");
    assert.match(await page.textContent("h1"), /words are split/);
    await fine(page);
    for (const row of await page.locator("ul.rows li").all()) {
      const [download] = await Promise.all([page.waitForEvent("download"), row.locator("a").click()]);
      assert.match(download.suggestedFilename(), /^share-[12]-of-2\.age$/);
      const who = (await row.locator(".name").textContent()).trim();
      await download.saveAs(join(town.folder, `for-${who}.age`));
      assert.match(readFileSync(join(town.folder, `for-${who}.age`), "utf8"), /^-----BEGIN AGE/);
    }
    await lock();
  });

  it("answers nobody but those for whom a file was made, and only after they spoke with its owner", async () => {
    await unlock("eva");
    await page.goto(at("/people"));
    await page.click("a[href='/trustees/answer']");
    await fine(page);
    await page.setInputFiles("#share", join(town.folder, "for-maria.age"));
    await submit("form.card");
    await refuses(/not made for you/);
    await page.setInputFiles("#share", town.file("no.age", "no share"));
    await submit("form.card");
    await refuses(/no such file/);
    await lock();
    for (const who of ["maria", "jan"]) {
      await unlock(who);
      await page.goto(at("/trustees/answer"));
      await page.setInputFiles("#share", join(town.folder, `for-${who}.age`));
      await submit("form.card");
      const said = await page.textContent("main");
      assert.match(said, /part [12] of 2 of the words of/);
      if (who === "maria") assert.match(said, /My sister Ana/);
      assert.doesNotMatch(said, /mrms-share-1/);
      await fine(page);
      await page.click("label[for=spoken]");
      await submit("form.card");
      answers.push(await page.inputValue("#answer"));
      assert.match(answers.at(-1), /mrms-share-1/);
      await fine(page);
      await lock();
    }
  });

  it("gives the account back for enough answers, and says what is wrong with others", async () => {
    await page.click("a[href='/recover']");
    await fine(page);
    const give = async (given, name = "ana-again") => {
      await page.fill("#given", given);
      await page.fill("#passphrase", OTHER);
      await page.fill("#again", OTHER);
      await page.fill("#name", name);
      await submit();
    };
    await give(answers[0]);
    await refuses(/2 answers are needed. You gave 1/);
    assert.equal((await page.inputValue("#given")).trim(), answers[0].trim(), "what was pasted stays");
    assert.equal(await page.inputValue("#name"), "ana-again");
    assert.equal(await page.inputValue("#passphrase"), "", "a passphrase is typed again");
    await give(`${answers[0]}${answers[0]}`);
    await refuses(/twice/);
    await give(answers[0].replace(/mrms-share-1\n(.)/, (_, letter) => `mrms-share-1\n${letter === "q" ? "p" : "q"}`));
    await refuses(/Answer 1 has a typing error/);
    await give("owl ".repeat(23));
    await refuses(/You gave 23/);
    await give(answers.join("\n"), "maria");
    await refuses(/profile of that name/);
    await give(answers.join("\n"));
    assert.match(await page.textContent("main"), /1 of 1 of your records open/);
    await fine(page);
    await page.click("a.button");
    await page.waitForURL(at("/words"));
    const words = (await page.locator("ol.words li").allTextContents()).join(" ");
    await page.goto(at("/records"));
    assert.match(await page.textContent("ul.rows"), /blood.txt/);
    await lock();

    await page.goto(at("/recover"));
    await give(words.split(" ").map((word, place) => `${place + 1}. ${word}`).join("\n"), "by-words");
    assert.match(await page.textContent("main"), /1 of 1 of your records open/);
    await page.click("a.button");
    await page.waitForURL(at("/"));
    await lock();

    // An account that never had a record here.
    await page.goto(at("/recover"));
    await give(`${"abandon ".repeat(23)}art`, "elsewhere");
    const said = await page.textContent("main");
    assert.match(said, /Your words are right.*This account has no records here.*Its invitation brings them here/s);
    assert.match(said, /What comes back, and from where.*Names of other people.*with each person’s card/s);
    assert.doesNotMatch(said, /\b0\b/);
    assert.equal(await page.locator(".wrong").count(), 0, "right words are greeted without red");
    await fine(page);
    await page.fill("#document", "mrms:no-invitation");
    await page.click("form[action='/join/look'] button[type=submit]");
    await refuses(/not whole, or was altered/);
    await page.goto(at("/"));
    await lock();
    await unlock("ana-again", OTHER);
    assert.deepEqual(page.faults, []);
    const secrets = [...answers.map((text) => text.split("\n")[3].slice(0, 22)), words.split(" ").slice(0, 5).join(" ")];
    assert.deepEqual(filesWith([town.home], secrets), []);
    assert.ok(secrets.every((secret) => secret.length > 20 && !town.log.includes(secret)));
  });

  describe("encrypted to a one-time key", () => {
    const kept = () => (existsSync(join(town.home, "recovery")) ? readdirSync(join(town.home, "recovery")).sort() : []);
    const sealed = {};
    let key, fingerprint, code;

    /** Asks for the account before enough answers are here; the page does not offer it. */
    async function finishTooEarly(words) {
      assert.equal(await page.locator("form[action='/recover/finish']").count(), 0);
      page.token = await page.getAttribute("input[name=token]", "value");
      for (const form of [{ passphrase: OTHER, again: OTHER, name: "too-early" }, { passphrase: "short", again: "other", name: "maria" }]) {
        const { status, text } = await send(page, "/recover/finish", form);
        assert.equal(status, 422);
        assert.match(text, words);
        assert.doesNotMatch(text, /changed on its way\. Ask/);
      }
      assert.equal(existsSync(join(town.home, "profiles", "too-early")), false);
    }

    /** What a trustee gets for their file and a key, which is given by a picture or as text. */
    async function answerOf(who, given) {
      await unlock(who);
      await page.goto(at("/trustees/answer"));
      await page.setInputFiles("#share", join(town.folder, `for-${who}.age`));
      await submit("form.card");
      await page.click("summary:text('They gave me a key')");
      await page.click("label[for=spoken]");
      if (given.code) await page.setInputFiles("#picture", given.code);
      else await page.fill("#document", given.key);
      await submit("form.card");
    }

    it("which is made on the page, and kept for its owner alone", async () => {
      await lock();
      await page.click("a[href='/recover']");
      await page.click("a[href='/recover/answers']");
      assert.deepEqual(kept(), []);
      await fine(page);
      await submit();
      await page.waitForURL(at("/recover/answers"));
      key = (await page.inputValue("#key")).trim();
      fingerprint = (await page.textContent(".fingerprint")).trim();
      assert.match(key, /^age1pq1[a-z0-9]{1900,}$/);
      assert.match(await page.textContent("main"), /No answer is here yet/);
      await finishTooEarly(/role="alert">No answer is here yet\. Your account comes back when enough/);
      await fine(page);
      await page.setViewportSize({ width: 1280, height: 900 });
      code = join(town.folder, "key.png");
      await page.locator(".code svg").screenshot({ path: code });
      assert.deepEqual(kept(), ["one-time-key.txt"]);
      assert.equal(statSync(join(town.home, "recovery", "one-time-key.txt")).mode & 0o777, 0o600);
      await page.goto(at("/recover"));
      assert.match(await page.textContent(".notice"), /made a key for the answers/);
      await fine(page);
    });

    it("which a trustee takes from a picture, and nothing else for it", async () => {
      await page.goto(at("/unlock"));
      await answerOf("maria", { key: "age1pq1nonsense" });
      await refuses(/no such key/);
      await page.click("summary:text('They gave me a key')");
      await page.click("label[for=spoken]");
      await page.setInputFiles("#picture", code);
      await submit("form.card");
      assert.equal((await page.textContent(".fingerprint")).trim(), fingerprint, "it is the key of the picture");
      sealed.maria = await page.inputValue("#answer");
      assert.match(sealed.maria, /^-----BEGIN AGE ENCRYPTED FILE-----/);
      await fine(page);
      await lock();
      await answerOf("jan", { key: `${key.slice(0, 700)}\n ${key.slice(700)}` });
      sealed.jan = await page.inputValue("#answer");
      const [download] = await Promise.all([page.waitForEvent("download"), page.click("a[download]")]);
      assert.match(download.suggestedFilename(), /^answer-[12]\.age$/);
      await download.saveAs(join(town.folder, "saved.age"));
      assert.equal(readFileSync(join(town.folder, "saved.age"), "utf8").trim(), sealed.jan.trim());
      await lock();
    });

    it("whose answers come in on several days, also after the portal was started again", async () => {
      await page.goto(at("/recover/answers"));
      const give = async (text) => {
        await page.fill("#answer", text);
        await page.click("form[enctype] button[type=submit]");
      };
      await give("good morning");
      await refuses(/no answer in this text/);
      await give("");
      await refuses(/Paste an answer/);
      const large = "x".repeat(3 * 1024 * 1024);
      await give(large);
      await refuses(/too large for an answer: 2 MB at most/);
      await page.setInputFiles("#picture", town.file("large.age", large));
      await give("");
      await refuses(/too large for an answer: 2 MB at most/);
      await give(readFileSync(join(town.folder, "for-maria.age"), "utf8"));
      await refuses(/does not open this answer/);
      await give(`Dear Ana,\n\n${sealed.maria}\nMaria`);
      assert.match(await page.textContent("main"), /Here: 1. Needed: 2/);
      assert.equal(await page.locator("#passphrase").count(), 0);
      await finishTooEarly(/role="alert">2 answers are needed\. You gave 1\./);
      await give(sealed.maria);
      await refuses(/twice/);

      const ended = new Promise((resolve) => town.portal.once("exit", resolve));
      town.portal.kill("SIGTERM");
      await ended;
      await context.close();
      await town.start();
      context = await browser.newContext({ locale: "en-GB", acceptDownloads: true });
      page = await watched(context, town.url);
      await page.goto(town.link);
      await page.waitForURL(at("/unlock"));
      await page.click("a[href='/recover']");
      assert.match(await page.textContent(".notice"), /1 answer is here/);
      // An encrypted answer is told where it belongs.
      await page.fill("#given", sealed.jan);
      await page.fill("#passphrase", OTHER);
      await page.fill("#again", OTHER);
      await page.fill("#name", "third");
      await submit();
      await refuses(/encrypted answer. It is opened under/);
      await page.click(".notice a");
      assert.equal((await page.inputValue("#key")).trim(), key, "the key is the same");
      await page.setInputFiles("#picture", town.file("answer.age", sealed.jan));
      await page.click("form[enctype] button[type=submit]");
      assert.match(await page.textContent("main"), /Here: 2. Needed: 2[\s\S]*Enough answers are here/);
      await fine(page);
      await page.locator("ul.readers button").first().click();
      assert.match(await page.textContent("main"), /Here: 1. Needed: 2/);
      await give(sealed.maria.includes("BEGIN") ? `${sealed.maria}\n${sealed.jan}` : "");
      assert.match(await page.textContent("main"), /Here: 2. Needed: 2/);
      const plain = answers.map((text) => text.split("\n")[3].slice(0, 22));
      assert.deepEqual(filesWith([town.home], plain), [], "no answer is on the disk in the clear");
    });

    it("and that bring the account back, and leave nothing behind", async () => {
      const finish = async (name) => {
        await page.fill("#passphrase", OTHER);
        await page.fill("#again", OTHER);
        await page.fill("#name", name);
        await page.click("form[action='/recover/finish'] button");
      };
      await finish("maria");
      await refuses(/profile of that name/);
      // The command line goes on with what the pages collected.
      const files = kept().map((name) => join(town.home, "recovery", name));
      assert.deepEqual(kept(), ["answer-1.age", "answer-2.age", "one-time-key.txt"]);
      assert.equal(town.run("by-hand", "key", "join", "-i", files[2], files[0], files[1])[0].records_recovered, 1);
      await finish("third");
      assert.match(await page.textContent("main"), /1 of 1 of your records open/);
      await fine(page);
      assert.deepEqual(kept(), []);
      await page.goto(at("/records"));
      assert.match(await page.textContent("ul.rows"), /blood.txt/);
      await lock();
      await page.goto(at("/recover/answers"));
      assert.equal(await page.locator("#key").count(), 0, "the key is gone");
      // Whoever gives up throws all of it away.
      await submit();
      await page.waitForURL(at("/recover/answers"));
      assert.notEqual((await page.inputValue("#key")).trim(), key);
      await page.click("summary:text('Give up')");
      await fine(page);
      await page.click("button.danger");
      await page.waitForURL(at("/recover"));
      assert.deepEqual(kept(), []);
      assert.equal(town.log.includes("age1pq1") || town.log.includes("AGE-SECRET"), false);
    });

    it("and nothing of it by a form of another session", async () => {
      for (const path of ["key", "forget", "finish", "answers/1/remove"]) {
        const form = { token: "x", passphrase: OTHER, again: OTHER, name: "fourth" };
        const answer = await context.request.post(at(`/recover/${path}`), { form, headers: { origin: town.url }, maxRedirects: 0 });
        assert.equal(answer.status(), 403, path);
      }
      const multipart = { token: "x", answer: sealed.jan };
      const answer = await context.request.post(at("/recover/answers"), { multipart, headers: { origin: town.url }, maxRedirects: 0 });
      assert.equal(answer.status(), 403);
      const stranger = await browser.newContext();
      const asked = await stranger.request.get(at("/recover/answers"), { maxRedirects: 0 });
      assert.equal(asked.status(), 303, "who did not come in sees nothing");
      await stranger.close();
      assert.deepEqual(kept(), []);
    });
  });
});
