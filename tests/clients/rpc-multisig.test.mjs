// Accounts of several keys on `mrms node run`, signed by unchanged @stacks/transactions: all four hash modes, and
// every refusal.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";

import { STACKS_TESTNET } from "@stacks/network";
import {
  broadcastTransaction,
  fetchNonce,
  makeSTXTokenTransfer,
  privateKeyToAddress,
  privateKeyToPublic,
} from "@stacks/transactions";

import { MrmsHome, skip } from "./mrms-home.mjs";
import {
  MODES, casesText, isSequential, multisigAddress, multisigTransfer, secret, withFields,
} from "./multisig.mjs";

if (skip) console.log(`rpc-multisig: skipped, ${skip}`);

const recipient = "ST000000000000000000002AMW42H";
const funds = 1_000_000;
let home, node, network, nextKey = 20;

// Three keys that nobody has used, two of which must sign; with funds.
function owners(mode) {
  const keys = [0, 1, 2].map(() => secret(nextKey++));
  const made = { mode, keys, required: 2 };
  home.run("node", "faucet", multisigAddress(made), `${funds}`);
  return made;
}

const transfer = (made, signing, more) =>
  multisigTransfer({ ...made, chainId: node.chain_id, recipient, amount: 7n, fee: 1_000n, nonce: 0n, signing, ...more });

async function status(txid) {
  const response = await fetch(`${node.url}/extended/v1/tx/0x${txid}`);
  return (await response.json()).tx_status;
}

async function isTaken(transaction) {
  const { txid, error, reason, reason_data } = await broadcastTransaction({ transaction, network });
  assert.equal(error, undefined, `${reason} ${JSON.stringify(reason_data)}`);
  assert.equal(txid, transaction.txid());
  assert.equal(await status(txid), "success");
}

// Refused as no transaction at all, in plain text, as a Stacks node does.
async function isNoTransaction(transaction, text) {
  const response = await fetch(`${node.url}/v2/transactions`, {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream" },
    body: Buffer.from(transaction.serialize(), "hex"),
  });
  assert.equal(response.status, 400);
  assert.match(await response.text(), text);
}

async function hasWrongSignature(transaction) {
  const { reason, reason_data } = await broadcastTransaction({ transaction, network });
  assert.equal(reason, "SignatureValidation");
  assert.match(reason_data.message, /another key/);
}

it("the cases of the Rust tests are what the library makes", () => {
  const file = new URL("../../crates/mrms-node/tests/fixtures/stacks-js-multisig.json", import.meta.url);
  assert.equal(readFileSync(file, "utf8"), casesText());
});

describe("accounts of several keys", { skip }, () => {
  before(async () => {
    home = new MrmsHome();
    home.run("init");
    node = await home.start();
    network = { ...STACKS_TESTNET, chainId: node.chain_id, client: { baseUrl: node.url } };
  });
  after(async () => {
    if (node) await home.stop(node);
    if (home) assert.equal(home.run("node", "fsck").intact, true);
    home?.remove();
  });

  for (const mode of Object.keys(MODES)) {
    describe(mode, () => {
      it("too few signatures are refused", async () => {
        await isNoTransaction(transfer(owners(mode), [1]), /1 signatures are given, 2 are required/);
      });

      it(isSequential(mode) ? "too many signatures are refused" : "more signatures than required are taken", async () => {
        const transaction = transfer(owners(mode), [0, 1, 2]);
        if (isSequential(mode)) await isNoTransaction(transaction, /3 signatures are given, 2 are required/);
        else await isTaken(transaction);
      });

      it("fields in another order are refused", async () => {
        const transaction = transfer(owners(mode), [0, 1]);
        await hasWrongSignature(withFields(transaction, ([first, second, third]) => [second, first, third]));
      });

      it("a foreign key is refused", async () => {
        const made = owners(mode);
        const foreign = transfer({ ...made, keys: [made.keys[0], secret(nextKey++), made.keys[2]] }, [0, 1]);
        const ours = transfer(made, [0, 1]);
        await hasWrongSignature(withFields(ours, () => foreign.auth.spendingCondition.fields));
      });

      it("any two of three move funds, one nonce after the other", async () => {
        const made = owners(mode);
        for (const [nonce, signing] of [[0, 1], [0, 2], [1, 2]].entries()) {
          await isTaken(transfer(made, signing, { nonce: BigInt(nonce) }));
        }
        const address = multisigAddress(made);
        assert.equal(await fetchNonce({ address, network }), 3n);
        const { balance } = await (await fetch(`${node.url}/v2/accounts/${address}?proof=0`)).json();
        assert.equal(Number(balance), funds - 3 * 1_007);
      });

      it("a sponsor of one key pays", async () => {
        const sponsor = { key: secret(nextKey++), nonce: 0n, fee: 1_000n };
        home.run("node", "faucet", privateKeyToAddress(sponsor.key, "testnet"), `${funds}`);
        await isTaken(transfer(owners(mode), [0, 2], { fee: 0n, sponsor }));
      });
    });
  }

  it("the library's own way of making one works as it is", async () => {
    const keys = [1, 2, 3].map(() => secret(nextKey++));
    for (const useSequentialMultiSig of [true, false]) {
      const mode = useSequentialMultiSig ? "p2sh" : "unordered-p2sh";
      const address = multisigAddress({ mode, keys, required: 2 });
      home.run("node", "faucet", address, `${funds}`);
      const transaction = await makeSTXTokenTransfer({
        recipient,
        amount: 1,
        fee: 1_000,
        numSignatures: 2,
        publicKeys: keys.map((key) => privateKeyToPublic(key)),
        signerKeys: keys.slice(0, 2),
        useSequentialMultiSig,
        network,
      });
      await isTaken(transaction);
    }
  });
});
