// Cases for the Rust client's codec, as Stacks' own JavaScript library computes them.
//
//   node stacks-cases.mjs OUT.json [--count N] [--seed TEXT]
//
// Each section is a list of inputs with the bytes that @stacks/transactions makes of them: values,
// keys, structured messages (SIP-018), transactions; and word lists with the key and addresses
// that @stacks/wallet-sdk derives. `crates/mrms-stacks/tests/it` reads the file named by
// MRMS_STACKS_CASES. The same seed gives the same file.
//
// Names in tuples are of lower-case letters, digits and hyphens only: the library sorts them by
// locale where the chain sorts them by bytes, and on these both agree.

import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { entropyToMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import * as stx from '@stacks/transactions';
import { generateWallet } from '@stacks/wallet-sdk';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '300' },
    seed: { type: 'string', default: 'mrms' },
  },
});
const [out] = positionals;
if (out === undefined) {
  console.error('usage: node stacks-cases.mjs OUT.json [--count N] [--seed TEXT]');
  process.exit(2);
}
const count = Number(options.count);

// A stream of bytes from the seed: SHA-256 in counter mode.
class Random {
  #block = 0;
  #bytes = Buffer.alloc(0);

  constructor(seed) {
    this.seed = seed;
  }

  bytes(length) {
    while (this.#bytes.length < length) {
      const block = createHash('sha256').update(`${this.seed}/${this.#block++}`).digest();
      this.#bytes = Buffer.concat([this.#bytes, block]);
    }
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  below(limit) {
    return this.bytes(6).readUIntBE(0, 6) % limit;
  }

  pick(choices) {
    return choices[this.below(choices.length)];
  }

  chance(oneIn) {
    return this.below(oneIn) === 0;
  }

  bits(width) {
    return BigInt(`0x${this.bytes(width / 8).toString('hex')}`);
  }

  // Small, large and the ends in turn, so that every width is met.
  integer(width) {
    const max = (1n << BigInt(width)) - 1n;
    return this.pick([0n, 1n, max, max >> 1n, this.bits(width), this.bits(8), this.bits(32)]);
  }

  text(alphabet, length) {
    return Array.from({ length }, () => this.pick(alphabet)).join('');
  }
}

const random = new Random(options.seed);
const hex = bytes => Buffer.from(bytes).toString('hex');

const LOWER = [...'abcdefghijklmnopqrstuvwxyz'];
const NAME = [...LOWER, ...'0123456789-'];
const ASCII = [...' !"#$%&\'()*+,-./0123456789:;<=>?@ABCXYZ[\\]^_`abcxyz{|}~\n\t'];
const UTF8 = [...'aZ0 \n"\\éßπЖ日本👍🏽\u0000\u007f'];
const ADDRESS_VERSIONS = [20, 21, 22, 26];

const name = (longest = 24) => random.pick(LOWER) + random.text(NAME, random.below(longest));
const secretKey = () => hex(random.bytes(32));
const account = () =>
  stx.addressToString({
    type: stx.StacksWireType.Address,
    version: random.pick(ADDRESS_VERSIONS),
    hash160: random.chance(8) ? `${'00'.repeat(4)}${hex(random.bytes(16))}` : hex(random.bytes(20)),
  });
const contractId = () => `${account()}.${name(39)}`;
const principal = () => (random.chance(2) ? account() : contractId());

// A value twice: as described in the file, and as the library has it.
function value(depth) {
  const nested = depth > 1;
  const kinds = ['int', 'uint', 'buffer', 'bool', 'principal', 'none', 'ascii', 'utf8'];
  if (nested) kinds.push('ok', 'err', 'some', 'some', 'list', 'list', 'tuple', 'tuple', 'tuple');
  switch (random.pick(kinds)) {
    case 'int': {
      const number = random.integer(128);
      const signed = number >> 127n === 1n ? number - (1n << 128n) : number;
      return [{ int: signed.toString() }, stx.intCV(signed)];
    }
    case 'uint': {
      const number = random.integer(128);
      return [{ uint: number.toString() }, stx.uintCV(number)];
    }
    case 'buffer': {
      const bytes = random.bytes(random.pick([0, 1, 20, 32, random.below(300)]));
      return [{ buffer: hex(bytes) }, stx.bufferCV(bytes)];
    }
    case 'bool': {
      const truth = random.chance(2);
      return [{ bool: truth }, stx.boolCV(truth)];
    }
    case 'principal': {
      const who = principal();
      return [{ principal: who }, stx.principalCV(who)];
    }
    case 'none':
      return ['none', stx.noneCV()];
    case 'ascii': {
      const text = random.text(ASCII, random.below(40));
      return [{ ascii: text }, stx.stringAsciiCV(text)];
    }
    case 'utf8': {
      const text = random.text(UTF8, random.below(40));
      return [{ utf8: text }, stx.stringUtf8CV(text)];
    }
    case 'ok': {
      const [described, cv] = value(depth - 1);
      return [{ ok: described }, stx.responseOkCV(cv)];
    }
    case 'err': {
      const [described, cv] = value(depth - 1);
      return [{ err: described }, stx.responseErrorCV(cv)];
    }
    case 'some': {
      const [described, cv] = value(depth - 1);
      return [{ some: described }, stx.someCV(cv)];
    }
    case 'list': {
      const items = Array.from({ length: random.below(5) }, () => value(depth - 1));
      return [{ list: items.map(([d]) => d) }, stx.listCV(items.map(([, cv]) => cv))];
    }
    default: {
      const fields = new Map();
      for (let left = 1 + random.below(4); left > 0; left--) fields.set(name(), value(depth - 1));
      const each = index => Object.fromEntries([...fields].map(([key, pair]) => [key, pair[index]]));
      return [{ tuple: each(0) }, stx.tupleCV(each(1))];
    }
  }
}

function valueCases(cases) {
  const made = Array.from({ length: cases }, (_, index) => value(1 + (index % 6)));
  let deepest = ['none', stx.noneCV()];
  for (let depth = 1; depth < 32; depth++) deepest = [{ some: deepest[0] }, stx.someCV(deepest[1])];
  made.push(deepest);
  return made.map(([described, cv]) => ({ value: described, hex: stx.Cl.serialize(cv) }));
}

function keyCases(cases) {
  return Array.from({ length: cases }, () => {
    const secret = secretKey();
    const digest = hex(random.bytes(32));
    return {
      secret,
      public: stx.privateKeyToPublic(`${secret}01`),
      mainnet: stx.privateKeyToAddress(`${secret}01`, 'mainnet'),
      testnet: stx.privateKeyToAddress(`${secret}01`, 'testnet'),
      digest,
      signature: stx.signWithKey(`${secret}01`, digest),
    };
  });
}

function structuredCases(cases) {
  return Array.from({ length: cases }, () => {
    const secret = secretKey();
    const domain = {
      name: random.text(ASCII, 1 + random.below(20)),
      version: `${random.below(9)}.${random.below(9)}.${random.below(9)}`,
      chain_id: random.pick([1, 0x80000000, 0x4d524d53]),
    };
    const domainCV = stx.tupleCV({
      name: stx.stringAsciiCV(domain.name),
      version: stx.stringAsciiCV(domain.version),
      'chain-id': stx.uintCV(domain.chain_id),
    });
    const [described, message] = value(4);
    const parts = { domain: domainCV, message };
    const digest = createHash('sha256').update(stx.encodeStructuredDataBytes(parts)).digest('hex');
    return {
      secret,
      address: stx.privateKeyToAddress(`${secret}01`, random.pick(['mainnet', 'testnet'])),
      domain,
      message: described,
      digest,
      signature_rsv: stx.signStructuredData({ ...parts, privateKey: `${secret}01` }),
    };
  });
}

function payload() {
  switch (random.pick(['transfer', 'call', 'call', 'deploy', 'deploy'])) {
    case 'transfer': {
      const [recipient, amount] = [principal(), random.integer(64)];
      const memo = random.text([...'abc é日'], random.below(11));
      const described = { transfer: { recipient, amount: amount.toString(), memo } };
      return [described, stx.createTokenTransferPayload(recipient, amount, memo)];
    }
    case 'call': {
      const [contract, called] = [contractId(), name(100) + random.pick(['', '?', '!'])];
      const args = Array.from({ length: random.below(5) }, () => value(4));
      const [address, contractName] = contract.split('.');
      const cvs = args.map(([, cv]) => cv);
      return [
        { call: { contract, function: called, arguments: args.map(([described]) => described) } },
        stx.createContractCallPayload(address, contractName, called, cvs),
      ];
    }
    default: {
      const source = `;; ${random.text(ASCII, random.below(200))}\n(define-read-only (f) u1)\n`;
      const [deployed, version] = [name(39), random.pick([undefined, 1, 2, 3, 4, 5, 6])];
      return [
        { deploy: { name: deployed, source, clarity_version: version ?? null } },
        stx.createSmartContractPayload(deployed, source, version),
      ];
    }
  }
}

function postCondition() {
  const address = random.chance(3) ? 'origin' : principal();
  const compared = { condition: random.pick(['eq', 'gt', 'gte', 'lt', 'lte']) };
  const amount = random.integer(64).toString();
  const asset = `${contractId()}::${name()}`;
  switch (random.pick(['stx', 'ft', 'nft', 'nft', 'staking', 'pox'])) {
    case 'stx':
      return [{ type: 'stx-postcondition', address, ...compared, amount }];
    case 'ft':
      return [{ type: 'ft-postcondition', address, ...compared, amount, asset }];
    case 'nft': {
      const [described, assetId] = value(3);
      const condition = random.pick(['sent', 'not-sent', 'maybe-sent']);
      return [{ type: 'nft-postcondition', address, condition, asset, assetId }, described];
    }
    case 'staking':
      return [{ type: 'staking-postcondition', address, ...compared, amount }];
    default: {
      const condition = random.pick(['will-not-perform', 'may-perform', 'will-perform']);
      return [{ type: 'pox-postcondition', address, condition }];
    }
  }
}

const SINGLE = stx.AddressHashMode.P2PKH;
const MULTI = [
  stx.AddressHashMode.P2SH,
  stx.AddressHashMode.P2WSH,
  stx.AddressHashMode.P2SHNonSequential,
  stx.AddressHashMode.P2WSHNonSequential,
];
const WITNESS = [stx.AddressHashMode.P2WSH, stx.AddressHashMode.P2WSHNonSequential];

const KINDS = ['p2pkh', 'p2pkh', 'p2pkh', 'p2pkh-uncompressed', 'p2wpkh', 'multi', 'multi'];

// Who signs as the origin: one compressed key, which the Rust client builds too, or a form that
// it only reads.
function originKeys(kind) {
  switch (kind) {
    case 'p2pkh':
      return { mode: SINGLE, keys: [`${secretKey()}01`], required: 1 };
    case 'p2pkh-uncompressed':
      return { mode: SINGLE, keys: [secretKey()], required: 1 };
    case 'p2wpkh':
      return { mode: stx.AddressHashMode.P2WPKH, keys: [`${secretKey()}01`], required: 1 };
    default: {
      const mode = random.pick(MULTI);
      const suffix = WITNESS.includes(mode) ? '01' : random.pick(['01', '01', '']);
      const keys = Array.from({ length: 1 + random.below(5) }, () => secretKey() + suffix);
      return { mode, keys, required: 1 + random.below(keys.length) };
    }
  }
}

function spendingCondition({ mode, keys, required }, nonce, fee) {
  const publics = keys.map(key => stx.privateKeyToPublic(key));
  return MULTI.includes(mode)
    ? stx.createMultiSigSpendingCondition(mode, required, publics, nonce, fee)
    : stx.createSingleSigSpendingCondition(mode, publics[0], nonce, fee);
}

function signOrigin(transaction, { mode, keys, required }) {
  const signer = new stx.TransactionSigner(transaction);
  if (!MULTI.includes(mode)) return signer.signOrigin(keys[0]);
  // In the script's order; which of the keys sign is left to chance.
  let [signing, left] = [required, keys.length];
  for (const key of keys) {
    if (random.below(left--) < signing) {
      signer.signOrigin(key);
      signing--;
    } else {
      signer.appendOrigin(stx.privateKeyToPublic(key));
    }
  }
}

function addressOf(condition, mainnet) {
  const versions = mainnet ? [22, 20] : [26, 21];
  const version = versions[condition.hashMode === SINGLE ? 0 : 1];
  return stx.addressToString({ version, hash160: condition.signer });
}

// The library's own `sponsorTransaction` refuses an origin of several keys; its parts don't.
function addSponsor(transaction, sponsorKey, { nonce, fee }) {
  const condition = spendingCondition({ mode: SINGLE, keys: [sponsorKey] }, nonce, fee);
  transaction.setSponsor(condition);
  transaction.signNextSponsor(transaction.verifyOrigin(), sponsorKey);
}

function transactionCase(index) {
  const mainnet = random.chance(2);
  const chainId = mainnet ? 1 : random.pick([0x80000000, 0x4d524d53, random.below(2 ** 32)]);
  const kind = KINDS[index % KINDS.length];
  const sponsored = random.chance(3);
  const origin = originKeys(kind);
  const nonce = random.integer(64);
  const fee = sponsored ? 0n : random.integer(64);

  const [payloadDescribed, payloadWire] = payload();
  const mode = random.pick(['allow', 'deny', 'originator']);
  const conditions = Array.from({ length: random.pick([0, 0, 1, 3]) }, postCondition);
  const condition = spendingCondition(origin, nonce, fee);
  const transaction = new stx.StacksTransactionWire({
    transactionVersion: mainnet ? 0x00 : 0x80,
    chainId,
    auth: sponsored ? stx.createSponsoredAuth(condition) : stx.createStandardAuth(condition),
    payload: payloadWire,
    postConditions: stx.createLPList(conditions.map(([c]) => stx.postConditionToWire(c))),
    postConditionMode: stx.PostConditionMode[mode[0].toUpperCase() + mode.slice(1)],
  });
  signOrigin(transaction, origin);

  const described = {
    chain_id: chainId,
    mainnet,
    payload: payloadDescribed,
    post_condition_mode: mode,
    post_conditions: conditions.map(([c, assetId]) => (assetId ? { ...c, assetId } : c)),
    origin: {
      kind,
      address: addressOf(condition, mainnet),
      secret: origin.keys[0].slice(0, 64),
      nonce: nonce.toString(),
      fee: fee.toString(),
    },
    sponsor: null,
  };
  if (!sponsored) return { ...described, hex: transaction.serialize(), txid: transaction.txid() };

  described.signed_by_origin = transaction.serialize();
  const sponsorPrivateKey = `${secretKey()}01`;
  const sponsor = { nonce: random.integer(64), fee: random.integer(64) };
  addSponsor(transaction, sponsorPrivateKey, sponsor);
  described.sponsor = {
    address: addressOf(transaction.auth.sponsorSpendingCondition, mainnet),
    secret: sponsorPrivateKey.slice(0, 64),
    nonce: sponsor.nonce.toString(),
    fee: sponsor.fee.toString(),
  };
  return { ...described, hex: transaction.serialize(), txid: transaction.txid() };
}

async function wordCases(cases) {
  const made = [];
  for (let index = 0; index < cases; index++) {
    const words = entropyToMnemonic(random.bytes(32), wordlist);
    const wallet = await generateWallet({ secretKey: words, password: '' });
    const secret = wallet.accounts[0].stxPrivateKey;
    made.push({
      words,
      secret: secret.slice(0, 64),
      mainnet: stx.privateKeyToAddress(secret, 'mainnet'),
      testnet: stx.privateKeyToAddress(secret, 'testnet'),
    });
  }
  return made;
}

const cases = {
  made_by: 'tests/clients/stacks-cases.mjs with @stacks/transactions 7.6.0',
  seed: options.seed,
  values: valueCases(count),
  keys: keyCases(Math.ceil(count / 5)),
  structured: structuredCases(Math.ceil(count / 5)),
  transactions: Array.from({ length: count }, (_, index) => transactionCase(index)),
  words: await wordCases(Math.min(20, count)),
};
writeFileSync(out, `${JSON.stringify(cases, null, 1)}\n`);
const sizes = Object.entries(cases).filter(([, section]) => Array.isArray(section));
console.log(sizes.map(([section, { length }]) => `${length} ${section}`).join(', '));
