// Unchanged @stacks/transactions against `mrms node run`: deploys, calls, reads, fees, nonces, sponsoring, and
// every refusal, with nothing set but the address and the chain id that /v2/info tells.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

import { entropyToMnemonic } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";
import { STACKS_TESTNET } from "@stacks/network";
import {
  Cl,
  broadcastTransaction,
  deserializeTransaction,
  fetchAbi,
  fetchCallReadOnlyFunction,
  fetchContractMapEntry,
  fetchFeeEstimate,
  fetchFeeEstimateTransfer,
  fetchNonce,
  makeContractCall,
  makeContractDeploy,
  makeSTXTokenTransfer,
  privateKeyToAddress,
  sponsorTransaction,
} from "@stacks/transactions";
import { generateWallet } from "@stacks/wallet-sdk";

import { MrmsHome, skip } from "./mrms-home.mjs";

if (skip) console.log(`rpc-node: skipped, ${skip}`);

const SOURCE = readFileSync(
  fileURLToPath(new URL("../../clarity/deployed/medical-records-management.clar", import.meta.url)),
  "utf8",
);
const NAME = "records";
const content = (text) => Cl.buffer(Buffer.from(text));
const hash32 = (text) => createHash("sha256").update(text).digest();

let home, node, url, network;
const people = {};

// Words that are always the same, with the key that wallets derive from them.
async function person(name) {
  const words = entropyToMnemonic(hash32(`mrms rpc ${name}`), wordlist);
  const wallet = await generateWallet({ secretKey: words, password: "" });
  const key = wallet.accounts[0].stxPrivateKey;
  return { name, words, key, address: privateKeyToAddress(key, "testnet") };
}

const get = async (path) => {
  const response = await fetch(url + path);
  return { status: response.status, body: await response.json() };
};

// How a broadcast transaction ended, polled as wallets do.
async function ending(txid) {
  for (let round = 0; round < 100; round++) {
    const { status, body } = await get(`/extended/v1/tx/0x${txid}`);
    if (status === 200 && body.tx_status !== "pending") return body;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`${txid} did not end`);
}

async function sent(transaction) {
  const result = await broadcastTransaction({ transaction, network });
  assert.equal(result.error, undefined, JSON.stringify(result));
  assert.equal(result.txid, transaction.txid());
  return ending(result.txid);
}

const arguments_ = (who, functionName, functionArgs, more) => ({
  contractAddress: people.clinic.address,
  contractName: NAME,
  functionName,
  functionArgs,
  senderKey: who.key,
  network,
  ...more,
});
const call = async (who, name, args) => sent(await makeContractCall(arguments_(who, name, args)));
const calls = async (who, name, args) => {
  const ended = await call(who, name, args);
  assert.equal(ended.tx_status, "success", `${name}: ${ended.tx_result.repr}`);
  return ended;
};
const read = (functionName, functionArgs) =>
  fetchCallReadOnlyFunction({
    contractAddress: people.clinic.address,
    contractName: NAME,
    functionName,
    functionArgs,
    senderAddress: people.patient.address,
    network,
  });

// Sends what must be refused, and gives back the refusal without what is the same for all.
async function refusal(transaction) {
  const { error, txid, ...rest } = await broadcastTransaction({ transaction, network });
  assert.equal(error, "transaction rejected");
  assert.equal(txid, transaction.txid());
  return rest;
}

