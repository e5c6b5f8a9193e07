// An evidence bundle checked by a program that shares nothing with ours: written from docs/design/evidence.md, on
// Node's hashes, @noble/curves and @stacks/transactions.
//
// MRMS_BIN              the mrms that makes the bundle; without it nothing is tested
// MRMS_REQUIRE_CLIENTS  when set, its absence is a failure rather than skipped

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { addressFromVersionHash, addressToString, cvToValue, deserializeCV, deserializeTransaction } from "@stacks/transactions";

const mrms = process.env.MRMS_BIN;
if (!mrms && process.env.MRMS_REQUIRE_CLIENTS) assert.fail("MRMS_BIN is required");
const skip = mrms ? false : "MRMS_BIN is not there";
if (skip) console.log(`evidence: skipped, ${skip}`);

const bytes = (hex) => Buffer.from(hex, "hex");
const hash = (name, ...parts) => {
  const hasher = createHash(name);
  for (const part of parts) hasher.update(part);
  return hasher.digest();
};
const sha256 = (...parts) => hash("sha256", ...parts);
const same = (one, other, what) => assert.equal(one.toString("hex"), other.toString("hex"), what);

// Takes fields from the front.
class Reader {
  constructor(buffer) {
    this.buffer = buffer;
  }
  take(count) {
    assert(count <= this.buffer.length, "a field is cut short");
    const field = this.buffer.subarray(0, count);
    this.buffer = this.buffer.subarray(count);
    return field;
  }
  number(count) {
    return Number(BigInt(`0x${this.take(count).toString("hex")}`));
  }
  long() {
    return this.take(this.number(4));
  }
}

function header(hex) {
  const reader = new Reader(bytes(hex));
  const format = reader.number(1);
  assert([1, 2].includes(format), "header format");
  const read = { chainId: reader.number(4), height: reader.number(4), parent: reader.take(32) };
  Object.assign(read, { burnHeight: reader.number(4), time: reader.number(8), operationsRoot: reader.take(32) });
  Object.assign(read, { count: reader.number(4), transactionsRoot: reader.take(32), receiptsRoot: reader.take(32) });
  reader.take(32);
  if (format === 2) read.ancestryRoot = reader.take(32);
  assert.equal(reader.buffer.length, 0, "header length");
  return { ...read, hash: sha256(`mrms ledger block header v${format}\0`, bytes(hex)) };
}

function assertSigned(block, signature, nodeKey) {
  const [recovery, ...rs] = bytes(signature);
  const parsed = secp256k1.Signature.fromBytes(Buffer.from([recovery, ...rs]), "recovered");
  assert(!parsed.hasHighS(), "low S");
  same(Buffer.from(parsed.recoverPublicKey(block.hash).toBytes(true)), nodeKey, "the node signed the block");
}

const leaf = (content) => sha256(Buffer.of(0), content);
const inner = (left, right) => sha256(Buffer.of(1), left, right);

function root(leaves) {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaf(leaves[0]);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return inner(root(leaves.slice(0, split)), root(leaves.slice(split)));
}

// RFC 9162, section 2.1.3.2, which is for the trees of RFC 6962.
function rootOfPath(content, position, count, path) {
  assert(position < count, "position");
  let [node, last, result] = [position, count - 1, leaf(content)];
  for (const sibling of path.map(bytes)) {
    assert(last > 0, "the path is too long");
    if (node % 2 === 1 || node === last) {
      result = inner(sibling, result);
      while (node % 2 === 0 && node !== 0) [node, last] = [node >> 1, last >> 1];
    } else {
      result = inner(result, sibling);
    }
    [node, last] = [node >> 1, last >> 1];
  }
  assert.equal(last, 0, "the path is too short");
  return result;
}

