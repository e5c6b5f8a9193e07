// SMART Health Cards: what a card says, and who is said to have issued it. Its signature is not checked: the issuer's keys
// are elsewhere, and asking for them would tell the issuer who looks at whose card.

import { bytesOf, inflated } from "./jwe.js";
import { parsed } from "./values.js";

/** What stands in a card: its issuer, and FHIR. */
export async function readCard(token) {
  const [header, payload] = token.split(".").map(bytesOf);
  const isCompressed = JSON.parse(new TextDecoder().decode(header)).zip === "DEF";
  const text = new TextDecoder().decode(isCompressed ? await inflated(payload) : payload);
  const card = parsed(text);
  return { issuer: String(card.iss ?? ""), fhir: card.vc?.credentialSubject?.fhirBundle ?? null };
}
