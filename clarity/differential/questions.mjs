// What the contract's state can be asked: every read-only function and every map, over all records
// and people, as the interface lists them. A new function or map is asked without a change here,
// as long as its arguments have names that are known.

import { Cl, ClarityType } from "@stacks/transactions";

/**
 * @typedef {object} World what to ask about
 * @property {bigint[]} ids the records
 * @property {string[]} people
 * @property {(id: bigint) => number} version a record's latest version, or 0
 */

export class Questions {
  /** Where each list and log was read up to. */
  #read = new Map();

  constructor(simnet, contract) {
    this.simnet = simnet;
    this.contract = contract;
    this.interface = simnet.getContractsInterfaces().get(contract);
    this.asker = contract.split(".")[0];
  }

  /**
   * Every read-only function with all arguments that are `wanted`; of lists and logs, what was
   * added since they were last read.
   *
   * @param {World} world
   */
  *functions(world, wanted = () => true) {
    for (const { name, access, args } of this.interface.functions) {
      if (access !== "read_only") continue;
      const ask = (values) =>
        this.simnet.callReadOnlyFn(this.contract, name, values, this.asker).result;
      for (const [values, answer] of this.#answers(name, args, world, ask, wanted)) {
        yield ["function", name, values, answer];
      }
    }
  }

  /**
   * Every entry of every map that is there, was there or could be; of lists and logs, what was
   * added since they were last read, and that nothing lies past the end.
   *
   * @param {World} world
   */
  *maps(world) {
    for (const { name, key } of this.interface.maps) {
      const fields = typeof key === "string" ? [{ name: keyName(key) }] : indexLast(key.tuple);
      const keyed = (values) =>
        typeof key === "string"
          ? values[0]
          : Cl.tuple(Object.fromEntries(fields.map((field, i) => [field.name, values[i]])));
      const ask = (values) => this.#entry(name, keyed(values));
      for (const [values, answer] of this.#answers(name, fields, world, ask, () => true)) {
        yield ["map", name, [keyed(values)], answer];
      }
    }
  }

  /** Read lists and logs from their beginning again. */
  forget() {
    this.#read.clear();
  }

  /** A map's entry; the network fails where there is none. */
  #entry(map, key) {
    try {
      return this.simnet.getMapEntry(this.contract, map, key);
    } catch (error) {
      if (error === "value not found") return Cl.none();
      throw error;
    }
  }

  *#answers(name, args, world, ask, wanted) {
    const indexed = args.at(-1)?.name === "index";
    for (const values of combinations(indexed ? args.slice(0, -1) : args, world)) {
      if (!wanted()) continue;
      if (!indexed) {
        yield [values, ask(values)];
        continue;
      }
      const list = JSON.stringify([name, values], (_, value) =>
        typeof value === "bigint" ? String(value) : value,
      );
      for (let index = this.#read.get(list) ?? 0; ; index += 1) {
        const place = [...values, Cl.uint(index)];
        const answer = ask(place);
        yield [place, answer];
        if (answer.type === ClarityType.OptionalNone) {
          this.#read.set(list, index);
          break;
        }
      }
    }
  }
}

/** What a map's key stands for, where it has no name. */
function keyName(type) {
  return type === "principal" ? "user" : "record-id";
}

function indexLast(fields) {
  return [
    ...fields.filter(({ name }) => name !== "index"),
    ...fields.filter(({ name }) => name === "index"),
  ];
}

/** Every list of values for these arguments. */
function combinations(args, world) {
  let lists = [{ values: [], id: null }];
  for (const { name } of args) {
    lists = lists.flatMap(({ values, id }) =>
      domain(name, world, id).map((value) => ({
        values: [...values, value],
        id: name === "record-id" ? value.value : id,
      })),
    );
  }
  return lists.map(({ values }) => values);
}

function domain(name, { ids, people, version }, id) {
  switch (name) {
    case "record-id":
      return ids.map((id) => Cl.uint(id));
    case "user":
    case "patient":
    case "delegate":
    case "owner":
    case "vault":
    case "contact":
    case "organisation":
    case "member":
      return people.map((person) => Cl.principal(person));
    case "version":
      return Array.from({ length: version(BigInt(id)) + 2 }, (_, number) => Cl.uint(number));
    default:
      throw new Error(`the contract asks for a ${name}, which is new here`);
  }
}
