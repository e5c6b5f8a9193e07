// @ts-check
// What pages do beyond forms: come in with the secret of a link or by this browser's own key, warn before locking, keep what is
// typed over a lock, lock with all other pages, send files one by one, copy a text, print a sheet, and tell that a backup was made.
// Every page works without this.

/** Comes in with the secret in the fragment, and takes it out of the address. */
function comeIn() {
  const secret = new URLSearchParams(location.hash.slice(1)).get("k");
  if (!secret) return comeBack();
  history.replaceState(null, "", location.pathname);
  const form = document.querySelector("form#enter");
  const code = document.querySelector("input#code");
  if (form instanceof HTMLFormElement && code instanceof HTMLInputElement) {
    code.value = secret;
    form.submit();
  }
}

/**
 * The key by which this browser comes in again: made once, where `isNew` allows that, and kept for this address and port alone.
 * No script can read its secret half, so that nobody can carry it away.
 * @param {boolean} isNew
 * @returns {Promise<CryptoKeyPair | undefined>}
 */
async function ownKey(isNew) {
  /** @type {<T>(request: IDBRequest<T>) => Promise<T>} */
  const done = (request) =>
    new Promise((found, failed) => {
      request.onsuccess = () => found(request.result);
      request.onerror = () => failed(request.error);
    });
  const opening = indexedDB.open("mrms", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("keys");
  const database = await done(opening);
  /** @param {IDBTransactionMode} mode */
  const keys = (mode) => database.transaction("keys", mode).objectStore("keys");
  const known = await done(keys("readonly").get("browser"));
  if (known || !isNew) return known;
  const how = { name: "ECDSA", namedCurve: "P-256" };
  const made = await crypto.subtle.generateKey(how, false, ["sign", "verify"]);
  await done(keys("readwrite").put(made, "browser"));
  return made;
}

/** @param {ArrayBuffer} bytes */
const inLetters = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** Comes in by the browser's own key, where it came in with a link before. Else there is the code to type. */
async function comeBack() {
  const form = document.querySelector("form#known");
  if (!(form instanceof HTMLFormElement)) return;
  const [challenge, key, signature] = ["challenge", "key", "signature"].map((name) => form.elements.namedItem(name));
  if (!(challenge instanceof HTMLInputElement)) return;
  if (!(key instanceof HTMLInputElement) || !(signature instanceof HTMLInputElement)) return;
  try {
    const own = await ownKey(false);
    if (!own) return;
    const text = new TextEncoder().encode(`mrms portal\n${location.origin}\n${challenge.value}`);
    signature.value = inLetters(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, own.privateKey, text));
    key.value = inLetters(await crypto.subtle.exportKey("raw", own.publicKey));
    form.submit();
  } catch {
    // The browser keeps nothing, or has no such keys.
  }
}

/** Once somebody opened a profile here, gives the portal the key by which this browser comes in again. */
async function giveKey() {
  const box = document.getElementById("idle");
  const token = document.querySelector("input[name=token]");
  if (box?.dataset.remember === undefined || !(token instanceof HTMLInputElement)) return;
  try {
    const own = await ownKey(true);
    if (!own) return;
    const key = inLetters(await crypto.subtle.exportKey("raw", own.publicKey));
    const headers = { "x-mrms-background": "1" };
    await fetch("/browser", { method: "POST", headers, body: new URLSearchParams({ token: token.value, key }) });
  } catch {
    // The browser keeps nothing, or has no such keys: the next time there is a code to type.
  }
}

/** Leaves for the lock with nothing left on the page. From there the person comes back to it. */
function leave() {
  const here = location.pathname + location.search;
  document.body.replaceChildren();
  location.replace(here === "/" ? "/unlock" : `/unlock?next=${encodeURIComponent(here)}`);
}

/** Locks all pages of this browser with the one on which somebody locks. */
function lockTogether() {
  const form = document.querySelector("form[action='/lock']");
  if (!form) return;
  const pages = new BroadcastChannel("mrms-lock");
  form.addEventListener("submit", () => pages.postMessage("locked"));
  pages.addEventListener("message", leave);
  // A page that the browser kept for its Back button asks anew whether it may be shown.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.body.replaceChildren();
    location.reload();
  });
}

