// A stream of numbers and bytes that one seed fixes: SHA-256 of the seed and a counter.

import { createHash } from "node:crypto";

export class Random {
  #block = 0;
  #bytes = Buffer.alloc(0);
  #seed;

  constructor(seed) {
    this.#seed = seed;
  }

  bytes(length) {
    while (this.#bytes.length < length) {
      const block = createHash("sha256").update(`${this.#seed}/${this.#block}`).digest();
      this.#block += 1;
      this.#bytes = Buffer.concat([this.#bytes, block]);
    }
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  /** A whole number from 0, below `limit`. */
  below(limit) {
    return this.bytes(4).readUInt32BE() % limit;
  }

  /** A whole number, both ends included. */
  between(least, most) {
    return least + this.below(most - least + 1);
  }

  /** True once in `times`. */
  once(times) {
    return this.below(times) === 0;
  }

  pick(choices) {
    return choices[this.below(choices.length)];
  }

  /** One of `[weight, choice]`, the choice itself. */
  weighted(choices) {
    let left = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, choice] of choices) {
      if (left < weight) return choice;
      left -= weight;
    }
    throw new Error("unreachable: the weights add up");
  }

  /** `count` of them, each once, in a new order. */
  sample(choices, count) {
    const left = [...choices];
    return Array.from({ length: count }, () => left.splice(this.below(left.length), 1)[0]);
  }
}
