// Words that are split among people in the portal, and an account that comes back by what they answer.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { PASSPHRASE, Town, filesWith, fine, launch, skip, watched } from "./town.mjs";

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
    await unlock("ana-again", OTHER);
    assert.deepEqual(page.faults, []);
    const secrets = [...answers.map((text) => text.split("\n")[3].slice(0, 22)), words.split(" ").slice(0, 5).join(" ")];
    assert.deepEqual(filesWith([town.home], secrets), []);
    assert.ok(secrets.every((secret) => secret.length > 20 && !town.log.includes(secret)));
  });
});
