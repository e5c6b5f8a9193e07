// Asks the link's host for the files, as the standard says, and turns its refusals into words.
//
// Source: SMART Health Links, "SMART Health Link Manifest Request" and "Direct File Request".

/** How long an answer may take: each one waits for its entry on the ledger. */
const TIMEOUT = 180_000;

/** The host gives nothing; `key` says why in the words of the page. */
export class Refused extends Error {
  constructor(key, values = {}) {
    super(key);
    Object.assign(this, { key, values });
  }
}

/** The sealed files of a link: a token of each, or why it did not come. Fails with `Refused`. */
export async function filesOf(link, home, recipient, passcode) {
  if (link.isSingleFile) {
    const url = new URL(link.url);
    url.searchParams.set("recipient", recipient);
    return { tokens: [await textOf(await asked(url, {}))], mayChange: link.isLongTerm };
  }
  const body = JSON.stringify({ recipient, ...(passcode ? { passcode } : {}) });
  const headers = { "content-type": "application/json" };
  const manifest = await jsonOf(await asked(link.url, { method: "POST", body, headers }));
  if (manifest.status === "no-longer-valid") throw new Refused("gone");
  if (!Array.isArray(manifest.files)) throw new Refused("failed");
  const tokens = [];
  for (const file of manifest.files) tokens.push(await tokenOf(file, home));
  return { tokens, mayChange: link.isLongTerm && manifest.status !== "finalized" };
}

/** A file by itself: one that does not come keeps none of the others away. */
async function tokenOf(file, home) {
  if (typeof file?.embedded === "string") return file.embedded;
  try {
    const location = String(file?.location);
    if (!location.startsWith(home)) throw new Refused("elsewhere");
    return await textOf(await asked(location, {}));
  } catch (error) {
    return error instanceof Refused ? error : new Refused("failed");
  }
}

async function asked(url, more) {
  const settings = {
    cache: "no-store",
    credentials: "omit",
    redirect: "error",
    referrerPolicy: "no-referrer",
    signal: AbortSignal.timeout?.(TIMEOUT),
  };
  let answer;
  try {
    answer = await fetch(url, { ...settings, ...more });
  } catch {
    throw new Refused("unreachable");
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

async function refusal(answer) {
  switch (answer.status) {
    case 401: {
      const { remainingAttempts: left } = await jsonOf(answer);
      return new Refused("passcode", { left: Number.isInteger(left) ? left : null });
    }
    case 404:
      return new Refused("gone");
    case 429:
      return new Refused("often", { seconds: Number(answer.headers.get("retry-after")) || 60 });
    case 503:
      return new Refused("no-entry");
    default:
      return new Refused("failed");
  }
}

const textOf = (answer) => answer.text().catch(() => Promise.reject(new Refused("unreachable")));
const jsonOf = async (answer) => {
  const text = await textOf(answer);
  try {
    return JSON.parse(text) ?? {};
  } catch {
    throw new Refused("failed");
  }
};
