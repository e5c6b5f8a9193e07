// The simulated network that the tests run on: one for each worker and Clarity version.
//
// Opening one takes long, so tests share it and keep apart by fresh principals and record
// ids. Heights only rise. Up to epoch 2.5 every call mines a burn block after itself and a
// read-only call sees the block before; from 3.0 on burn blocks come only when they are mined.

import { readFileSync } from "node:fs";
import { getSDK, initSimnet, type Simnet } from "@stacks/clarinet-sdk";
import {
  addressHashModeToVersion,
  addressToString,
  addressFromVersionHash,
  AddressHashMode,
  Cl,
  type ClarityValue,
} from "@stacks/transactions";
import { plain, type Plain } from "./plain";

export const CONTRACT = "medical-records-management";

export const SOURCE = readFileSync(
  new URL(`../contracts/${CONTRACT}.clar`, import.meta.url),
  "utf8",
);

/** What is deployed: the same without comments. */
export const DEPLOYED = readFileSync(
  new URL(`../deployed/${CONTRACT}.clar`, import.meta.url),
  "utf8",
);

/** The contract in the middle, which tests call in place of the records contract. */
export const MIDDLEMAN = readFileSync(
  new URL("./contracts/middleman.clar", import.meta.url),
  "utf8",
);

/** Name of each error constant by its code, as the source defines them. */
export const ERRORS: ReadonlyMap<bigint, string> = new Map(
  [...SOURCE.matchAll(/^\(define-constant (ERR_\w+) \(err u(\d+)\)\)/gm)].map((found) => [
    BigInt(found[2]!),
    found[1]!,
  ]),
);

export type Outcome = { ok: Plain } | { err: string };

export interface Costs {
  writeLength: number;
  writeCount: number;
  readLength: number;
  readCount: number;
  runtime: number;
}

export interface Receipt {
  outcome: Outcome;
  /** Values that were printed, in order. */
  events: Plain[];
  /** The same as consensus bytes, hex without 0x. */
  rawEvents: string[];
  costs: Costs | null;
}

/** A smart-contract wallet: who it is to the records contract, and a call that `by` signs. */
export interface Wallet {
  principal: string;
  call(by: string, name: string, ...args: ClarityValue[]): Outcome;
}

export class Chain {
  #names = 0;
  /** Added to the names of the contracts while a mutant stands in for them. */
  #suffix = "";
  readonly #simnet: Simnet;
  readonly #deployer: string;
  readonly #clarity: number;
  /** What the latest call did. */
  last: Receipt | undefined;

  private constructor(simnet: Simnet, deployer: string, clarity: number) {
    this.#simnet = simnet;
    this.#deployer = deployer;
    this.#clarity = clarity;
  }

  /** An empty network at that epoch, with the records contract and the middleman. */
  static async open(clarity: number, epoch: string, source = SOURCE): Promise<Chain> {
    const simnet = await getSDK({ trackCosts: true, trackCoverage: false });
    await simnet.initEmptySession({ enabled: false });
    simnet.setEpoch(epoch as Parameters<Simnet["setEpoch"]>[0]);
    const chain = new Chain(simnet, address(0), clarity);
    chain.#deploy(source);
    return chain;
  }

  /** The network that Clarinet.toml describes, and the middleman; coverage is recorded. */
  static async openProject(): Promise<Chain> {
    const simnet = await initSimnet("./Clarinet.toml", true, {
      trackCosts: true,
      trackCoverage: true,
    });
    const chain = new Chain(simnet, simnet.deployer, 4);
    chain.nameTest("all");
    chain.#deployMiddleman("middleman");
    return chain;
  }

  /** This worker's network for the version that its project asks for. */
  static shared(): Promise<Chain> {
    const version = process.env.CLARITY ?? "";
    let chain = shared.get(version);
    if (chain === undefined) {
      chain = process.env.COVERAGE
        ? Chain.openProject()
        : Chain.open(Number(version), process.env.EPOCH ?? "");
      shared.set(version, chain);
    }
    return chain;
  }

