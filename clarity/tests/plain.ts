// Clarity values as plain JavaScript ones, so that expectations can be written as literals.
//
// uint and int: bigint. buff: hex without 0x. principal and string-ascii: string. none: null;
// some: what is inside. tuple: object. list: array. Responses: { ok } or { err }.

import { ClarityType, type ClarityValue } from "@stacks/transactions";

export type Plain =
  | bigint
  | string
  | boolean
  | null
  | Plain[]
  | { [field: string]: Plain };

export function plain(value: ClarityValue): Plain {
  switch (value.type) {
    case ClarityType.Int:
    case ClarityType.UInt:
      return BigInt(value.value);
    case ClarityType.BoolTrue:
      return true;
    case ClarityType.BoolFalse:
      return false;
    case ClarityType.OptionalNone:
      return null;
    case ClarityType.OptionalSome:
      return plain(value.value);
    case ClarityType.Buffer:
    case ClarityType.StringASCII:
    case ClarityType.StringUTF8:
    case ClarityType.PrincipalStandard:
    case ClarityType.PrincipalContract:
      return value.value;
    case ClarityType.List:
      return value.value.map(plain);
    case ClarityType.Tuple:
      return Object.fromEntries(
        Object.entries(value.value).map(([field, inner]) => [field, plain(inner)]),
      );
    case ClarityType.ResponseOk:
      return { ok: plain(value.value) };
    case ClarityType.ResponseErr:
      return { err: plain(value.value) };
  }
}
