// @ts-check
// What pages do beyond forms: come in with the secret of a link, warn before locking, and send files one by one.
// Every page works without this.

/** Comes in with the secret in the fragment, and takes it out of the address. */
function comeIn() {
  const secret = new URLSearchParams(location.hash.slice(1)).get("k");
  if (!secret) return;
  history.replaceState(null, "", location.pathname);
  const form = document.querySelector("form#enter");
  const code = document.querySelector("input#code");
  if (form instanceof HTMLFormElement && code instanceof HTMLInputElement) {
    code.value = secret;
    form.submit();
  }
}

/** Warns a minute before the profile is locked, and goes to the lock when it is. */
function watchIdle() {
  const box = document.getElementById("idle");
  const stay = document.getElementById("idle-stay");
  const token = document.querySelector("input[name=token]");
  if (!box || !stay || !(token instanceof HTMLInputElement)) return;
  const seconds = Number(box.dataset.seconds);
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
      setTimeout(() => location.assign("/unlock"), (seconds + 1) * 1000),
    ];
  };
  stay.addEventListener("click", async () => {
    const body = new URLSearchParams({ token: token.value });
    const answer = await fetch("/stay", { method: "POST", body });
    if (answer.ok) begin();
    else location.assign("/unlock");
  });
  begin();
}

/** Sends the chosen files one after the other, as they are, and tells how far each is. */
function sendFiles() {
  const form = document.querySelector("form#add");
  const input = document.querySelector("input#files");
  const list = document.getElementById("add-progress");
  const token = document.querySelector("form#add input[name=token]");
  if (!(form instanceof HTMLFormElement) || !(input instanceof HTMLInputElement)) return;
  if (!list || !(token instanceof HTMLInputElement)) return;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    if (button) button.disabled = true;
    for (const file of Array.from(input.files ?? [])) {
      const line = list.appendChild(document.createElement("li"));
      line.textContent = `${file.name} …`;
      try {
        const answer = await fetch(`/records/upload?name=${encodeURIComponent(file.name)}`, {
          method: "POST",
          headers: { "x-mrms-token": token.value },
          body: file,
        });
        if (!answer.ok) throw new Error(String(answer.status));
        const link = document.createElement("a");
        link.href = await answer.text();
        link.textContent = `${file.name}: ${list.dataset.done}`;
        line.replaceChildren(link);
      } catch {
        line.textContent = `${file.name}: ${list.dataset.failed}`;
        line.className = "wrong";
      }
    }
    form.reset();
    if (button) button.disabled = false;
  });
}

comeIn();
watchIdle();
sendFiles();