describe("@stacks/transactions", { skip }, () => {
  before(async () => {
    home = new MrmsHome();
    for (const name of ["patient", "clinic", "auditor"]) {
      people[name] = await person(name);
      home.init(people[name]);
    }
    people.stranger = await person("stranger");
    node = await home.start();
    url = node.url;
    const { body } = await get("/v2/info");
    assert.equal(body.network_id, node.chain_id);
    network = { ...STACKS_TESTNET, chainId: body.network_id, client: { baseUrl: url } };
    const deploy = await makeContractDeploy({
      contractName: NAME,
      codeBody: SOURCE,
      senderKey: people.clinic.key,
      network,
    });
    assert.equal((await sent(deploy)).tx_status, "success");
  });
  after(async () => {
    if (node) await home.stop(node);
    home?.remove();
  });

  describe("refusals", () => {
    const transfer = (more) =>
      makeSTXTokenTransfer({
        recipient: people.clinic.address,
        amount: 1,
        senderKey: people.patient.key,
        network,
        ...more,
      });

    it("bytes that are no transaction, in plain text", async () => {
      const response = await fetch(`${url}/v2/transactions`, {
        method: "POST",
        headers: { "Content-Type": "application/octet-stream" },
        body: Buffer.from("nonsense"),
      });
      assert.equal(response.status, 400);
      assert.match(await response.text(), /deserialize/);
      await assert.rejects(
        broadcastTransaction({ transaction: { serialize: () => "80zz" }, network }),
        /unable to parse node response/,
      );
    });

    it("BadNonce", async () => {
      const nonce = Number(await fetchNonce({ address: people.patient.address, network }));
      assert.ok(nonce > 0);
      const { reason, reason_data } = await refusal(await transfer({ nonce: 0 }));
      const principal = people.patient.address;
      assert.deepEqual([reason, reason_data], ["BadNonce", { expected: nonce, actual: 0, principal, is_origin: true }]);
    });

    it("FeeTooLow", async () => {
      const cheap = await transfer({ fee: 1 });
      const expected = cheap.serializeBytes().length;
      const told = await refusal(cheap);
      assert.deepEqual(told, { reason: "FeeTooLow", reason_data: { expected, actual: 1 } });
    });

    it("NotEnoughFunds", async () => {
      const { reason, reason_data } = await refusal(await transfer({ senderKey: people.stranger.key }));
      assert.equal(reason, "NotEnoughFunds");
      assert.match(reason_data.expected, /^0x[0-9a-f]{32}$/);
      assert.equal(reason_data.actual, `0x${"0".repeat(32)}`);
    });

    it("SignatureValidation", async () => {
      const signed = await transfer();
      signed.payload.amount = 2n;
      const { reason, reason_data } = await refusal(signed);
      assert.equal(reason, "SignatureValidation");
      assert.ok(reason_data.message);
    });

    it("SignatureValidation for another chain", async () => {
      const { reason } = await refusal(await transfer({ network: { ...network, chainId: 0x80000000 } }));
      assert.equal(reason, "SignatureValidation");
    });

    it("BadTransactionVersion for mainnet", async () => {
      const mainnet = { ...network, transactionVersion: 0 };
      assert.deepEqual(await refusal(await transfer({ network: mainnet, nonce: 9, fee: 500 })), {
        reason: "BadTransactionVersion",
      });
    });

    it("NoSuchContract", async () => {
      const options = arguments_(people.patient, "has-access", [], { contractName: "nowhere" });
      assert.deepEqual(await refusal(await makeContractCall(options)), { reason: "NoSuchContract" });
    });

    it("NoSuchPublicFunction", async () => {
      const options = arguments_(people.patient, "append-entry", []);
      assert.deepEqual(await refusal(await makeContractCall(options)), { reason: "NoSuchPublicFunction" });
    });

    it("BadFunctionArgument", async () => {
      const options = arguments_(people.patient, "access-medical-record", [Cl.bool(true)]);
      const { reason, reason_data } = await refusal(await makeContractCall(options));
      assert.equal(reason, "BadFunctionArgument");
      assert.ok(reason_data.message);
    });

    it("ContractAlreadyExists", async () => {
      const deploy = await makeContractDeploy({
        contractName: NAME,
        codeBody: "(define-constant A u1)",
        senderKey: people.clinic.key,
        network,
      });
      assert.deepEqual(await refusal(deploy), {
        reason: "ContractAlreadyExists",
        reason_data: { contract_identifier: `${people.clinic.address}.${NAME}` },
      });
    });

    it("TooMuchChaining and ConflictingNonceInMempool", async () => {
      const next = Number(await fetchNonce({ address: people.auditor.address, network }));
      const from = (more) => transfer({ senderKey: people.auditor.key, ...more });
      const far = await refusal(await from({ nonce: next + 27 }));
      assert.equal(far.reason, "TooMuchChaining");
      assert.deepEqual([far.reason_data.expected, far.reason_data.actual], [next + 26, next + 27]);
      await broadcastTransaction({ transaction: await from({ nonce: next + 1 }), network });
      const other = await from({ nonce: next + 1, amount: 2 });
      assert.deepEqual(await refusal(other), { reason: "ConflictingNonceInMempool" });
      // The gap closes, and the one that waited follows.
      await sent(await from({ nonce: next }));
      assert.equal(await fetchNonce({ address: people.auditor.address, network }), BigInt(next + 2));
    });

    it("a contract that uses names of a later language is included as failed, with a reason", async () => {
      const deploy = await makeContractDeploy({
        contractName: "later",
        codeBody: "(define-read-only (f) stacks-block-height)",
        senderKey: people.clinic.key,
        network,
      });
      const ended = await sent(deploy);
      assert.equal(ended.tx_status, "abort_by_response");
      assert.match(ended.vm_error, /stacks-block-height/);
    });
  });

  it("transfers STX and sees the balance move", async () => {
    const balance = async () =>
      BigInt((await get(`/extended/v2/addresses/${people.stranger.address}/balances/stx`)).body.balance);
    const before = await balance();
    const transfer = await makeSTXTokenTransfer({
      recipient: people.stranger.address,
      amount: 5_000n,
      memo: "for fees",
      senderKey: people.patient.key,
      network,
    });
    const ended = await sent(transfer);
    assert.equal(ended.tx_type, "token_transfer");
    assert.equal(await balance(), before + 5_000n);
    const account = (await get(`/v2/accounts/${people.stranger.address}?proof=0`)).body;
    assert.equal(BigInt(account.balance), before + 5_000n);
  });

  it("estimates a fee that is taken, and not more than is needed", async () => {
    const options = { recipient: people.clinic.address, amount: 1, senderKey: people.patient.key, network };
    const transfer = await makeSTXTokenTransfer(options);
    const length = BigInt(transfer.serializeBytes().length);
    assert.equal(BigInt(await fetchFeeEstimate({ transaction: transfer, network })), length);
    assert.equal(await fetchFeeEstimateTransfer({ transaction: transfer, network }), length);
    assert.equal(transfer.auth.spendingCondition.fee, length);
    assert.equal((await sent(transfer)).tx_status, "success");
  });

  it("reads the interface as the contract declares it", async () => {
    const abi = await fetchAbi({ contractAddress: people.clinic.address, contractName: NAME, network });
    assert.deepEqual([abi.epoch, abi.clarity_version], ["Epoch25", "Clarity2"]);
    const access = abi.functions.find(({ name }) => name === "access-medical-record");
    assert.deepEqual(access.args, [{ name: "record-id", type: "uint128" }]);
    const { body } = await get(`/v2/contracts/source/${people.clinic.address}/${NAME}`);
    assert.equal(body.source, SOURCE);
  });

  it("an entry that is not there is none, be it for the key, the map or the contract", async () => {
    const entry = (more) =>
      fetchContractMapEntry({
        contractAddress: people.clinic.address,
        contractName: NAME,
        mapName: "records",
        mapKey: Cl.uint(404),
        network,
        ...more,
      });
    assert.deepEqual(await entry(), Cl.none());
    assert.deepEqual(await entry({ mapName: "nowhere" }), Cl.none());
    assert.deepEqual(await entry({ contractName: "nowhere" }), Cl.none());
  });

  it("a read-only call that fails throws with its cause", async () => {
    await assert.rejects(read("nowhere", []), /UndefinedFunction/);
    // Public functions may be tried as long as they write nothing: this one refuses first.
    assert.deepEqual(await read("access-medical-record", [Cl.uint(404)]), Cl.error(Cl.uint(201)));
    await assert.rejects(read("publish-encryption-key", [content("key")]), /NotReadOnly/);
  });

  it("lives the whole life of a record", async () => {
    const { patient, clinic, auditor } = people;
    const [record, other] = [Cl.uint(123), Cl.uint(124)];
    const [clinicCV, auditorCV] = [Cl.principal(clinic.address), Cl.principal(auditor.address)];
    const denied = async (who, name, args, code) => {
      const ended = await call(who, name, args);
      assert.deepEqual([ended.tx_status, ended.tx_result.repr], ["abort_by_response", `(err u${code})`]);
    };

    await denied(clinic, "access-medical-record", [record], 201);
    await calls(patient, "publish-encryption-key", [content("age1pq1patient")]);
    const created = await calls(patient, "create-medical-record", [record, content("version one")]);
    assert.equal(created.event_count, 1);
    assert.equal(created.contract_call.function_args[0].name, "record-id");
    assert.match(created.contract_call.function_signature, /^\(define-public \(create-medical-record /);
    await denied(clinic, "access-medical-record", [record], 102);

    const until = Cl.some(Cl.uint((await get("/v2/info")).body.burn_block_height + 4_320));
    await calls(patient, "grant-record-access", [record, clinicCV, until]);
    const accessed = await calls(clinic, "access-medical-record", [record]);
    assert.match(accessed.tx_result.repr, new RegExp(Buffer.from("version one").toString("hex")));
    assert.equal(accessed.events[0].event_type, "smart_contract_log");
    assert.match(accessed.events[0].contract_log.value.repr, /\(action "access"\)/);
    await denied(clinic, "amend-medical-record", [record, content("not allowed")], 106);

    await calls(patient, "grant-record-rights", [record, clinicCV, Cl.uint(3), until]);
    await calls(clinic, "amend-medical-record", [record, content("version two")]);
    await calls(patient, "amend-record-version", [record, Cl.uint(3), content("version three")]);
    await calls(patient, "access-record-version", [record, Cl.uint(1)]);
    await calls(patient, "put-key-envelope", [record, Cl.uint(3), clinicCV, content("envelope")]);
    await calls(patient, "create-medical-record", [other, content("another")]);
    const grants = [record, other].map((id) => Cl.tuple({ "record-id": id, user: auditorCV, expiry: Cl.none() }));
    await calls(patient, "grant-many", [Cl.list(grants)]);
    await calls(auditor, "access-medical-record", [other]);

    await calls(patient, "revoke-record-access", [record, clinicCV]);
    await denied(clinic, "access-medical-record", [record], 104);
    assert.deepEqual(await read("has-access", [record, clinicCV]), Cl.bool(false));

    await calls(patient, "grant-record-rights", [other, clinicCV, Cl.uint(4), Cl.none()]);
    await denied(clinic, "access-medical-record", [other], 105);
    await calls(clinic, "emergency-access", [other, Cl.buffer(hash32("unconscious"))]);
    await calls(clinic, "access-medical-record", [other]);

    await calls(patient, "set-delegate", [auditorCV, Cl.uint(3), Cl.none()]);
    await calls(auditor, "grant-record-access", [record, clinicCV, Cl.none()]);
    await calls(patient, "remove-delegate", [auditorCV]);
    const patientCV = Cl.principal(patient.address);
    await calls(patient, "grant-standing-access", [patientCV, clinicCV, Cl.uint(1), Cl.none()]);
    await calls(patient, "revoke-standing-access", [patientCV, clinicCV]);
    await calls(clinic, "anchor-vault-log", [Cl.buffer(hash32("log")), Cl.uint(1)]);
    await calls(patient, "transfer-patient", [other, auditorCV]);
    await calls(auditor, "accept-patient", [other]);

    const stored = await fetchContractMapEntry({
      contractAddress: clinic.address,
      contractName: NAME,
      mapName: "records",
      mapKey: other,
      network,
    });
    assert.deepEqual(stored, await read("get-record", [other]));
    assert.deepEqual(stored.value.value.patient, auditorCV);

    // What is on the log can be followed to its beginning, newest first, refusals left out.
    const actions = [];
    for (let cursor = ""; cursor !== null; ) {
      const path = `/extended/v1/contract/${clinic.address}.${NAME}/events?limit=7${cursor && `&cursor=${cursor}`}`;
      const { body } = await get(path);
      for (const { contract_log } of body.results) {
        if (contract_log.value.repr.includes("(record-id u123)")) {
          actions.push(/\(action "([a-z-]+)"\)/.exec(contract_log.value.repr)[1]);
        }
      }
      cursor = body.next_cursor;
    }
    const expected = ["create", "grant", "access", "grant", "amend", "amend", "access"];
    assert.deepEqual(actions.reverse().slice(0, expected.length), expected);
  });

  it("a sponsor pays for whoever has no STX", async () => {
    const poor = await person("poor");
    const options = arguments_(poor, "create-medical-record", [Cl.uint(777), content("mine")], { sponsored: true });
    const unpaid = await makeContractCall(options);
    const nonce = await fetchNonce({ address: people.clinic.address, network });
    const transaction = await sponsorTransaction({
      transaction: unpaid,
      sponsorPrivateKey: people.clinic.key,
      network,
    });
    const ended = await sent(transaction);
    assert.equal(ended.tx_status, "success");
    assert.deepEqual([ended.sponsored, ended.sender_address], [true, poor.address]);
    assert.equal(ended.sponsor_address, people.clinic.address);
    assert.equal(await fetchNonce({ address: poor.address, network }), 1n);
    assert.equal(await fetchNonce({ address: people.clinic.address, network }), nonce + 1n);
    assert.equal((await get(`/v2/accounts/${poor.address}?proof=0`)).body.balance, `0x${"0".repeat(32)}`);
  });

  it("many in flight from one account are all included, in whatever order they arrive", async () => {
    const first = Number(await fetchNonce({ address: people.patient.address, network }));
    const transactions = [];
    for (let index = 0; index < 20; index++) {
      const args = [Cl.uint(123)];
      transactions.push(await makeContractCall(
        arguments_(people.patient, "access-medical-record", args, { nonce: first + index, fee: 500 }),
      ));
    }
    const shuffled = transactions.map((_, index) => transactions[(index * 7) % 20]);
    const results = await Promise.all(
      shuffled.map((transaction) => broadcastTransaction({ transaction, network })),
    );
    assert.deepEqual(results.filter(({ error }) => error), []);
    for (const { txid } of results) assert.equal((await ending(txid)).tx_status, "success");
    assert.equal(await fetchNonce({ address: people.patient.address, network }), BigInt(first + 20));
  });

  it("the stored bytes are the transaction that was signed, and sending them again is answered again", async () => {
    const { body } = await get(`/extended/v1/address/${people.patient.address}/transactions?limit=1`);
    const txid = body.results[0].tx_id.slice(2);
    const stored = (await get(`/v3/transaction/${txid}`)).body;
    const transaction = deserializeTransaction(stored.tx);
    assert.equal(transaction.txid(), txid);
    assert.deepEqual(await broadcastTransaction({ transaction, network }), { txid });
  });

  it("a restart keeps everything, tells observers, and ends with code 0", async () => {
    const heard = [];
    const observer = createServer((request, response) => {
      let text = "";
      request.on("data", (data) => (text += data));
      request.on("end", () => {
        heard.push([request.url, JSON.parse(text)]);
        response.end();
      });
    });
    await new Promise((resolve) => observer.listen(0, "127.0.0.1", resolve));
    const height = (await get("/v2/info")).body.stacks_tip_height;
    assert.deepEqual(await home.stop(node), { code: 0, signal: null });
    for (const line of node.log.join("").trim().split("\n")) JSON.parse(line);

    node = await home.start("--observer", `http://127.0.0.1:${observer.address().port}`);
    url = node.url;
    network = { ...network, client: { baseUrl: url } };
    assert.equal((await get("/v2/info")).body.stacks_tip_height, height);
    const ended = await calls(people.patient, "access-medical-record", [Cl.uint(123)]);
    const blocks = () => heard.filter(([path]) => path === "/new_block").map(([, block]) => block);
    for (let round = 0; blocks().at(-1)?.block_height !== height + 1 && round < 400; round++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    // Also those that were made before it listened.
    const heights = Array.from({ length: height + 1 }, (_, index) => index + 1);
    assert.deepEqual(blocks().map((block) => block.block_height), heights);
    assert.ok(heard.some(([path]) => path === "/new_burn_block"));
    const block = blocks().at(-1);
    assert.equal(block.transactions[0].txid, ended.tx_id);
    assert.equal(block.events[0].contract_event.topic, "print");
    observer.close();
    observer.closeAllConnections();
  });

  it("what was answered is there after the node was killed", async () => {
    const works = ["patient", "clinic", "auditor"].map((name) => people[name]);
    const prepared = await Promise.all(works.map(async (who) => {
      const first = Number(await fetchNonce({ address: who.address, network }));
      const transactions = [];
      for (let index = 0; index < 400; index++) {
        const args = [Cl.buffer(hash32(`${who.name} ${index}`)), Cl.uint(index)];
        transactions.push(await makeContractCall(
          arguments_(who, "anchor-vault-log", args, { nonce: first + index, fee: 500 }),
        ));
      }
      return transactions;
    }));
    const answered = [];
    const sending = prepared.map(async (transactions) => {
      for (const transaction of transactions) {
        const result = await broadcastTransaction({ transaction, network }).catch(() => undefined);
        if (result === undefined) return;
        assert.equal(result.error, undefined);
        answered.push(result.txid);
      }
    });
    const killed = new Promise((resolve) => node.child.once("exit", resolve));
    setTimeout(() => node.child.kill("SIGKILL"), 300);
    await Promise.all([killed, ...sending]);
    assert.ok(answered.length > 10, `${answered.length} answered`);

    node = await home.start();
    url = node.url;
    for (const txid of answered) {
      const { status, body } = await get(`/v3/transaction/${txid}`);
      assert.deepEqual([status, body.is_canonical], [200, true]);
    }
    assert.equal(home.run("node", "fsck").intact, true);
  });
});
