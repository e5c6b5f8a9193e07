// A doctor of a clinic in a browser: what the clinic was granted stands in her list, is opened for the clinic, and the
// patient's page says who it was and for whom.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { PASSPHRASE, Town, fine, launch, skip, watched } from "./town.mjs";

const NOTE = "Ferritin 31 ug/L MARKER-of-the-clinic\n";

describe("a member of a clinic", { skip, concurrency: false }, () => {
  let town, browser, page, id, token;
  const at = (path) => `${town.url}${path}`;
  const submit = () => page.click("main button[type=submit]");

  before(async () => {
    town = new Town();
    // The doctor has the default profile.
    town.run(undefined, "init");
    for (const name of ["clinic", "patient"]) town.run(undefined, "profile", "add", name);
    const card = (profile, name) => town.run(profile, "card", "set", "--name", name)[0].text;
    const [quist, clinic] = [card(undefined, "Dr Quist"), card("clinic", "Clinic North")];
    for (const who of [undefined, "patient"]) town.run(who, "people", "add", clinic, "--yes");
    town.run("patient", "people", "add", quist, "--yes");
    town.run("clinic", "staff", "add", quist, "--forever", "--yes");
    town.run(undefined, "staff", "join", "Clinic North");
    id = town.run("patient", "create", town.file("note.txt", NOTE))[0].record_id;
    town.run("patient", "grant", id, "--to", "Clinic North", "--for", "30d", "--as", "Maria Muster");
    await town.start();
    browser = await launch();
    page = await watched(await browser.newContext({ locale: "en-GB" }), town.url);
    await page.goto(town.link);
    await page.waitForURL(at("/unlock"));
    await page.selectOption("#profile", "default");
    await page.fill("#passphrase", PASSPHRASE);
    await submit();
    await page.waitForURL(at("/"));
  });
  after(async () => {
    await browser?.close();
    await town?.end();
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
    token = await page.getAttribute("#purpose-form input[name=token]", "value");
    await page.click("ul.readers button[formaction$='/open']");
    await page.waitForSelector("section.content");
    assert.match(await page.textContent("div.head"), /for Clinic North/);
    await fine(page);
    const looks = town.run("patient", "who");
    assert.equal(looks[0].who_name, "Dr Quist");
    assert.equal(looks[0].organisation_name, "Clinic North");
    assert.equal(looks[0].purpose, "TREAT");
  });

  it("gives her nothing after the clinic removed her, and says why", async () => {
    town.run("clinic", "staff", "remove", "Dr Quist", "--keep-key");
    await page.goto(at("/shared"));
    assert.equal(await page.locator("ul.readers li").count(), 0);
    // A page that was open before still has the button.
    const [status, text] = await page.evaluate(
      async ([path, token]) => {
        const answer = await fetch(path, { method: "POST", body: new URLSearchParams({ token }) });
        return [answer.status, await answer.text()];
      },
      [`/shared/${id}/open`, token],
    );
    assert.ok(status >= 400, String(status));
    assert.match(text, /no member of this organisation any more/);
    page.faults.length = 0;
    const looks = town.run("patient", "who");
    assert.equal(looks.filter((look) => look.what === "opened").length, 1);
    assert.equal(looks.filter((look) => look.refused === "not-member").length, 1, "it is on record");
  });
});
