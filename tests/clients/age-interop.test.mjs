// Age files between `mrms encrypt` / `mrms decrypt` and others' tools, in both directions:
// npm age-encryption (hybrid, X25519, armor) and the `age` on PATH (X25519).
//
// MRMS_BIN              the mrms to test; without it nothing is tested
// MRMS_REQUIRE_CLIENTS  when set, whatever is missing is a failure rather than skipped

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import * as age from "age-encryption";

const mrms = process.env.MRMS_BIN;
const required = Boolean(process.env.MRMS_REQUIRE_CLIENTS);
const ageTool = !spawnSync("age", ["--version"]).error;

const LENGTHS = [0, 1, 65_535, 65_536, 65_537, 200_000, 1_048_577];
const KINDS = {
  hybrid: { generate: age.generateHybridIdentity, recipient: /^age1pq1/ },
  X25519: { generate: age.generateX25519Identity, recipient: /^age1[^p]/ },
};

const absent = (present, what) =>
  present ? false : required ? assert.fail(`${what} is required`) : `${what} is not there`;
const skip = absent(mrms, "MRMS_BIN");
const skipAge = skip || absent(ageTool, "age");

let folder;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "mrms-age-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const content = (length) => Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 255);

function file(name, bytes) {
  const path = join(folder, name);
  writeFileSync(path, bytes, { mode: 0o600 });
  return path;
}

function run(tool, args) {
  const done = spawnSync(tool, args, { encoding: "utf8" });
  assert.equal(done.status, 0, `${tool} ${args.join(" ")}: ${done.stderr}`);
}

function refused(tool, args) {
  const done = spawnSync(tool, args, { encoding: "utf8" });
  assert.notEqual(done.status, 0, `${tool} ${args.join(" ")} should have failed`);
  return done.stderr + done.stdout;
}

function encrypted(recipients, bytes, ...flags) {
  const out = join(folder, "ours.age");
  const to = recipients.flatMap((recipient) => ["-r", recipient]);
  run(mrms, ["encrypt", ...flags, ...to, "--force", "-o", out, file("plain", bytes)]);
  return readFileSync(out);
}

function decrypted(identity, bytes) {
  const out = join(folder, "opened");
  rmSync(out, { force: true });
  run(mrms, ["decrypt", "-i", file("key.txt", `# a key\n${identity}\n`), "-o", out, file("theirs.age", bytes)]);
  return readFileSync(out);
}

const same = (left, right) => assert.equal(Buffer.compare(Buffer.from(left), Buffer.from(right)), 0);

async function theirs(recipients, bytes) {
  const encrypter = new age.Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  return encrypter.encrypt(bytes);
}

async function openedByThem(identity, bytes) {
  const decrypter = new age.Decrypter();
  decrypter.addIdentity(identity);
  return decrypter.decrypt(bytes);
}

describe("npm age-encryption", { skip }, () => {
  for (const [kind, { generate, recipient: pattern }] of Object.entries(KINDS)) {
    describe(kind, () => {
      let identity, recipient, stranger;
      before(async () => {
        identity = await generate();
        recipient = await age.identityToRecipient(identity);
        stranger = await generate();
        assert.match(recipient, pattern);
      });

      it("a stranger's identity is refused and nothing is left behind", async () => {
        const sealed = file("sealed.age", await theirs([recipient], content(10)));
        const out = join(folder, "stranger-out");
        refused(mrms, ["decrypt", "-i", file("stranger.txt", stranger), "-o", out, sealed]);
        assert.throws(() => readFileSync(out), { code: "ENOENT" });
      });

      it("an altered file is refused and nothing is left behind", async () => {
        const bytes = await theirs([recipient], content(200_000));
        bytes[bytes.length - 1] ^= 1;
        const out = join(folder, "altered-out");
        refused(mrms, ["decrypt", "-i", file("key.txt", identity), "-o", out, file("altered.age", bytes)]);
        assert.throws(() => readFileSync(out), { code: "ENOENT" });
      });

      for (const length of LENGTHS) {
        it(`opens what mrms encrypted, ${length} bytes`, async () => {
          same(await openedByThem(identity, encrypted([recipient], content(length))), content(length));
        });
        it(`is opened by mrms, ${length} bytes`, async () => {
          same(decrypted(identity, await theirs([recipient], content(length))), content(length));
        });
      }

      it("both of two recipients open", async () => {
        const both = [recipient, await age.identityToRecipient(stranger)];
        const ours = encrypted(both, content(100));
        const from = await theirs(both, content(100));
        for (const one of [identity, stranger]) {
          same(await openedByThem(one, ours), content(100));
          same(decrypted(one, from), content(100));
        }
      });

      it("armored files go both ways", async () => {
        const ours = encrypted([recipient], content(5_000), "-a").toString();
        same(await openedByThem(identity, age.armor.decode(ours)), content(5_000));
        const from = age.armor.encode(await theirs([recipient], content(5_000)));
        same(decrypted(identity, from), content(5_000));
      });
    });
  }

  it("mrms refuses to mix hybrid and X25519 recipients", async () => {
    const recipients = [];
    for (const { generate } of Object.values(KINDS)) {
      recipients.push(await age.identityToRecipient(await generate()));
    }
    const to = recipients.flatMap((recipient) => ["-r", recipient]);
    const said = refused(mrms, ["encrypt", ...to, "-o", join(folder, "mixed.age"), file("plain", "x")]);
    assert.match(said, /mixed/);
  });
});

describe("age on PATH", { skip: skipAge }, () => {
  let identity, recipient, key;
  before(async () => {
    identity = await age.generateX25519Identity();
    recipient = await age.identityToRecipient(identity);
    key = file("age-key.txt", `${identity}\n`);
  });

  for (const length of LENGTHS) {
    it(`opens what mrms encrypted, ${length} bytes`, () => {
      const sealed = file("for-age.age", encrypted([recipient], content(length)));
      const out = execFileSync("age", ["-d", "-i", key, sealed], { maxBuffer: 1 << 24 });
      same(out, content(length));
    });
    it(`is opened by mrms, ${length} bytes`, () => {
      const out = join(folder, "from-age.age");
      run("age", ["-r", recipient, "-o", out, file("plain", content(length))]);
      same(decrypted(identity, readFileSync(out)), content(length));
    });
  }

  it("armored files go both ways", () => {
    const sealed = file("for-age.age", encrypted([recipient], content(777), "-a"));
    same(execFileSync("age", ["-d", "-i", key, sealed]), content(777));
    const out = join(folder, "from-age.age");
    run("age", ["-a", "-r", recipient, "-o", out, file("plain", content(777))]);
    same(decrypted(identity, readFileSync(out)), content(777));
  });
});
