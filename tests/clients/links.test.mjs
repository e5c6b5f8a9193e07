// Links as programs that are not ours see them: the SHLViewer of kill-the-clipboard and jose open our links and are refused as
// the standard says; and `mrms open` opens what kill-the-clipboard made and signed.
//
// MRMS_BIN              the mrms that makes, serves and opens; without it nothing is tested
// MRMS_REQUIRE_CLIENTS  when set, its absence is a failure rather than skipped

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as wait } from "node:timers/promises";

import { base64url, calculateJwkThumbprint, compactDecrypt, decodeProtectedHeader } from "jose";
import {
  SHCIssuer,
  SHL,
  SHLInvalidPasscodeError,
  SHLManifestNotFoundError,
  SHLManifestRateLimitError,
  SHLViewer,
  encryptSHLFile,
} from "kill-the-clipboard";

import { findings, readDefinitions } from "./fhir-rules.mjs";
import { MrmsHome, skip } from "./mrms-home.mjs";

const BUNDLE = `{"resourceType":"Bundle","type":"collection","entry":[
 {"fullUrl":"urn:uuid:5a1f0c5e-0000-4000-8000-000000000001","resource":{"resourceType":"Patient","name":[{"text":"Sample"}]}}]}`;
const NOTE = "Potassium 4.1 mmol/l";