/** Warns a minute before the profile is locked, and goes to the lock when it is. Whoever does something on another page is there. */
function watchIdle() {
  const box = document.getElementById("idle");
  const stay = document.getElementById("idle-stay");
  const token = document.querySelector("input[name=token]");
  if (!box || !stay || !(token instanceof HTMLInputElement)) return;
  const seconds = Number(box.dataset.seconds);
  const pages = new BroadcastChannel("mrms-there");
  /** @type {number[]} */
  let timers = [];
  const begin = () => {
    timers.forEach((timer) => clearTimeout(timer));
    box.hidden = true;
    const warn = () => {
      box.hidden = false;
      stay.focus();
    };
    timers = [
      setTimeout(warn, Math.max(seconds - 60, seconds / 2) * 1000),
      setTimeout(leave, (seconds + 1) * 1000),
    ];
  };
  const isThere = () => {
    begin();
    pages.postMessage(seconds);
  };
  pages.addEventListener("message", (event) => event.data === seconds && begin());
  stay.addEventListener("click", async () => {
    const body = new URLSearchParams({ token: token.value });
    const answer = await fetch("/stay", { method: "POST", body });
    if (answer.ok && !answer.redirected) isThere();
    else leave();
  });
  isThere();
  keepTyped(token, isThere);
}

/** The fields of this page's forms into which somebody types or ticks something, each with its place. */
function typedFields() {
  /** @type {[string, HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement][]} */
  const found = [];
  const forms = document.querySelectorAll("main form:not([data-keeps=nothing])");
  for (const [at, form] of forms.entries()) {
    if (!(form instanceof HTMLFormElement)) continue;
    for (const [place, field] of Array.from(form.elements).entries()) {
      const isSecret = field instanceof HTMLInputElement && ["password", "hidden", "file", "submit"].includes(field.type);
      if (isSecret || !("name" in field) || !field.name) continue;
      if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement) {
        found.push([`${at}/${place}/${field.name}`, field]);
      }
    }
  }
  return found;
}

/** What is typed, where that is another text or tick than the page came with. */
function typedTexts() {
  /** @type {Record<string, string | boolean>} */
  const texts = {};
  for (const [place, field] of typedFields()) {
    if (field instanceof HTMLSelectElement) {
      const usual = Array.from(field.options).find((one) => one.defaultSelected) ?? field.options[0];
      if (field.value !== usual?.value) texts[place] = field.value;
    } else if (field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type)) {
      if (field.checked !== field.defaultChecked) texts[place] = field.checked;
    } else if (field.value !== field.defaultValue) texts[place] = field.value;
  }
  return texts;
}

/** Under these names a tab keeps what was typed, sealed under the profile's key, and that the profile was locked meanwhile. */
const [TYPED, LOCKED] = ["mrms-typed", "mrms-locked"];

/**
 * Has what is typed sealed a moment after the last letter, so that a lock does not lose it; and brings it back after one. Whoever types is there.
 * @param {HTMLInputElement} token
 * @param {() => void} isThere
 */
async function keepTyped(token, isThere) {
  const page = location.pathname + location.search;
  const kept = JSON.parse(sessionStorage.getItem(TYPED) ?? "null");
  const wasLocked = sessionStorage.getItem(LOCKED) !== null;
  if (!wasLocked) sessionStorage.removeItem(TYPED);
  /** @param {string} to @param {Record<string, string>} form */
  const ask = async (to, form) => {
    const answer = await fetch(to, { method: "POST", body: new URLSearchParams({ token: token.value, page, ...form }) });
    return answer.status === 200 && !answer.redirected ? await answer.text() : "";
  };
  /** @type {number | undefined} */
  let timer;
  const seal = async () => {
    const texts = typedTexts();
    if (Object.keys(texts).length === 0) return sessionStorage.removeItem(TYPED);
    const sealed = await ask("/draft", { text: JSON.stringify(texts) });
    if (!sealed) return;
    sessionStorage.setItem(TYPED, JSON.stringify({ page, sealed }));
    sessionStorage.removeItem(LOCKED);
    isThere();
  };
  for (const event of ["input", "change"]) {
    document.querySelector("main")?.addEventListener(event, () => {
      clearTimeout(timer);
      timer = setTimeout(seal, 1000);
    });
  }
  if (!wasLocked || kept?.page !== page) return;
  const text = await ask("/draft/open", { sealed: kept.sealed });
  sessionStorage.removeItem(LOCKED);
  if (!text) return;
  const texts = JSON.parse(text);
  for (const [place, field] of typedFields()) {
    const typed = texts[place];
    if (typeof typed === "boolean" && field instanceof HTMLInputElement) field.checked = typed;
    else if (typeof typed === "string") field.value = typed;
  }
  const told = document.createElement("p");
  told.className = "notice";
  told.setAttribute("role", "status");
  document.querySelector("main")?.prepend(told);
  told.textContent = document.getElementById("idle")?.dataset.back ?? "";
  await seal();
}