function receipt(hex) {
  const reader = new Reader(bytes(hex));
  assert.equal(reader.number(1), 1, "receipt format");
  const read = { txid: reader.take(32), status: reader.number(1), result: reader.long(), printed: [] };
  reader.take(8);
  if (reader.number(1) === 1) reader.take(40);
  for (let events = reader.number(4); events > 0; events -= 1) {
    assert.equal(reader.number(1), 0, "this contract prints, and does nothing else");
    read.printed.push({ contract: reader.long().toString(), value: reader.long() });
  }
  assert.equal(reader.buffer.length, 0, "receipt length");
  return read;
}

function proven(part, chainId, nodeKey) {
  const [block, raw] = [header(part.header), bytes(part.transaction)];
  assert.equal(block.chainId, chainId);
  assert.equal(block.height, part.block_height);
  same(block.hash, bytes(part.block_hash), "hash of the block");
  assertSigned(block, part.signature, nodeKey);
  const txid = hash("sha512-256", raw);
  assert.equal(part.txid, `0x${txid.toString("hex")}`);
  same(rootOfPath(txid, part.position, block.count, part.transaction_path), block.transactionsRoot, "transaction");
  const receiptRoot = rootOfPath(bytes(part.receipt), part.position, block.count, part.receipt_path);
  same(receiptRoot, block.receiptsRoot, "receipt");
  const did = receipt(part.receipt);
  same(did.txid, txid, "whose receipt it is");
  const transaction = deserializeTransaction(part.transaction);
  assert.equal(transaction.chainId, chainId);
  transaction.verifyOrigin();
  const signer = transaction.auth.spendingCondition.signer;
  assert.equal(addressToString(addressFromVersionHash(26, signer)), part.sender);
  return { block, did, transaction, part };
}

// Throws for the first thing that does not hold; gives the genesis hash and the head.
function check(bundle) {
  assert.equal(bundle.format, "mrms-evidence-2");
  const ledger = bundle.ledger.embedded;
  const nodeKey = bytes(ledger.node_key);
  const first = header(ledger.block_0.header);
  assert.equal(first.height, 0);
  same(first.parent, Buffer.alloc(32), "nothing is below block 0");
  const operations = ledger.block_0.operations.map(bytes);
  same(root(operations), first.operationsRoot, "operations");
  assert.equal(operations[0][0], 0, "the first operation begins a chain");
  same(operations[0].subarray(1, 34), nodeKey, "node key");
  assertSigned(first, ledger.block_0.signature, nodeKey);
  same(first.hash, bytes(ledger.genesis), "genesis");
  const asOf = header(ledger.as_of.header);
  assertSigned(asOf, ledger.as_of.signature, nodeKey);

  const deployed = proven(bundle.contract.deployed, ledger.chain_id, nodeKey);
  assert.equal(deployed.did.status, 0);
  const { payload } = deployed.transaction;
  assert.equal(`${deployed.part.sender}.${payload.contractName.content}`, bundle.contract.id);
  same(sha256(payload.codeBody.content), bytes(bundle.contract.source_sha256), "source");

  const below = new Map([[0, first], [deployed.block.height, deployed.block]]);
  const lines = [...bundle.trail.lines];
  let [head, index, refusals] = [Buffer.alloc(32), 0, 0];
  for (const part of bundle.transactions) {
    const one = proven(part, ledger.chain_id, nodeKey);
    assert(one.block.height <= asOf.height);
    below.set(one.block.height, one.block);
    if (one.did.status !== 0) {
      const line = lines.shift();
      assert.deepEqual([line.outcome, line.actor, line.txid], ["denied", part.sender, part.txid]);
      refusals += 1;
      continue;
    }
    for (const { contract, value } of one.did.printed.filter(({ contract }) => contract === bundle.contract.id)) {
      const entry = cvToValue(deserializeCV(value.toString("hex")));
      if (entry.topic?.value !== "record-audit" || String(entry["record-id"].value) !== bundle.record_id) continue;
      assert.equal(Number(entry.index.value), index, "no entry is missing");
      assert.equal(entry.actor.value, part.sender, "the actor signed");
      head = sha256(head, sha256(value));
      const line = lines.shift();
      assert.deepEqual([line.index, line.action, line.actor], [index, entry.action.value, entry.actor.value]);
      assert.deepEqual([line.txid, line.head], [part.txid, head.toString("hex")]);
      index += 1;
    }
  }
  assert.deepEqual([lines.length, index, refusals], [0, bundle.trail.entries, bundle.trail.refusals]);
  same(head, bytes(bundle.trail.head), "head");

  if (below.get(asOf.height)) same(below.get(asOf.height).hash, asOf.hash, "the newest block");
  below.delete(asOf.height);
  const heights = [...below.keys()].sort((one, other) => one - other);
  assert.deepEqual(ledger.ancestors.map((part) => part.block_height), heights);
  for (const { block_height: height, path } of ledger.ancestors) {
    const found = rootOfPath(below.get(height).hash, height, asOf.height, path);
    same(found, asOf.ancestryRoot, `block ${height} is an ancestor of the newest`);
  }
  return { genesis: ledger.genesis, head: bundle.trail.head };
}

