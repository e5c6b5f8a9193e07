// Transfers from accounts of several keys, made with @stacks/transactions as it is.
//
//   node multisig.mjs OUT.json      writes the cases that `crates/mrms-node/tests/it/multisig.rs` reads
//
// Keys, nonces and fees are fixed, so that it always writes the same file.

import { writeFileSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

import * as stx from "@stacks/transactions";

export const MODES = {
  "p2sh": stx.AddressHashMode.P2SH,
  "p2wsh": stx.AddressHashMode.P2WSH,
  "unordered-p2sh": stx.AddressHashMode.P2SHNonSequential,
  "unordered-p2wsh": stx.AddressHashMode.P2WSHNonSequential,
};
export const isSequential = (mode) => !mode.startsWith("unordered");
export const secret = (number) => `${number.toString(16).padStart(2, "0").repeat(32)}01`;

const condition = ({ mode, keys, required, nonce = 0, fee = 0 }) =>
  stx.createMultiSigSpendingCondition(
    MODES[mode], required, keys.map((key) => stx.privateKeyToPublic(key)), nonce, fee,
  );

// The account of these keys, as a test network spells it.
export const multisigAddress = (owners) =>
  stx.addressToString({ version: 21, hash160: condition(owners).signer });

// A transfer that the keys named by `signing` have signed, in the order of the account's keys. A sponsor of one key
// pays for it, if there is one.
export function multisigTransfer({ chainId, recipient, amount, signing, sponsor, ...owners }) {
  const transaction = new stx.StacksTransactionWire({
    transactionVersion: 0x80,
    chainId,
    auth: sponsor ? stx.createSponsoredAuth(condition(owners)) : stx.createStandardAuth(condition(owners)),
    payload: stx.createTokenTransferPayload(recipient, amount, ""),
  });
  const signer = new stx.TransactionSigner(transaction);
  // With another number of signatures the library would stop; what it makes then is what a node must refuse.
  signer.checkOversign = false;
  for (const [index, key] of owners.keys.entries()) {
    if (signing.includes(index)) signer.signOrigin(key);
    else signer.appendOrigin(stx.privateKeyToPublic(key));
  }
  if (sponsor) {
    const key = stx.privateKeyToPublic(sponsor.key);
    const { nonce, fee } = sponsor;
    transaction.setSponsor(stx.createSingleSigSpendingCondition(stx.AddressHashMode.P2PKH, key, nonce, fee));
    transaction.signNextSponsor(transaction.verifyOrigin(), sponsor.key);
  }
  return transaction;
}

// The same bytes with another list of signatures and keys.
export function withFields(transaction, change) {
  const altered = stx.deserializeTransaction(transaction.serialize());
  altered.auth.spendingCondition.fields = change(altered.auth.spendingCondition.fields);
  return altered;
}

function cases() {
  const recipient = "ST000000000000000000002AMW42H";
  const chainId = 0x4d524d53;
  const base = { chainId, recipient, amount: 5n, required: 2, fee: 1_000n };
  const keys = [4, 5, 6].map(secret);
  const described = (name, transaction, owners) => ({
    name,
    hex: transaction.serialize(),
    txid: transaction.txid(),
    account: multisigAddress(owners),
  });
  const all = [];
  for (const mode of Object.keys(MODES)) {
    const owners = { ...base, mode, keys };
    for (const signing of [[0, 1], [0, 2], [1, 2]]) {
      all.push(described(`${mode} ${signing}`, multisigTransfer({ ...owners, signing }), owners));
    }
    // One more than required.
    all.push(described(`${mode} 0,1,2`, multisigTransfer({ ...owners, signing: [0, 1, 2] }), owners));
  }
  for (const mode of Object.keys(MODES)) {
    const owners = { ...base, mode, keys, fee: 0n };
    const sponsor = { key: secret(1), nonce: 0n, fee: 1_000n };
    const transaction = multisigTransfer({ ...owners, signing: [0, 2], sponsor });
    all.push(described(`${mode} 0,2 sponsored`, transaction, owners));
  }
  for (const mode of ["p2sh", "unordered-p2sh"]) {
    const owners = { ...base, mode, keys: keys.map((key) => key.slice(0, 64)) };
    const transaction = multisigTransfer({ ...owners, signing: [0, 2] });
    all.push(described(`${mode} 0,2 uncompressed`, transaction, owners));
  }
  return all;
}

export const casesText = () =>
  `${JSON.stringify({ made_with: "@stacks/transactions 7.6.0", cases: cases() }, null, 1)}\n`;

if (argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(argv[2], casesText());
}