/** On the lock: what was typed before is to come back. */
function noteLock() {
  if (document.querySelector("form[action='/unlock']") && sessionStorage.getItem(TYPED)) sessionStorage.setItem(LOCKED, "yes");
}

/**
 * Sends one file, and tells how much of it has left. `fetch` can't tell that.
 * @param {string} to
 * @param {File} file
 * @param {string} token
 * @param {(part: number) => void} tell How much, from 0 to 1.
 * @returns {Promise<{ status: number, text: string, why: string, elsewhere: string, isArchive: boolean, isOver: boolean }>} Where it led, if the answer is of another page.
 */
function send(to, file, token, tell) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", to);
    request.setRequestHeader("x-mrms-token", token);
    request.upload.onprogress = (event) => {
      if (event.total > 0) tell(event.loaded / event.total);
    };
    request.onload = () => {
      const { status, responseText: text, responseURL } = request;
      const isHere = new URL(responseURL).pathname === new URL(to, location.href).pathname;
      // A page can't be read here: its policy lets no script make markup of a text.
      const why = decodeURIComponent(request.getResponseHeader("x-mrms-why") ?? "");
      const isArchive = request.getResponseHeader("x-mrms-archive") !== null;
      // Whom the form is for, the person acts for no more.
      const isOver = request.getResponseHeader("x-mrms-over") !== null;
      resolve({ status, text, why, elsewhere: isHere ? "" : responseURL, isArchive, isOver });
    };
    request.onerror = () => reject(new TypeError("the connection broke"));
    request.onabort = request.onerror;
    request.send(file);
  });
}

/** Sends the chosen files one after the other, as they are, and tells how far each is. */
function sendFiles() {
  const form = document.querySelector("form#add");
  const input = document.querySelector("input#files");
  const list = document.getElementById("add-progress");
  const token = document.querySelector("form#add input[name=token]");
  if (!(form instanceof HTMLFormElement) || !(input instanceof HTMLInputElement)) return;
  if (!list || !(token instanceof HTMLInputElement)) return;
  const names = document.getElementById("add-names");
  const alone = Array.from(names?.childNodes ?? []);
  /** A field for the name of each file; while none is chosen, the one field that there is without script. */
  const askNames = () => {
    const typed = names?.querySelector("input#called");
    const fields = Array.from(input.files ?? []).map((file, at) => {
      const [label, field] = [document.createElement("label"), document.createElement("input")];
      field.id = `called-${at}`;
      field.maxLength = 200;
      field.autocomplete = "off";
      field.setAttribute("aria-describedby", "called-hint");
      label.htmlFor = field.id;
      label.textContent = `${names?.dataset.label}: ${file.name}`;
      return [label, field];
    });
    // A name that was typed before the one file was chosen is that file's.
    if (typed instanceof HTMLInputElement && fields.length > 0) {
      const only = fields.length === 1 ? fields[0][1] : null;
      if (only instanceof HTMLInputElement) only.value = typed.value;
      typed.value = "";
    }
    names?.replaceChildren(...(fields.length > 0 ? fields.flat() : alone));
  };
  /**
   * Sends a file to an address, while its line tells how far it is.
   * @param {string} to
   * @param {File} file
   * @param {HTMLLIElement} line
   */
  const sendTo = (to, file, line) => {
    line.textContent = `${file.name} …`;
    const bar = line.appendChild(document.createElement("progress"));
    bar.max = 1;
    bar.setAttribute("aria-label", file.name);
    return send(to, file, token.value, (part) => {
      bar.value = part;
    });
  };
  /**
   * Tells what became of a file.
   * @param {File} file
   * @param {HTMLLIElement} line
   * @param {() => Promise<void>} work
   */
  const telling = async (file, line, work) => {
    try {
      await work();
    } catch (error) {
      const why = error instanceof Error && !(error instanceof TypeError) ? ` ${error.message}` : "";
      line.textContent = `${file.name}: ${list.dataset.failed}.${why}`;
      line.className = "wrong";
    }
  };
  /**
   * Asks what is to become of an archive: it is looked into, or put on record as the one file that it is.
   * @param {File} file
   * @param {string} called
   * @param {HTMLLIElement} line
   * @param {string} said
   */
  const askAbout = (file, called, line, said) => {
    /**
     * @param {string | undefined} text
     * @param {() => Promise<void>} work
     */
    const choice = (text, work) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "second";
      button.textContent = text ?? "";
      button.addEventListener("click", () => telling(file, line, work));
      return button;
    };
    const look = choice(list.dataset.look, async () => {
      const answer = await sendTo(`/records/import/file?path=${encodeURIComponent(file.name)}`, file, line);
      if (answer.status >= 300 && !answer.elsewhere) throw new Error(answer.why);
      location.assign(answer.elsewhere || answer.text);
    });
    const whole = choice(list.dataset.whole, () => add(file, called, line, true));
    line.replaceChildren(`${file.name}: ${said} `, look, " ", whole);
  };
  /**
   * Puts a file on record.
   * @param {File} file
   * @param {string} called What the person calls it.
   * @param {HTMLLIElement} line
   * @param {boolean} isWhole Whether an archive is one file.
   */
  const add = async (file, called, line, isWhole) => {
    const more = `&called=${encodeURIComponent(called)}${isWhole ? "&whole=yes" : ""}`;
    const answer = await sendTo(`${form.dataset.upload}name=${encodeURIComponent(file.name)}${more}`, file, line);
    if (answer.elsewhere) return location.assign(answer.elsewhere);
    if (answer.isOver) {
      isOver = true;
      // Its page says what was not sent; the form is of nobody any more.
      return location.replace("/acting");
    }
    if (answer.isArchive) return askAbout(file, called, line, answer.text);
    if (answer.status >= 300) throw new Error(answer.why);
    const link = document.createElement("a");
    link.href = answer.text;
    link.textContent = `${called || file.name}: ${answer.status === 200 ? list.dataset.known : list.dataset.done}`;
    line.replaceChildren(link);
  };
  let isOver = false;
  input.addEventListener("change", askNames);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    if (button) button.disabled = true;
    for (const [at, file] of Array.from(input.files ?? []).entries()) {
      const called = names?.querySelectorAll("input")[at]?.value ?? "";
      const line = list.appendChild(document.createElement("li"));
      await telling(file, line, () => add(file, called, line, false));
      if (isOver) return;
    }
    form.reset();
    askNames();
    if (button) button.disabled = false;
  });
}