describe("evidence bundle", { skip }, () => {
  let folder, bundle, made;

  function run(name, ...line) {
    const env = { PATH: process.env.PATH, HOME: folder, MRMS_HOME: join(folder, "home"), MRMS_WORK_FACTOR: "10" };
    env.MRMS_PASSPHRASE_FILE = join(folder, "passphrase");
    const ran = spawnSync(mrms, ["--profile", name, "--json", "--yes", ...line], { cwd: folder, env });
    return { code: ran.status, printed: ran.stdout.toString() };
  }

  function ok(name, ...line) {
    const { code, printed } = run(name, ...line);
    assert.equal(code, 0, `${line.join(" ")}: ${printed}`);
    return JSON.parse(printed.split("\n")[0]);
  }

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "mrms-evidence-"));
    writeFileSync(join(folder, "passphrase"), "three owls above the mill\n");
    writeFileSync(join(folder, "note.txt"), "Potassium 4.1 mmol/l");
    ok("ana", "init");
    const { principal } = ok("clinic", "init");
    ok("ana", "create", "note.txt", "--id", "123");
    assert.equal(run("clinic", "access", "123", "-o", "no").code, 4);
    ok("ana", "grant", "123", principal, "--for", "30d", "--direct");
    ok("clinic", "access", "123", "-o", "opened.txt");
    ok("ana", "amend", "123", "note.txt");
    ok("ana", "revoke", "123", principal);
    made = ok("ana", "evidence", "123", "-o", "bundle.json");
    bundle = readFileSync(join(folder, "bundle.json"), "utf8");
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it("holds for a checker that shares nothing with ours", () => {
    assert.deepEqual(check(JSON.parse(bundle)), { genesis: made.genesis, head: made.head });
  });

  it("does not hold with any of its proofs altered", () => {
    const flip = (hex) => (hex.endsWith("0") ? `${hex.slice(0, -1)}1` : `${hex.slice(0, -1)}0`);
    const count = JSON.parse(bundle).transactions.length;
    for (const field of ["header", "signature", "transaction", "receipt"]) {
      for (let number = 0; number < count; number += 1) {
        const altered = JSON.parse(bundle);
        altered.transactions[number][field] = flip(altered.transactions[number][field]);
        assert.throws(() => check(altered), `${field} of transaction ${number}`);
      }
    }
    for (let number = 0; number < JSON.parse(bundle).ledger.embedded.ancestors.length; number += 1) {
      const altered = JSON.parse(bundle);
      const { path } = altered.ledger.embedded.ancestors[number];
      path[0] = flip(path[0]);
      assert.throws(() => check(altered), `ancestor ${number}`);
    }
    for (let number = 0; number < count; number += 1) {
      const altered = JSON.parse(bundle);
      altered.transactions.splice(number, 1);
      assert.throws(() => check(altered), `without transaction ${number}`);
    }
  });
});
