// How long the portal's pages take in a large home: the first time, the median, the 95th percentile and the processor time of
// each page, and the memory of the process. benches/portal.sh makes the home and calls this.
//
//     node benches/portal-pages.mjs MRMS FOLDER        FOLDER has a home and its passphrase

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [mrms, folder] = process.argv.slice(2);
const ASKED = 60;
const TARGET = 100;

const runtime = mkdtempSync(join(tmpdir(), "mrms-pages-"));
const portal = spawn(mrms, ["--json", "portal", "--listen", "127.0.0.1:0"], {
  env: { PATH: process.env.PATH, MRMS_HOME: join(folder, "home"), XDG_RUNTIME_DIR: runtime, TZ: "UTC" },
  stdio: ["ignore", "pipe", "inherit"],
});
const told = await new Promise((resolve, reject) => {
  createInterface({ input: portal.stdout }).once("line", (line) => resolve(JSON.parse(line)));
  portal.once("exit", (code) => reject(new Error(`the portal ended with ${code}`)));
});
const link = new URL(told.link);
let cookie = "";

/** One request on a connection of its own; its answer. */
const ask = (method, path, form) =>
  new Promise((resolve, reject) => {
    const headers = { Cookie: cookie, "Sec-Fetch-Site": "same-origin" };
    if (form) headers["Content-Type"] = "application/x-www-form-urlencoded";
    const asked = request({ host: link.hostname, port: link.port, method, path, headers, agent: false }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => {
        const set = answer.headers["set-cookie"]?.at(-1);
        if (set) cookie = set.split(";")[0];
        const text = Buffer.concat(parts).toString();
        const fine = [200, 303].includes(answer.statusCode);
        fine ? resolve(text) : reject(new Error(`${method} ${path}: ${answer.statusCode}`));
      });
    });
    asked.on("error", reject);
    asked.end(form && new URLSearchParams(form).toString());
  });

/** Processor time of the portal so far, in milliseconds. */
const processor = () => {
  const fields = readFileSync(`/proc/${portal.pid}/stat`, "utf8").split(")").at(-1).split(" ");
  return (Number(fields[12]) + Number(fields[13])) * 10;
};
const memory = (name) => {
  const line = readFileSync(`/proc/${portal.pid}/status`, "utf8").split("\n").find((one) => one.startsWith(name));
  return `${(Number(line.replace(/\D/g, "")) / 1024).toFixed(0)} MiB`;
};
const padded = (number, digits = 1) => number.toFixed(digits).padStart(7);

async function measure(path) {
  const now = () => performance.now();
  let began = now();
  const { length } = await ask("GET", path);
  const first = now() - began;
  const used = processor();
  const took = [];
  for (let at = 0; at < ASKED; at += 1) {
    began = now();
    await ask("GET", path);
    took.push(now() - began);
  }
  const each = (processor() - used) / ASKED;
  took.sort((one, other) => one - other);
  const slow = took[Math.ceil(ASKED * 0.95) - 1];
  const name = path.length > 26 ? `${path.slice(0, 14)}…` : path;
  console.log(
    `${name.padEnd(24)} first ${padded(first, 0)} ms   median ${padded(took[ASKED / 2])} ms   ` +
      `95th percentile ${padded(slow)} ms   processor ${padded(each)} ms   ${(length / 1024).toFixed(0)} KiB`,
  );
  return slow;
}

try {
  await ask("POST", "/enter", { code: link.hash.replace("#k=", "") });
  const token = (await ask("GET", "/unlock")).match(/name="token" value="([^"]*)"/)[1];
  const passphrase = readFileSync(join(folder, "passphrase"), "utf8").trim();
  await ask("POST", "/unlock", { token, profile: "patient", minutes: "60", passphrase });
  console.log(`memory before the first page: ${memory("VmRSS")}`);
  const list = await ask("GET", "/records");
  const record = list.match(/href="(\/records\/\d+)"/)[1];
  const pages = ["/", "/records", "/records?q=777", "/records?page=100", record, "/people", "/who", "/who?kind=refused", "/settings"];
  let slowest = 0;
  for (const path of pages) slowest = Math.max(slowest, await measure(path));
  console.log(`memory after all pages: ${memory("VmRSS")}, at most ${memory("VmHWM")}`);
  console.log(`slowest 95th percentile: ${slowest.toFixed(1)} ms (the target is ${TARGET} ms)`);
} finally {
  portal.kill("SIGTERM");
  await new Promise((resolve) => portal.once("exit", resolve));
  rmSync(runtime, { recursive: true, force: true });
}
