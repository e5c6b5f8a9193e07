// The files of a link: compact JWE with `dir` and `A256GCM`, opened with the key in the link.
//
// Source: RFC 7516 section 3.1, RFC 7518 sections 4.5 and 5.3, and SMART Health Links, "Encrypting and decrypting files".

/** The most bytes that something compressed may become. */
const MOST_INFLATED = 16 * 1024 * 1024;

/** A file can't be opened; `key` says why in the words of the page. */
export class NotOpened extends Error {
  constructor(key) {
    super(key);
    this.key = key;
  }
}

/** The bytes of a base64 text, with the letters for addresses or the usual ones. */
export function bytesOf(text) {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = new Uint8Array(raw.length);
  for (let at = 0; at < raw.length; at += 1) bytes[at] = raw.charCodeAt(at);
  return bytes;
}

/** Opens a file: its bytes, and what it says that it is. Fails with `NotOpened`. */
export async function open(key, token) {
  const parts = token.trim().split(".");
  if (parts.length !== 5 || parts[1] !== "") throw new NotOpened("altered");
  const [header, nonce, sealed] = partsOf(parts);
  if (header.alg !== "dir" || header.enc !== "A256GCM" || ![undefined, "DEF"].includes(header.zip)) {
    throw new NotOpened("altered");
  }
  const plain = await decrypted(key, nonce, sealed, new TextEncoder().encode(parts[0]));
  const content = header.zip === "DEF" ? await inflated(plain) : plain;
  return { content, type: typeof header.cty === "string" ? header.cty : null };
}

function partsOf(parts) {
  try {
    const header = JSON.parse(new TextDecoder().decode(bytesOf(parts[0])));
    const [nonce, text, tag] = parts.slice(2).map(bytesOf);
    if (header === null || nonce.length !== 12 || tag.length !== 16) throw new NotOpened("altered");
    const sealed = new Uint8Array(text.length + tag.length);
    sealed.set(text);
    sealed.set(tag, text.length);
    return [header, nonce, sealed];
  } catch {
    throw new NotOpened("altered");
  }
}

async function decrypted(key, iv, sealed, additionalData) {
  try {
    const own = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
    const algorithm = { name: "AES-GCM", iv, additionalData, tagLength: 128 };
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, own, sealed));
  } catch {
    throw new NotOpened("altered");
  }
}

/** What raw DEFLATE becomes, within bounds. Fails with `NotOpened`. */
export async function inflated(bytes) {
  const chunks = [];
  let length = 0;
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    for (const reader = stream.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > MOST_INFLATED) throw new NotOpened("compressed");
      chunks.push(value);
    }
  } catch {
    throw new NotOpened("compressed");
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
