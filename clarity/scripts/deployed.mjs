// Write what is deployed: the contract without its comments and blank lines, which every call would
// pay for by the source's length. Nothing else changes, so that anybody can do the same and compare.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const NAME = "medical-records-management.clar";
export const CONTRACT = new URL(`../contracts/${NAME}`, import.meta.url);
export const DEPLOYED = new URL(`../deployed/${NAME}`, import.meta.url);

/** The same code: whole lines of comment go, and comments at the end of a line. No text has a semicolon. */
export function withoutComments(source) {
  const lines = source.split("\n").map((line) => line.replace(/\s*;;.*$/, ""));
  return `${lines.filter((line) => line !== "").join("\n")}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(DEPLOYED, withoutComments(readFileSync(CONTRACT, "utf8")));
}
