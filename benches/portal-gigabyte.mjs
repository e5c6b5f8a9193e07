// How much the portal's process grows while 1 GiB goes in and out through a browser. It should grow by no more than 64 MiB.
//
//     MRMS_BIN=target/release/mrms node benches/portal-gigabyte.mjs [MIB]
//
// Needs chromium, what ./test.sh installs in tests/portal, and four times the size as room on the disk. Prints memory and
// processor time of the portal's process before, while the file goes in, and while it comes out again; it ends with 1 if the
// file that came out is another one, or the bound does not hold.

import { createHash, randomBytes } from "node:crypto";
import { closeSync, createReadStream, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";

import { enter, launch, skip, Town } from "../tests/portal/town.mjs";

const BOUND = 64;
const size = Number(process.argv[2] ?? 1024);
if (skip) throw new Error(skip);

/** Makes a file of so many MiB that says nothing. Returns its path. */
function fileOf(mib, path) {
  const file = openSync(path, "w", 0o600);
  for (let done = 0; done < mib; done += 1) writeSync(file, randomBytes(1 << 20));
  closeSync(file);
  return path;
}

async function sha256(stream) {
  const hash = createHash("sha256");
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest("hex");
}

/** The process's memory in MiB: what it has, and the most that it had since `forgetPeak`. */
function memory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const field = (name) => Number(status.match(new RegExp(`${name}:\\s+(\\d+) kB`))[1]) / 1024;
  return { now: field("VmRSS"), peak: field("VmHWM") };
}

const forgetPeak = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, "5");

/** The process's time on the processor in seconds. */
function processorTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const town = new Town();
const row = (what, ...cells) => console.log(what.padEnd(28), ...cells.map((cell) => cell.padStart(20)));
let holds = true;
try {
  town.run(undefined, "init");
  // The first one fills caches and pools: what stays of it is no growth with the size.
  town.run(undefined, "create", fileOf(1, join(town.folder, "small.bin")));
  const path = fileOf(size, join(town.folder, "large.bin"));
  const expected = await sha256(createReadStream(path));
  await town.start();
  const browser = await launch();
  const page = await enter(browser, town, "default");
  page.setDefaultTimeout(1_200_000);
  const { pid } = town.portal;
  const before = memory(pid).now;
  row("", "peak memory", "processor time");
  row("before", `${before.toFixed(0)} MiB`, "");

  /** Does something, and says what it cost the process. */
  const measured = async (what, work) => {
    forgetPeak(pid);
    const began = processorTime(pid);
    const result = await work();
    const { peak } = memory(pid);
    holds &&= peak - before <= BOUND;
    row(what, `${peak.toFixed(0)} MiB (${(peak - before).toFixed(0)} more)`, `${(processorTime(pid) - began).toFixed(1)} s`);
    return result;
  };

  await page.goto(`${town.url}/records/add`);
  await measured(`${size} MiB go in`, async () => {
    await page.setInputFiles("#files", path);
    await page.click("main button");
    await page.waitForFunction(() => document.querySelectorAll("#add-progress a").length === 1);
  });
  await page.goto(`${town.url}/records?q=large`);
  const found = await measured(`${size} MiB come out`, async () => {
    await page.click("ul.rows a");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("text=Download the file")]);
    const found = await sha256(createReadStream(await download.path()));
    await download.delete();
    return found;
  });
  if (found !== expected) throw new Error("what came out is not what went in");
  await browser.close();
} finally {
  await town.end();
}
if (!holds) {
  console.error(`the process grew by more than ${BOUND} MiB`);
  process.exitCode = 1;
}
