// Documents in the portal, in a browser: what each kind shows, and what documents that were made to do harm get.

import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import * as samples from "./samples.mjs";
import { PASSPHRASE, Town, axe, launch, skip, watched } from "./town.mjs";

describe("viewers", { skip, concurrency: false }, () => {
  let town, browser, context, page, bare;
  const at = (path) => `${town.url}${path}`;

  before(async () => {
    town = new Town();
    town.run("ana", "init");
    town.run("clinic", "init");
    await town.start();
    browser = await launch();
    context = await browser.newContext({ locale: "en-GB" });
    context.setDefaultTimeout(60_000); // a machine that does other things as well opens a profile slowly
    page = await watched(context, town.url);
    bare = await watched(context, town.url);
    await page.goto(town.link);
    await page.waitForURL("**/unlock");
    await page.selectOption("#profile", "ana");
    await page.fill("#passphrase", PASSPHRASE);
    await page.click("main button");
    await page.waitForURL(at("/"));
  });
  after(async () => {
    await browser?.close();
    await town?.end();
  });

  const put = (name, bytes) => town.run("ana", "create", town.file(name, bytes))[0].record_id;

  /** A page, and the content of each of its frames: nothing for axe in light, dark and on a small screen. */
  async function isFine() {
    const frames = await page.locator("iframe").evaluateAll((all) => all.map((one) => [one.src, one.getAttribute("sandbox")]));
    for (const [src, sandbox] of frames) assert.equal(sandbox, "", `${src} may do nothing`);
    await isAccessible(page, page.url());
    for (const [src] of frames) {
      // In its own frame no script runs, not even axe: here it is by itself, without its policy.
      const answer = await context.request.get(src);
      await bare.setContent(await answer.text());
      await isAccessible(bare, src);
    }
    await page.setViewportSize({ width: 1280, height: 800 });
    forgetSandbox();
    assert.deepEqual(page.faults, []);
    assert.deepEqual(bare.faults, []);
  }

  async function isAccessible(on, name) {
    for (const [scheme, width] of [["light", 1280], ["dark", 1280], ["light", 320]]) {
      await on.emulateMedia({ colorScheme: scheme });
      await on.setViewportSize({ width, height: 800 });
      assert.deepEqual(await axe(on), [], `${name} ${scheme} ${width}`);
      const overflows = await on.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.equal(overflows, false, `${name} is wider than ${width}`);
    }
  }

  /** The browser says in its console that a sandboxed frame runs no script, when a test looks into it. */
  function forgetSandbox() {
    page.faults = page.faults.filter((fault) => !/Blocked script execution .* sandboxed/.test(fault));
  }

  const inFrame = (which = "iframe.document") => page.frameLocator(which).first();
  const textOf = (which) => inFrame(which).locator("main").innerText();

  it("shows a patient summary with its plot and its figures", async () => {
    await page.goto(at(`/records/${put("summary.json", samples.summary())}`));
    const text = await textOf();
    for (const word of ["Patient Summary", "Ana Muster", "Allergies", "Penicillin", "Medicines", "Problems", "Asthma", "March 2010", "Vaccinations", "3 February 2020", "Normal: 12 – 16 g/dL", "11.5 g/dL outside", "4 May 2026"]) {
      assert.ok(text.includes(word), `${word}: ${text}`);
    }
    assert.equal(await inFrame().locator("svg circle").count(), 2);
    assert.equal(await inFrame().locator("svg rect.normal").count(), 1);
    await isFine();
    const address = page.url();
    await page.selectOption("#language", "de");
    await page.click("footer button");
    await page.goto(address);
    assert.match(await textOf(), /Allergien[\s\S]*Impfungen[\s\S]*3. Februar 2020/);
    assert.match(await textOf(), /11,5 g\/dL außerhalb/, "with the decimal comma");
    await page.selectOption("#language", "en");
    await page.click("footer button");
  });

  it("shows the narrative of a C-CDA document", async () => {
    await page.goto(at(`/records/${put("letter.xml", samples.letter())}`));
    assert.match(await textOf(), /Discharge letter[\s\S]*Clinical document \(CDA\)[\s\S]*Allergies[\s\S]*Penicillin/);
    assert.match(await page.textContent(".head .meta"), /Clinical document \(CDA\)/);
    await isFine();
  });

  it("keeps several people of one document apart, and says how many they are", async () => {
    const person = (id, name) => ({ resource: { resourceType: "Patient", id, name: [{ text: name }], birthDate: `2015-01-0${id}` } });
    const dose = (of, what) => ({
      resource: { resourceType: "Immunization", status: "completed", vaccineCode: { text: what }, patient: { reference: `Patient/${of}` } },
    });
    const entry = [person("1", "Ana Muster"), person("2", "Ben Muster"), dose("2", "Measles"), dose("1", "Tetanus")];
    await page.goto(at(`/records/${put("family.json", JSON.stringify({ resourceType: "Bundle", entry }))}`));
    assert.match(await textOf(), /more than one person[\s\S]*: 2[\s\S]*Ana Muster[\s\S]*Tetanus[\s\S]*Ben Muster[\s\S]*Measles/);
    await isFine();
  });

  it("tells twins of one name apart, by their own dates, who wrote them and their numbers", async () => {
    const made = ["2024-03-02", "2025-05-04"].map((date, at) =>
      town.run("ana", "create", town.file(`twin-${at}.json`, samples.lab(date, 12.5 + at)), "--label", "My blood test")[0].record_id);
    const own = async () => {
      await page.goto(at("/records?q=my blood test"));
      return page.locator("ul.rows li .meta").allTextContents();
    };
    // Documents are read beside the pages.
    let rows = await own();
    for (let look = 0; look < 100 && !rows.every((row) => row.includes("Lab North")); look++) {
      await page.waitForTimeout(300);
      rows = await own();
    }
    assert.equal(rows.length, 2);
    assert.match(rows[0], /4 May 2025 · added \d+ \w+ \d{4} · Lab North · #\d+/);
    assert.match(rows[1], /2 March 2024 · added \d+ \w+ \d{4} · Lab North · #\d+/);
    await isFine();
    await page.goto(at("/share"));
    const ticks = await page.locator("div.choice:has-text('My blood test')").allTextContents();
    assert.ok(ticks.some((tick) => /4 May 2025/.test(tick)) && ticks.every((tick) => /#\d+/.test(tick)), ticks.join());
    await page.goto(at(`/records/${made[0]}`));
    assert.match(await page.textContent(".head .meta"), /2 March 2024 · added .* · #\d+/s);
    const listed = town.run("ana", "list").find((one) => one.record_id === made[0]);
    assert.deepEqual([listed.document_date, listed.document_author], ["2024-03-02", "Lab North"]);
  });

  it("puts results of one code and unit out of all records on one page, and opens nothing of others for it", async () => {
    put("lab-2.json", samples.lab("2026-05-04T08:00:00Z", 11.2, { unit: "g/dl", author: "Lab South" }));
    const cda = put("lab-3.xml", samples.report("20230101", "13.1"));
    put("mother.json", samples.lab("2026-05-05", 9.9, { person: "Eva Sample" }));
    await page.goto(at("/results"));
    // The page comes again by itself until everything was read.
    await page.waitForFunction(() => !document.querySelector("main .notice") && document.querySelectorAll("ul.rows li").length > 1, null, { timeout: 60_000 });
    const rows = await page.locator("ul.rows li").allTextContents();
    assert.equal(rows.length, 2, rows.join());
    assert.ok(rows.some((row) => /Haemoglobin g\/dl.*11.2 g\/dl, 4 May 2026 · LOINC 718-7.*of Ana Muster.*6 results.*in 5 records/s.test(row)), rows.join());
    assert.ok(rows.some((row) => /9.9.*of Eva Sample.*1 result/s.test(row)), "another person's results are hers alone");
    await isFine();
    await page.goto(at(`/results?record=${cda}`));
    assert.equal(await page.locator("ul.rows li").count(), 1);
    await page.click("ul.rows a");
    assert.equal(await page.locator("svg circle").count(), 6);
    assert.equal(await page.locator("svg rect.normal").count(), 1);
    const table = await page.locator("tbody tr").allTextContents();
    assert.deepEqual(table.map((row) => row.match(/(20\d\d)(?:, [\d:]+ UTC)?([\d.]+) g/).slice(1, 3)), [["2026", "11.2"], ["2026", "13.2"], ["2025", "13.5"], ["2025", "11.5"], ["2024", "12.5"], ["2023", "13.1"]]);
    assert.match(table[0], /11.2 g\/dl outside.*12 – 16 g\/dl/);
    assert.equal(await page.locator("td a[href^='/records/']").count(), 6, "two of them without a code, by their name");
    await isFine();
    await page.goto(at("/results?q=nothing-like-it"));
    assert.match(await page.textContent("main"), /no such results/);
    // One's own records are read without an entry, and nobody else's are read.
    assert.deepEqual(town.run("ana", "who").filter(({ who }) => who), []);
    assert.equal(town.run("ana", "audit", cda).filter((line) => line.action === "access").length, 0);
    const missing = await context.request.get(at("/results/0000000000000000"));
    assert.equal(missing.status(), 404);
  });

  it("shows an HL7 message as a table", async () => {
    await page.goto(at(`/records/${put("lab.hl7", samples.message)}`));
    assert.match(await textOf(), /Blood count[\s\S]*Haemoglobin[\s\S]*13.2 g\/dL[\s\S]*12-16/);
    await isFine();
  });

  it("names what has a code alone, has the code beside each name, and puts one test of several laboratories into one row", async () => {
    const named = (code, name) => samples.lab("2026-05-06", 7.9, { unit: "%", code, name });
    put("code-alone.json", named("4548-4", "4548-4"));
    put("leukocytes.json", samples.lab("2026-05-06", 6.1, { unit: "10*3/uL", code: "6690-2", name: "" }));
    const rowsOf = async () => {
      await page.goto(at("/results"));
      await page.waitForFunction(() => !document.querySelector("main .notice") && document.querySelectorAll("ul.rows li").length > 3, null, { timeout: 60_000 });
      return page.locator("ul.rows li").allTextContents();
    };
    const rows = await rowsOf();
    assert.ok(rows.some((row) => /^HbA1c %.*LOINC 4548-4/s.test(row)), rows.join());
    assert.ok(rows.some((row) => /Haemoglobin g\/d[lL].*of Ana Muster.*7 results.*in 6 records/s.test(row)), `with the message's: ${rows.join()}`);
    await context.addCookies([{ name: "mrms_language", value: "de", url: town.url }]);
    const german = await rowsOf();
    assert.ok(german.some((row) => /^Weiße Blutkörperchen.*LOINC 6690-2/s.test(row)), german.join());
    await page.click("ul.rows a:has-text('Weiße Blutkörperchen')");
    assert.match(await page.textContent("main"), /Weiße Blutkörperchen.*LOINC 6690-2/s);
    await isFine();
    await context.clearCookies({ name: "mrms_language" });
  });

  it("shows the pages of a PDF one by one, with their text, also without script", async () => {
    const id = put("report.pdf", samples.pdf(["First page", "Second page", "Third page"]));
    await page.goto(at(`/records/${id}`));
    assert.match(await page.textContent("nav.pages"), /Page 1 of 3/);
    assert.equal(await inFrame().locator("pre").innerText(), "First page");
    await inFrame().locator("img").waitFor();
    await page.click("nav.pages >> text=Next");
    assert.equal(await inFrame().locator("pre").innerText(), "Second page");
    await page.fill("#page", "3");
    await page.click("nav.pages button");
    assert.equal(await inFrame().locator("pre").innerText(), "Third page");
    await isFine();
  });

  /** A frame's picture, and the frame: their widths and heights as they are seen. */
  async function sizes() {
    const frame = await page.locator("iframe.document").first().boundingBox();
    const picture = await inFrame().locator(".over img").boundingBox();
    const box = await inFrame().locator(".over").boundingBox();
    return { frame, picture, box };
  }

  it("fits pages and scans into a telephone, and draws them larger on wish", async () => {
    for (const [name, bytes] of [["fits.pdf", samples.pdf(["A page on a telephone"])], ["fits.dcm", samples.scan(64, 2)]]) {
      await page.goto(at(`/records/${put(name, bytes)}`));
      for (const [width, height] of [[320, 640], [390, 844]]) {
        await page.setViewportSize({ width, height });
        // While a busy machine still lays the page out, a click may meet the place where the button was.
        let found;
        for (let tries = 0; tries < 20; tries += 1) {
          await inFrame().locator("label[for=viewer-fit]").click();
          found = await sizes();
          const { x, width: wide } = found.picture;
          if (found.frame.x + found.frame.width <= width && x + wide <= found.frame.x + found.frame.width) break;
          await page.waitForTimeout(100);
        }
        const { frame, picture, box } = found;
        assert.ok(frame.x >= 0 && frame.x + frame.width <= width, `${name}: the frame fits ${width}`);
        assert.ok(picture.x >= frame.x && picture.x + picture.width <= frame.x + frame.width, `${name}: nothing is cut at ${width}`);
        assert.ok(picture.width > 0.85 * frame.width, `${name} uses the width of ${width}: ${picture.width}`);
        assert.ok(frame.height < 1.6 * picture.height + 120, `${name}: no empty frame below at ${width}`);
        let before = picture.width;
        for (const size of ["larger", "largest"]) {
          let now = await sizes();
          for (let tries = 0; tries < 20 && now.picture.width <= 1.4 * before; tries += 1) {
            await inFrame().locator(`label[for=viewer-${size}]`).click();
            await page.waitForTimeout(100);
            now = await sizes();
          }
          assert.ok(now.picture.width > 1.4 * before, `${name} ${size}: ${now.picture.width}`);
          assert.ok(now.box.width <= frame.width, "one moves over it in its box");
          before = now.picture.width;
        }
        const overflows = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        assert.equal(overflows, false, name);
      }
      // The same by keyboard.
      await inFrame().locator("#viewer-fit").focus();
      await page.keyboard.press("ArrowRight");
      assert.equal(await inFrame().locator("#viewer-larger").isChecked(), true);
      await isFine();
    }
  });

  it("shows the pictures of a scan in the brightness that is chosen", async () => {
    const id = put("scan.dcm", samples.scan(32, 3));
    await page.goto(at(`/records/${id}`));
    assert.match(await page.textContent("nav.pages"), /Picture 1 of 3/);
    const source = () => inFrame().locator("img").getAttribute("src");
    const first = await source();
    await page.selectOption("#window", { label: "Lung" });
    await page.click("nav.pages button");
    assert.notEqual(await source(), first);
    await page.click("nav.pages >> text=Next");
    assert.match(page.url(), /page=2&window=/);
    assert.match(await textOf("iframe.about"), /CT: Head[\s\S]*Ana Muster/);
    await isFine();
  });

  it("shows an ECG as curves with a table", async () => {
    await page.goto(at(`/records/${put("ecg.json", samples.ecg)}`));
    assert.equal(await inFrame().locator("svg.curve").count(), 2);
    assert.match(await textOf(), /Lead II/);
    await isFine();
  });

  it("shows a health card, and that nobody checked who issued it", async () => {
    await page.goto(at(`/records/${put("card.smart-health-card", samples.card(JSON.parse(samples.summary())))}`));
    assert.match(await textOf(), /was not checked[\s\S]*https:\/\/issuer.example[\s\S]*Tetanus/);
    await isFine();
  });

  it("shows a table of separated values, and JSON in lines", async () => {
    await page.goto(at(`/records/${put("values.csv", "Name;Value\nHb;13,2\n")}`));
    assert.equal(await inFrame().locator("td").last().innerText(), "13,2");
    await isFine();
    await page.goto(at(`/records/${put("data.json", '{"a":{"b":1}}')}`));
    assert.match(await inFrame().locator("pre").innerText(), /\n {2}"a": \{\n/);
  });

  it("says of a document that names somebody else whom it names, on its page and in the list", async () => {
    town.run("ana", "card", "set", "--name", "Ana Muster", "--kind", "person");
    const others = put("of-ben.json", samples.lab("2026-05-04", 13.2, { person: "Ben <b>Vogel</b>" }));
    const own = put("of-ana.json", samples.lab("2026-05-05", 13.4));
    await page.goto(at(`/records/${others}`));
    assert.match(await page.textContent("main"), /This document names “Ben <b>Vogel<\/b>”\. Your name here is “Ana Muster”/);
    assert.equal(await page.locator("main .attention b").count(), 0, "a name is no markup");
    await isFine();
    await page.goto(at(`/records/${own}`));
    assert.doesNotMatch(await page.textContent("main"), /This document names/);
    await page.goto(at("/records?q=of-"));
    const row = page.locator("main li", { hasText: "of-ben" });
    for (let tries = 0; tries < 40 && !/names/.test(await row.textContent()); tries++) {
      await page.waitForTimeout(500); // documents are read beside the pages
      await page.reload();
    }
    assert.match(await row.textContent(), /names Ben <b>Vogel<\/b>/);
    assert.doesNotMatch(await page.locator("main li", { hasText: "of-ana" }).textContent(), /names/);
  });

  it("shows what somebody shared with one entry in the log, whatever is looked at", async () => {
    const patient = town.run("ana", "key", "show")[0].principal;
    const made = town.run("clinic", "create", town.file("shared.pdf", samples.pdf(["From the clinic", "Its second page"])))[0];
    town.run("clinic", "grant", made.record_id, patient, "--for", "1d");
    await page.goto(at("/shared"));
    await page.selectOption("#purpose", "TREAT");
    await page.click("form.search button");
    await page.click("ul.readers button[formaction$='/open']");
    assert.equal(await inFrame().locator("pre").innerText(), "From the clinic");
    await page.click("nav.pages >> text=Next");
    assert.equal(await inFrame().locator("pre").innerText(), "Its second page");
    await isFine();
    const looks = town.run("clinic", "audit", made.record_id).filter((line) => line.action.includes("access") && line.actor === patient);
    assert.equal(looks.length, 1);
    const another = await browser.newContext();
    const stranger = await another.newPage();
    await stranger.goto(page.url());
    assert.equal(stranger.url(), at("/enter"), "another session sees nothing");
    await another.close();
  });

  describe("against documents that were made to do harm", () => {
    const script = `</style></title></svg><script>alert(1)</script><img src="http://evil.example/x.png" onerror="alert(1)">`;

    it("texts of a summary stay texts", async () => {
      await page.goto(at(`/records/${put("hostile.json", samples.summary(script))}`));
      assert.ok((await textOf()).includes("<script>alert(1)</script>"), "it is there to read");
      assert.equal(await inFrame().locator("script, img").count(), 0);
      await isFine();
    });

    it("a narrative runs and loads nothing", async () => {
      const narrative = `<script>alert(1)</script><style>@import "http://evil.example/x.css"</style><img src="http://evil.example/x.png"/>
        <renderMultiMedia referencedObject="x"/><a href="javascript:alert(1)" onclick="alert(1)">a link</a><iframe src="http://evil.example"></iframe>`;
      await page.goto(at(`/records/${put("hostile.xml", samples.letter(narrative))}`));
      assert.match(await textOf(), /a link/);
      assert.equal(await inFrame().locator("script, img, a, iframe, main style").count(), 0);
      await isFine();
    });

    it("entities neither grow nor read files", async () => {
      const bomb = `<!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "${"&a;".repeat(50)}"><!ENTITY c "${"&b;".repeat(50)}"><!ENTITY f SYSTEM "file:///etc/passwd">]>`;
      await page.goto(at(`/records/${put("laughs.xml", samples.letter("&c; &f; end", bomb))}`));
      const text = await textOf();
      assert.ok(text.includes("&c; &f; end") && !text.includes("root:"), text.slice(0, 200));
    });

    it("depth, bombs and lies end in a sentence, and the portal goes on", async () => {
      const deep = `{"resourceType":"Bundle","a":${"[".repeat(100_000)}`;
      const huge = samples.scan(8, 1);
      huge.writeUInt16LE(0xffff, huge.indexOf(Buffer.from([0x28, 0, 0x10, 0])) + 8);
      huge.writeUInt16LE(0xffff, huge.indexOf(Buffer.from([0x28, 0, 0x11, 0])) + 8);
      const loop = samples.pdf(["x"]).replace("/Kids [4 0 R]", "/Kids [2 0 R]");
      for (const [name, bytes, expected] of [
        ["deep.json", deep, /too large or too complex/],
        ["cut.pdf", samples.pdf(["x"]).slice(0, 60), /damaged/],
        ["loop.pdf", loop, /./],
        ["card.txt", samples.card(" ".repeat(40 << 20)), /damaged/],
      ]) {
        await page.goto(at(`/records/${put(name, bytes)}`));
        assert.match(await page.textContent("section.content"), expected, name);
      }
      await page.goto(at(`/records/${put("huge.dcm", huge)}`));
      assert.match(await textOf(), /too large or too complex/);
      await page.goto(at("/records"));
      forgetSandbox();
      assert.deepEqual(page.faults, []);
    });

    it("a frame has no right of the portal", async () => {
      await page.goto(at(`/records/${put("again.json", samples.summary())}`));
      const address = await page.locator("iframe.document").getAttribute("src");
      const answer = await context.request.get(at(address));
      const policy = answer.headers()["content-security-policy"];
      assert.match(policy, /default-src 'none'.*sandbox$/);
      assert.equal(answer.headers()["cache-control"], "no-store");
      const outside = await browser.newContext();
      const refused = await outside.request.get(at(address), { maxRedirects: 0 });
      assert.equal(refused.status(), 303, "without a session there is nothing");
      await outside.close();
    });
  });
});