describe("links", { skip }, () => {
  let home, url;
  const children = [];

  function run(...line) {
    const ran = spawnSync(process.env.MRMS_BIN, ["--profile", "ana", "--yes", "--json", ...line], {
      cwd: home.folder,
      encoding: "utf8",
      env: home.environment,
    });
    assert.equal(ran.status, 0, `${line.join(" ")}: ${ran.stdout}${ran.stderr}`);
    return ran.stdout.trim().split("\n").map((text) => JSON.parse(text));
  }

  const make = (...line) => run("link", "create", ...line, "--for", "1d")[0];
  const viewer = (link) => new SHLViewer({ shlinkURI: link.text });
  const openings = (record) => run("audit", record).filter(({ action }) => action === "access").length;

  async function serve(...more) {
    const line = ["--profile", "ana", "--json", "link", "serve", "--listen", "127.0.0.1:0", "--log-level", "warn", ...more];
    const child = spawn(process.env.MRMS_BIN, line, { cwd: home.folder, env: home.environment, stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    return new Promise((resolve, reject) => {
      child.stdout.once("data", (data) => resolve(JSON.parse(data)));
      child.once("exit", (code) => reject(new Error(`mrms link serve ended with ${code}`)));
    });
  }

  before(async () => {
    home = new MrmsHome();
    run("init");
    writeFileSync(join(home.folder, "bundle.json"), BUNDLE);
    writeFileSync(join(home.folder, "note.txt"), NOTE);
    run("create", "bundle.json");
    run("create", "note.txt");
    ({ url } = await serve("--per-minute", "40"));
  });

  after(() => {
    children.forEach((child) => child.kill("SIGKILL"));
    home?.remove();
  });

  it("are opened by SHLViewer, and each retrieval has its entry", async () => {
    const link = make("1", "2", "--label", "Blood test", "--long-term");
    const { shl } = viewer(link);
    assert.equal(shl.label, "Blood test");
    assert.equal(shl.isLongTerm, true);
    assert.ok(shl.url.startsWith(`${url}/l/`) && shl.url.length <= 128);
    const opened = await viewer(link).resolveSHL({ recipient: "Clinic Nord" });
    assert.deepEqual(opened.manifest.files.map(({ contentType }) => contentType), ["application/fhir+json", "application/fhir+json"]);
    assert.equal(opened.manifest.status, "can-change");
    assert.deepEqual(opened.fhirResources[0], JSON.parse(BUNDLE));
    const [reference, binary] = opened.fhirResources[1].entry.map(({ resource }) => resource);
    readDefinitions();
    const wrapped = opened.fhirResources[1];
    for (const one of [{ ...wrapped, entry: wrapped.entry.slice(0, 1) }, reference, binary]) assert.deepEqual(findings(one), []);
    assert.equal(reference.resourceType, "DocumentReference");
    assert.equal(Buffer.from(binary.data, "base64").toString(), NOTE);
    assert.equal(openings(link.records[0].record_id), 1);
    const said = run("who").filter((look) => look.said_to_be === "Clinic Nord");
    assert.equal(said.length, 2);
  });

  it("are opened from the text with the host's page in front as well", async () => {
    const link = make("1");
    assert.equal(link.page, `${url}/view#${link.text}`);
    const opened = await new SHLViewer({ shlinkURI: link.page }).resolveSHL({ recipient: "Clinic Nord" });
    assert.deepEqual(opened.fhirResources, [JSON.parse(BUNDLE)]);
  });

  it("give large files by location", async () => {
    const link = make("1", "2");
    const opened = await viewer(link).resolveSHL({ recipient: "Clinic Nord", embeddedLengthMax: 1 });
    assert.ok(opened.manifest.files.every((file) => file.location && !file.embedded));
    assert.deepEqual(opened.fhirResources[0], JSON.parse(BUNDLE));
  });

  it("with a passcode refuse others, and say how many attempts are left", async () => {
    const link = make("1", "--passcode");
    await assert.rejects(viewer(link).resolveSHL({ recipient: "x", passcode: "0" }), SHLInvalidPasscodeError);
    const { shl } = viewer(link);
    assert.equal(shl.requiresPasscode, true);
    const answer = await fetch(shl.url, { method: "POST", body: JSON.stringify({ recipient: "x", passcode: "1" }) });
    assert.equal(answer.status, 401);
    assert.deepEqual(await answer.json(), { remainingAttempts: 8 });
    const opened = await viewer(link).resolveSHL({ recipient: "x", passcode: link.passcode });
    assert.deepEqual(opened.fhirResources, [JSON.parse(BUNDLE)]);
  });

  it("of one file are opened at their address, by jose as well", async () => {
    const link = make("1", "--single-file");
    const opened = await viewer(link).resolveSHL({ recipient: "Clinic Nord" });
    assert.deepEqual(opened.fhirResources, [JSON.parse(BUNDLE)]);
    const { shl } = viewer(link);
    const jwe = await (await fetch(`${shl.url}?recipient=jose`)).text();
    assert.deepEqual(decodeProtectedHeader(jwe), { alg: "dir", enc: "A256GCM", cty: "application/fhir+json" });
    const { plaintext } = await compactDecrypt(jwe, base64url.decode(shl.key));
    assert.equal(Buffer.from(plaintext).toString(), BUNDLE);
  });

  it("of the kind KTC have a bundle that is valid FHIR", async () => {
    const link = make("2", "--kind", "ktc", "--patient-name", "Maria Muster", "--birth-date", "1980-02-29");
    const { shl } = viewer(link);
    assert.equal(shl.flag, "U");
    assert.ok(shl.exp > Date.now() / 1000);
    const opened = await viewer(link).resolveSHL({ recipient: "Clinic" });
    const [bundle] = opened.fhirResources;
    readDefinitions();
    for (const { resource } of bundle.entry) assert.deepEqual(findings(resource), []);
    assert.deepEqual(findings({ ...bundle, entry: bundle.entry.slice(0, 1) }), []);
    assert.deepEqual(bundle.entry.map(({ resource }) => resource.resourceType), ["Patient", "DocumentReference"]);
  });

  it("that are paused or unknown are not found", async () => {
    const link = make("1");
    run("link", "pause", String(link.link));
    // While commands and validators ran, connections were closed that fetch would use again: it has to see that first.
    await wait(100);
    await assert.rejects(viewer(link).resolveSHL({ recipient: "x" }), SHLManifestNotFoundError);
  });

  it("are not answered without end", async () => {
    const link = make("1", "--passcode");
    const ask = () => viewer(link).fetchManifest({ url: viewer(link).shl.url, recipient: "x" });
    for (let asked = 0; asked < 40; asked += 1) await assert.rejects(ask(), SHLInvalidPasscodeError);
    await assert.rejects(ask(), SHLManifestRateLimitError);
  });

  it("of others are opened, with a card that their issuer signed", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const jwk = publicKey.export({ format: "jwk" });
    jwk.kid = await calculateJwkThumbprint(jwk);
    const issuer = new SHCIssuer({
      issuer: "https://issuer.example",
      privateKey: privateKey.export({ type: "pkcs8", format: "pem" }),
      publicKey: publicKey.export({ type: "spki", format: "pem" }),
    });
    const card = await issuer.issue(JSON.parse(BUNDLE));
    const content = JSON.stringify({ verifiableCredential: [card.asJWS()] });
    writeFileSync(join(home.folder, "jwks.json"), JSON.stringify({ keys: [jwk] }));
    const key = base64url.encode(randomBytes(32));
    const files = [
      { contentType: "application/fhir+json", content: BUNDLE },
      { contentType: "application/smart-health-card", content },
    ];
    const sealed = [];
    for (const file of files) sealed.push(await encryptSHLFile({ ...file, key, enableCompression: true }));
    const asked = [];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (data) => (body += data));
      request.on("end", () => {
        asked.push(`${request.method} ${request.url} ${body}`);
        if (request.url === "/file?signed=1") return response.end(sealed[1]);
        response.setHeader("content-type", "application/json");
        const where = `http://127.0.0.1:${server.address().port}/file?signed=1`;
        return response.end(JSON.stringify({
          files: [
            { contentType: files[0].contentType, embedded: sealed[0] },
            { contentType: files[1].contentType, location: where },
          ],
        }));
      });
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const shl = SHL.fromPayload({ url: `http://127.0.0.1:${server.address().port}/manifest`, key, label: "Theirs", v: 1 });
      const line = ["--profile", "ana", "--json", "open", shl.toURI(), "--recipient", "Ana", "--issuer-keys", "jwks.json"];
      const child = spawn(process.env.MRMS_BIN, line, { cwd: home.folder, env: home.environment, stdio: ["ignore", "pipe", "inherit"] });
      let text = "";
      child.stdout.on("data", (data) => (text += data));
      const code = await new Promise((resolve) => child.once("exit", resolve));
      assert.equal(code, 0, text);
      const opened = text.trim().split("\n").map((row) => JSON.parse(row));
      assert.deepEqual(opened.map((file) => file.content_type), files.map((file) => file.contentType));
      assert.deepEqual(opened[1].cards, [{ issuer: "https://issuer.example", signature: "valid" }]);
      assert.match(asked[0], /^POST \/manifest .*"recipient":"Ana"/);
    } finally {
      server.close();
    }
  });
});
