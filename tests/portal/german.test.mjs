// Every page in German, after a clinic, a family and an offer have been there: no sentence of ours is in English.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { Town, enter, launch, send, skip } from "./town.mjs";

/** English words that no German sentence has, and that nothing of this story is called. */
const ENGLISH =
  /\b(the|and|your|you|with|has|have|of|is|are|this|that|for|by|from|listed|lists|opened|shared|vault|vaults|released|refused|tried|until|nobody|somebody|they|their|key|keys)\b/i;

/** Texts that are no sentences of ours: what people and machines wrote, and what is told to be in English. */
const OTHERS = "code, pre, textarea, script, style, option, select, [lang=en], .said, p.fingerprint, .words, details.card summary";

/** Pages that only save a file, or end the visit; and others' bytes. */
const LEAVES = /\/(file|export|report|text|code\.png|picture|document|page)\b|\/evidence\/file|\/lock|\/language/;

describe("every page in German", { skip, concurrency: false }, () => {
  let town, browser, record;
  const account = {};
  const at = (path) => `${town.url}${path}`;

  before(async () => {
    town = new Town();
    account.quist = town.run(undefined, "init")[0].principal;
    const card = {};
    const made = (profile, name) => town.run(profile, "card", "set", "--name", name)[0].text;
    card.quist = made(undefined, "Dr. Quist");
    for (const [profile, name] of [["clinic", "Klinik Nord"], ["erika", "Erika Muster"], ["anna", "Anna Muster"], ["next", "Erika, neu"]]) {
      account[profile] = town.run(undefined, "profile", "add", profile)[0].principal;
      card[profile] = made(profile, name);
    }
    for (const who of [undefined, "erika"]) town.run(who, "people", "add", card.clinic, "--yes");
    for (const who of ["anna", "next"]) town.run("erika", "people", "add", card[who], "--yes");
    for (const who of [undefined, "anna"]) town.run(who, "people", "add", card.erika, "--yes");
    // The clinic's staff is in a directory, and so is somebody who is in it no longer.
    town.run("clinic", "people", "add", card.quist, "--yes");
    town.run("clinic", "staff", "add", "Dr. Quist", "--forever", "--yes");
    town.run(undefined, "staff", "join", "Klinik Nord");
    const staff = town.file("quist.card", card.quist);
    town.run("clinic", "directory", "make", "--name", "Personal Nord", "-o", "staff.mrms", staff);
    town.run("erika", "directory", "add", "staff.mrms", "--yes");

    record = town.run("erika", "create", town.file("befund.txt", "Ferritin 31"), "--label", "Blutbild")[0].record_id;
    const other = town.run("erika", "create", town.file("brief.txt", "Ein Brief"), "--label", "Brief")[0].record_id;
    town.run("erika", "grant", record, "--to", "Klinik Nord", "--for", "30d", "--as", "Erika Muster");
    town.run("erika", "grant", other, "--to", account.anna, "--for", "1d");
    town.run("erika", "delegate", account.anna, "--preset", "full", "--for", "365d", "--yes");
    town.run("erika", "contact", account.next, "--may", "see", "--wait", "7d", "--yes");
    town.run("next", "people", "add", card.erika, "--yes");
    town.run("next", "contact", "ask", account.erika);
    town.run(undefined, "access", record, "--organisation", "Klinik Nord", "-o", "gelesen.txt", "--purpose", "TREAT");
    // A key that is new, a version that waits for it, an opening without a key, and one that was refused.
    town.run("clinic", "key", "rotate", "--yes");
    town.run("erika", "amend", record, town.file("neu.txt", "Ferritin 48"));
    assert.throws(() => town.run(undefined, "access", record, "--organisation", "Klinik Nord", "-o", "nie.txt"));
    assert.throws(() => town.run("next", "access", record, "-o", "nie.txt"));
    town.run("erika", "hand-over", "offer", account.next, "--yes", "--accept-changed-key");
    await town.start();
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    await town?.end();
  });

  /** What is English on a page, with what stands around it. */
  const english = (page) =>
    page.evaluate(
      ([pattern, others]) => {
        const found = [];
        const look = (text) => {
          // What stands between quotation marks, and names of files, are somebody's words.
          const clean = text.replace(/\s+/g, " ").replace(/„[^“]*“|\S+\.\w{3,5}\b/g, "…");
          const at = clean.search(new RegExp(pattern, "i"));
          if (at >= 0) found.push(clean.slice(Math.max(0, at - 40), at + 60));
        };
        const whole = document.body.cloneNode(true);
        whole.querySelectorAll(others).forEach((one) => one.remove());
        // Sentences are looked at one by one: what stands beside each other is no sentence.
        const walker = document.createTreeWalker(whole, NodeFilter.SHOW_TEXT);
        while (walker.nextNode()) look(walker.currentNode.data);
        for (const one of whole.querySelectorAll("*")) {
          for (const name of ["aria-label", "title", "placeholder", "alt", "data-done", "data-failed"]) {
            if (one.hasAttribute(name)) look(one.getAttribute(name));
          }
        }
        return found;
      },
      [ENGLISH.source, OTHERS],
    );

  /** Goes to every page that links lead to from here, and says what is English on each. */
  const walk = async (page, first) => {
    const [waiting, seen, wrong] = [[...first], new Set(), {}];
    while (waiting.length) {
      const path = waiting.shift();
      // Lists are asked in many ways: each page of ours is looked at once or twice.
      const kind = path.replace(/\/\d{6,}/g, "/N").replace(/=[^&]*/g, "=");
      const times = [...seen].filter((one) => one.split(" ")[0] === kind).length;
      if (times >= 2 || seen.has(`${kind} ${path}`)) continue;
      seen.add(`${kind} ${path}`);
      await page.goto(at(path));
      const found = await english(page);
      if (found.length) wrong[path] = found;
      const links = await page.locator("a[href^='/']:not([download])").evaluateAll((all) => all.map((one) => one.getAttribute("href")));
      waiting.push(...links.filter((link) => !LEAVES.test(link)));
    }
    page.faults.length = 0;
    return { seen: seen.size, wrong };
  };
  const german = { locale: "de-DE" };

  it("of the patient, with a log, people, family and an offer", async () => {
    const page = await enter(browser, town, "erika", german);
    await page.goto(at("/"));
    assert.equal(await page.getAttribute("html", "lang"), "de");
    assert.match(await page.textContent(".attention"), /Klinik Nord hat einen neuen Schlüssel/);
    const paths = ["/", `/records/${record}/log`, `/people/${account.quist}`, `/people/${account.clinic}`, `/people/${account.clinic}/key`, "/hand-over"];
    const { seen, wrong } = await walk(page, paths);
    assert.ok(seen > 40, String(seen));
    assert.deepEqual(wrong, {});
    await page.goto(at(`/records/${record}/log`));
    assert.match(await page.textContent("main"), /Dr\. Quist.*im Verzeichnis „Personal Nord“/s);
    assert.match(await page.textContent("main"), /wollte es öffnen.*abgewiesen/s);
  });

  it("of the doctor and of the clinic", async () => {
    for (const [profile, least] of [["default", 25], ["clinic", 25]]) {
      const page = await enter(browser, town, profile, german);
      const { seen, wrong } = await walk(page, ["/", "/shared", "/staff", "/family"]);
      assert.ok(seen > least, `${profile}: ${seen}`);
      assert.deepEqual(wrong, {}, profile);
      if (profile === "default") {
        const { text } = await send(page, `/shared/${record}/open`, { purpose: "TREAT" });
        assert.match(text, /Die Tresore haben geantwortet/);
      }
    }
  });

  it("of the daughter who acts for her mother", async () => {
    const page = await enter(browser, town, "anna", german);
    await send(page, "/acting/begin", { patient: account.erika });
    const { seen, wrong } = await walk(page, ["/acting", `/acting/records/${record}`]);
    assert.ok(seen > 5, String(seen));
    assert.deepEqual(wrong, {});
  });
});