/**
 * The files of an entry that was dropped, with their paths: of a folder all that is in it.
 * @param {FileSystemEntry} entry
 * @returns {Promise<[string, File][]>}
 */
async function filesBelow(entry) {
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) return [[path, await new Promise((found, failed) => entry.file(found, failed))]];
  const reader = entry.createReader();
  const all = [];
  // A browser gives a folder in parts.
  for (;;) {
    const part = await new Promise((found, failed) => reader.readEntries(found, failed));
    if (part.length === 0) return all;
    for (const one of part) all.push(...(await filesBelow(one)));
  }
}

/** Sends files, folders and what is dropped, to be looked at before anything is put on record. */
function importFiles() {
  const form = document.querySelector("form#import");
  const [files, folder] = ["files", "folder"].map((id) => document.getElementById(id));
  const [drop, list] = ["drop", "import-progress"].map((id) => document.getElementById(id));
  const token = document.querySelector("form#import input[name=token]");
  if (!(form instanceof HTMLFormElement) || !(token instanceof HTMLInputElement) || !drop || !list) return;
  if (!(files instanceof HTMLInputElement) || !(folder instanceof HTMLInputElement)) return;
  const more = document.getElementById("import-more");
  if (more) more.hidden = false;
  files.required = false;
  /** @param {[string, File][]} all */
  const sendAll = async (all) => {
    if (all.length === 0) return;
    const button = form.querySelector("button");
    if (button) button.disabled = true;
    const line = list.appendChild(document.createElement("li"));
    const label = line.appendChild(document.createElement("span"));
    const bar = line.appendChild(document.createElement("progress"));
    bar.max = all.length;
    for (const [at, [path, file]] of all.entries()) {
      label.textContent = `${at + 1} / ${all.length}: ${path}`;
      bar.setAttribute("aria-label", path);
      try {
        const answer = await send(`${form.dataset.to}${encodeURIComponent(path)}`, file, token.value, (part) => {
          bar.value = at + part;
        });
        if (answer.elsewhere) return location.assign(answer.elsewhere);
        if (answer.status >= 300) throw new Error(answer.why);
      } catch (error) {
        const why = error instanceof Error && !(error instanceof TypeError) ? ` ${error.message}` : "";
        line.textContent = `${path}: ${list.dataset.failed}.${why}`;
        line.className = "wrong";
        if (button) button.disabled = false;
        return;
      }
    }
    location.assign(form.dataset.then ?? "");
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = [...(files.files ?? []), ...(folder.files ?? [])];
    sendAll(chosen.map((file) => [file.webkitRelativePath || file.name, file]));
  });
  drop.addEventListener("dragover", (event) => event.preventDefault());
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    const dropped = event.dataTransfer;
    if (!dropped) return;
    // All entries are asked for before the first wait: they are gone afterwards.
    const entries = Array.from(dropped.items, (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
    const alone = Array.from(dropped.files, (file) => /** @type {[string, File]} */ ([file.name, file]));
    const below = await Promise.all(entries.map(filesBelow));
    sendAll(entries.length > 0 ? below.flat() : alone);
  });
}

