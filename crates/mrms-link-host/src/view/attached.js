// The documents inside a file of FHIR: an attachment's data, or a Binary of the same file that it names.

import { dayOf, wordsOf } from "./values.js";

/** How deep an attachment may lie in a resource. */
const DEPTH = 24;

/** All documents: what each is called and says that it is, and its text in base64; `null` where it lies elsewhere. */
export function filesIn(all) {
  const named = new Set();
  const files = all.all.filter(({ resourceType }) => resourceType !== "Bundle").flatMap((one) => {
    if (one.resourceType === "Binary") return [];
    return attachmentsIn(one).flatMap((attachment) => {
      const binary = typeof attachment.data === "string" ? null : all.find(attachment.url, one);
      if (binary) named.add(binary);
      const data = attachment.data ?? binary?.data ?? null;
      if (data === null && !attachment.url) return [];
      const date = attachment.creation ?? one.date ?? one.issued ?? one.effectiveDateTime ?? one.createdDateTime;
      return [{ title: titleOf(attachment, one), type: attachment.contentType ?? binary?.contentType ?? "", date: dayOf(date), data }];
    });
  });
  const alone = all.all.filter((one) => one.resourceType === "Binary" && !named.has(one) && typeof one.data === "string");
  return files.concat(alone.map(({ contentType, data }) => ({ title: "", type: contentType ?? "", date: "", data })));
}

const titleOf = (attachment, one) =>
  attachment.title || (typeof one.description === "string" && one.description) || wordsOf(one.type ?? one.code) || "";

/** What looks like an attachment, wherever it stands in a resource. */
function attachmentsIn(value, depth = DEPTH) {
  if (typeof value !== "object" || value === null || depth === 0) return [];
  const isOne = typeof value.contentType === "string" || typeof value.url === "string";
  if (!Array.isArray(value) && isOne && (typeof value.data === "string" || isAttachmentElsewhere(value))) return [value];
  return Object.values(value).flatMap((inner) => attachmentsIn(inner, depth - 1));
}

/** An extension has an address, too, and is no attachment. */
const isAttachmentElsewhere = (value) =>
  typeof value.url === "string" && ["contentType", "title", "size", "hash", "creation"].some((name) => name in value) && !("resourceType" in value);