  #deploy(source: string): void {
    this.#deployOne(CONTRACT, source);
    this.#deployMiddleman("middleman");
  }

  #deployMiddleman(name: string): void {
    const source = MIDDLEMAN.replaceAll(`.${CONTRACT}`, `.${CONTRACT}${this.#suffix}`);
    this.#deployOne(name, source);
  }

  #deployOne(name: string, source: string): void {
    const options = { clarityVersion: this.#clarity as 2 | 3 | 4 };
    this.#simnet.deployContract(name + this.#suffix, source, options, this.#deployer);
  }

  /** Call a mutant of the contract from here on; `deploy` it first where it is new. */
  useMutant(number: number, deploy: string | null): void {
    this.#suffix = `-${number}`;
    if (deploy !== null) this.#deploy(deploy);
  }

  useOriginal(): void {
    this.#suffix = "";
  }

  /** Record coverage under this name from here on. */
  nameTest(name: string): void {
    this.#simnet.setCurrentTestName(name);
  }

  /** The middleman's own principal. */
  get middleman(): string {
    return this.#contract("middleman");
  }

  /** Another middleman, which nobody used before and may hand over what it has. */
  wallet(): Wallet {
    this.#names += 1;
    const name = `wallet-${this.#names}`;
    this.#deployMiddleman(name);
    return {
      principal: this.#contract(name),
      call: (by, method, ...args) => this.call(by, method, args, name),
    };
  }

  /** A principal that nobody used before. */
  principal(): string {
    this.#names += 1;
    return address(this.#names);
  }

  /** A record id that nobody used before, far from u0. */
  recordId(): bigint {
    this.#names += 1;
    return 2n ** 100n + BigInt(this.#names);
  }

  /** The burn height that the next call sees. */
  height(): bigint {
    return BigInt(this.#simnet.burnBlockHeight);
  }

  /** Let burn blocks pass until the next call sees `height`. */
  mineTo(height: bigint): void {
    const blocks = Number(height - this.height());
    if (blocks < 0) throw new Error(`burn block ${height} is past, now ${this.height()}`);
    if (blocks > 0) this.#simnet.mineEmptyBurnBlocks(blocks);
    if (this.height() !== height) throw new Error(`wanted ${height}, now ${this.height()}`);
  }

  mine(blocks: bigint): void {
    this.mineTo(this.height() + blocks);
  }

  /** Let burn blocks pass until the next read-only call sees `height`. */
  mineReadsTo(height: bigint): void {
    const seen = () => this.read("height", [], "middleman") as bigint;
    if (seen() > height) throw new Error(`burn block ${height} is past`);
    while (seen() < height) this.mine(1n);
  }

  #contract(name: string): string {
    return `${this.#deployer}.${name}${this.#suffix}`;
  }

  call(by: string, name: string, args: ClarityValue[], contract = CONTRACT): Outcome {
    return this.#settle(this.#simnet.callPublicFn(this.#contract(contract), name, args, by));
  }

  /** Several calls in one block, so at one burn height under every version. */
  block(calls: { by: string; name: string; args: ClarityValue[] }[]): Outcome[] {
    const contract = this.#contract(CONTRACT);
    return this.#simnet
      .mineBlock(
        calls.map(({ by, name, args }) => ({
          callPublicFn: { contract, method: name, args, sender: by },
        })) as Parameters<Simnet["mineBlock"]>[0],
      )
      .map((parsed) => this.#settle(parsed));
  }

  /** Run a private function, to reach a state that would take too many calls. */
  callPrivate(by: string, name: string, args: ClarityValue[]): void {
    this.#simnet.callPrivateFn(this.#contract(CONTRACT), name, args, by);
  }

  /** What a read-only function answers, undecoded. */
  readValue(name: string, args: ClarityValue[], contract = CONTRACT): ClarityValue {
    const id = this.#contract(contract);
    return this.#simnet.callReadOnlyFn(id, name, args, this.#deployer).result;
  }

  read(name: string, args: ClarityValue[], contract = CONTRACT): Plain {
    return plain(this.readValue(name, args, contract));
  }

  mapEntry(map: string, key: ClarityValue): Plain {
    return plain(this.#simnet.getMapEntry(this.#contract(CONTRACT), map, key));
  }

  interface(): { functions: object[]; maps: object[]; variables: object[] } {
    return this.#simnet.getContractsInterfaces().get(this.#contract(CONTRACT))!;
  }

  /** What was executed up to now, in lcov's format; empty without coverage. */
  coverage(): string {
    return process.env.COVERAGE ? this.#simnet.collectReport(false, "").coverage : "";
  }

  #settle(parsed: ReturnType<Simnet["callPublicFn"]>): Outcome {
    const result = plain(parsed.result) as { ok: Plain } | { err: bigint };
    const outcome =
      "ok" in result ? result : { err: ERRORS.get(result.err) ?? `u${result.err}` };
    const prints = parsed.events.filter((event) => event.event === "print_event");
    this.last = {
      outcome,
      events: prints.map((event) => plain(event.data.value as ClarityValue)),
      rawEvents: prints.map((event) => String(event.data.raw_value).slice(2)),
      costs: parsed.costs?.total ?? null,
    };
    return outcome;
  }
}

const shared = new Map<string, Promise<Chain>>();

function address(number: number): string {
  const hash = (number + 1).toString(16).padStart(40, "0");
  const version = addressHashModeToVersion(AddressHashMode.P2PKH, "testnet");
  return addressToString(addressFromVersionHash(version, hash));
}

/** `(some u1)`, or `none` for null. */
export function optionalUint(value: bigint | null): ClarityValue {
  return value === null ? Cl.none() : Cl.some(Cl.uint(value));
}