/** Looks for a code in what the camera sees, a few times a second, and puts its text into the form. */
function scanCodes() {
  const token = document.querySelector("input[name=token]");
  const into = document.querySelector("textarea#document");
  for (const box of document.querySelectorAll("div.scan")) {
    const [button, video, told] = ["button", "video", "p"].map((name) => box.querySelector(name));
    if (!(box instanceof HTMLElement) || !(button instanceof HTMLButtonElement)) continue;
    if (!(video instanceof HTMLVideoElement) || !(token instanceof HTMLInputElement)) continue;
    if (!(into instanceof HTMLTextAreaElement) || !navigator.mediaDevices?.getUserMedia) continue;
    box.hidden = false;
    const canvas = document.createElement("canvas");
    /** @type {MediaStream | undefined} */
    let stream;
    const stop = () => {
      stream?.getTracks().forEach((track) => track.stop());
      stream = undefined;
      video.hidden = true;
    };
    const look = async () => {
      if (!stream) return;
      canvas.width = video.videoWidth;
      canvas.height = video.videoHeight;
      canvas.getContext("2d")?.drawImage(video, 0, 0);
      const frame = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
      const headers = { "x-mrms-token": token.value, "content-type": "image/jpeg", "x-mrms-background": "1" };
      const answer = await fetch("/scan", { method: "POST", headers, body: frame });
      if (answer.status === 200) {
        into.value = await answer.text();
        stop();
        into.focus();
      } else if (answer.status === 204) setTimeout(look, 300);
      else stop();
    };
    button.addEventListener("click", async () => {
      if (stream) return stop();
      try {
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        video.srcObject = stream;
        video.hidden = false;
        await video.play();
        await look();
      } catch {
        stop();
        if (told) told.textContent = box.dataset.none ?? "";
      }
    });
  }
}

/** A backup is saved without leaving the page: asks when one was made until that changes, for an hour. */
function watchBackup() {
  const form = document.getElementById("backup-form");
  const line = document.getElementById("backup-made");
  if (!form || !line) return;
  form.addEventListener("submit", () => {
    let left = 1800;
    const ask = async () => {
      const answer = await fetch("/backup/made", { headers: { "x-mrms-background": "1" } });
      const text = answer.ok && !answer.redirected ? await answer.text() : line.textContent;
      if (text !== line.textContent) line.textContent = text;
      else if (--left > 0) setTimeout(ask, 2000);
    };
    setTimeout(ask, 1000);
  });
}

/** Copies the field that a button names, and says so. */
function copyTexts() {
  for (const button of document.querySelectorAll("button.copy")) {
    if (!(button instanceof HTMLButtonElement)) continue;
    const named = button.dataset.copies;
    const field = named ? document.getElementById(named) : button.closest("details")?.querySelector("code.whole");
    if (!field) continue;
    const told = button.parentElement?.querySelector("[role=status]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = field instanceof HTMLTextAreaElement ? field.value : (field.textContent ?? "");
      try {
        await navigator.clipboard.writeText(text);
        if (told) told.textContent = button.dataset.done ?? "";
      } catch {
        // The browser did not allow it: the text is marked, for the person to copy.
        const marked = getSelection();
        if (field instanceof HTMLTextAreaElement) field.select();
        else marked?.selectAllChildren(field);
      }
    });
  }
}

/** Goes back from an error to the form with what was typed into it. */
function goBack() {
  for (const button of document.querySelectorAll("button.back")) {
    if (!(button instanceof HTMLButtonElement) || history.length < 2) continue;
    button.hidden = false;
    button.addEventListener("click", () => history.back());
  }
}

/** Prints the page by its button. */
function printSheets() {
  for (const button of document.querySelectorAll("button.print")) {
    if (!(button instanceof HTMLButtonElement)) continue;
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
}

/** Who ticks what somebody may do has chosen to tick it. */
function chooseTicks() {
  for (const tick of document.querySelectorAll("div.below input[type=checkbox]")) {
    tick.addEventListener("change", () => {
      const chosen = document.querySelector("input[type=radio]#preset-chosen");
      if (chosen instanceof HTMLInputElement) chosen.checked = true;
    });
  }
}

comeIn();
giveKey();
lockTogether();
noteLock();
watchIdle();
copyTexts();
printSheets();
goBack();
watchBackup();
sendFiles();
importFiles();
chooseTicks();
scanCodes();
