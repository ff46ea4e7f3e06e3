/* Saves each change on a page of questions while it is filled in.

   Every button of the page saves it too, so nothing depends on this file. What is not stored
   yet is kept: in the page, and for a reload in this tab's own memory, until the server has it.
   The values of an item are read from the form when they are sent, so a later request always
   carries the latest; requests are numbered, and the server passes over one that comes late. */

const TYPING = 800;
const CHOOSING = 150;
const ANSWER = 10_000;
const MOST_RENEWALS = 2; // a browser that keeps no cookies would never get further
const PAUSES = [2, 4, 8, 15, 30, 60];
const LARGEST_LAST = 60_000; // what browsers still send for a page that is gone

const form = document.querySelector("form[data-autosave]");
const mark = form.elements.namedItem("link").value;
const place = `tillit ${form.dataset.autosave} ${mark}`;
const client = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
  byte.toString(16).padStart(2, "0"),
).join("");

const changed = new Set(); // items that the server does not have yet
const sent = new Set(); // of these, what is on its way
let number = 0;
let timer = 0;
let failures = 0;
let renewals = 0;
let trip = null;
let leaving = false;
let flushed = false;

/* What the page says ------------------------------------------------------------------- */

const status = form.querySelector(".saved");
const voice = form.querySelector("[role=status]");
const refusal = form.querySelector(".refusal");
let spoken = "";

/* The words beside the progress always tell the state. A screen reader hears only what is
   new: that saving works, that it does not, that it does again; never each answer. */
function say(state) {
  status.dataset.state = state;
  status.textContent = status.dataset[state];
  if (state === "saving" || state === spoken) return;
  spoken = state;
  voice.textContent = status.dataset[state];
  setTimeout(() => (voice.textContent = ""), 5000);
}

function show({ title, happened, advice, ways = [] }) {
  const link = ([address, text]) =>
    Object.assign(document.createElement("a"), { href: address, textContent: text });
  const line = (...parts) => {
    const paragraph = document.createElement("p");
    paragraph.append(...parts);
    return paragraph;
  };
  const head = Object.assign(document.createElement("strong"), { textContent: title });
  const text = line(`${happened} ${advice}`);
  refusal.replaceChildren(line(head), text, ...ways.map((way) => line(link(way))));
  refusal.hidden = false;
}

/* What is kept for a reload ------------------------------------------------------------ */

function keep() {
  try {
    const data = new FormData(form);
    const rows = unsaved().map((name) => [name, data.getAll(name)]);
    if (rows.length) sessionStorage.setItem(place, JSON.stringify(rows));
    else sessionStorage.removeItem(place);
  } catch {
    /* a browser that keeps nothing: the page itself still does */
  }
}

function restore() {
  let rows = [];
  try {
    rows = JSON.parse(sessionStorage.getItem(place) ?? "[]");
  } catch {
    return;
  }
  for (const [name, values] of rows) {
    const fields = form.querySelectorAll(`.item [name="${CSS.escape(name)}"]:not([type=hidden])`);
    for (const field of fields) {
      const marked = field.matches("[type=radio], [type=checkbox]");
      if (marked) field.checked = values.includes(field.value);
      else if (field.matches("textarea, input")) field.value = values.at(-1) ?? "";
    }
    if (fields.length) changed.add(name);
  }
  if (changed.size) send();
}

/* Sending ------------------------------------------------------------------------------ */

function unsaved() {
  return [...new Set([...sent, ...changed])];
}

function body(names) {
  const data = new FormData(form);
  const fields = new URLSearchParams();
  for (const name of ["csrf_token", "link", ...names]) {
    for (const value of data.getAll(name)) fields.append(name, value);
  }
  fields.append("save-client", client);
  fields.append("save-number", String(++number));
  return fields;
}

/* Sends everything that is not stored; the promise tells whether the page may be left. */
async function send() {
  clearTimeout(timer);
  while (trip) await trip;
  if (!changed.size) return true;
  trip = travel();
  try {
    return await trip;
  } finally {
    trip = null;
  }
}

async function travel() {
  for (const name of changed) sent.add(name);
  changed.clear();
  let response = null;
  let reply = {};
  try {
    const signal = AbortSignal.timeout?.(ANSWER);
    const request = { method: "POST", body: body([...sent]), redirect: "error", signal };
    response = await fetch(form.dataset.autosave, request);
    reply = await response.json();
  } catch {
    response = null;
  }
  if (response?.ok) return stored(reply);
  for (const name of sent) changed.add(name);
  sent.clear();
  if (response === null || response.status >= 500) return again();
  if (reply.token && renewals++ < MOST_RENEWALS) return renewed(reply.token);
  return refused(reply);
}

function stored({ mistakes = {} }) {
  failures = renewals = 0;
  sent.clear();
  refusal.hidden = true;
  for (const name of Object.keys(mistakes)) changed.add(name);
  const [text] = Object.values(mistakes);
  if (text) show({ title: status.dataset.partly, happened: text, advice: "" });
  say(text ? "partly" : changed.size ? "saving" : "saved");
  keep();
  return true;
}

function again() {
  const pause = PAUSES[Math.min(failures++, PAUSES.length - 1)];
  timer = setTimeout(send, pause * 1000);
  say("waiting");
  keep();
  return false;
}

/* The form's token had expired; this page goes on with a fresh one. */
function renewed(token) {
  form.elements.csrf_token.value = token;
  return travel();
}

/* The server said no. It is said in its words, nothing typed is lost, and coming back to
   this page (from opening the link again, say) tries once more. */
function refused(reply) {
  if (reply.title) show(reply);
  say("refused");
  keep();
  return true;
}

/* What people do ----------------------------------------------------------------------- */

function note(field, pause) {
  if (!field.closest(".item") || !field.name) return;
  changed.add(field.name);
  flushed = false;
  if (failures) keep();
  else say("saving");
  clearTimeout(timer);
  timer = setTimeout(send, pause);
}

/* Takes one answer back here, without a trip to the server and back. */
function clear(name) {
  const controls = `[name="${CSS.escape(name)}"]:not([type=hidden], button)`;
  const fields = [...form.querySelectorAll(controls)];
  for (const field of fields) field.checked = false;
  fields[0].focus();
  note(fields[0], CHOOSING);
}

/* Leaving waits for what is on its way, so that nothing old arrives after the page itself.
   Without a connection the page stays, with everything that is on it. */
async function leave(button) {
  leaving = true;
  if ((await send()) && navigator.onLine) return (button ?? form.querySelector("button")).click();
  leaving = false;
  say("waiting");
}

/* The tab goes away: one last request that outlives it, with all that may not have arrived. */
function flush() {
  const names = unsaved();
  if (!names.length || leaving || flushed) return;
  flushed = true;
  const fields = body(names);
  if (fields.toString().length > LARGEST_LAST) return;
  fetch(form.dataset.autosave, { method: "POST", body: fields, keepalive: true }).catch(() => {});
}

form.addEventListener("input", ({ target }) => {
  if (target.matches("textarea, [type=text]")) note(target, TYPING);
});
form.addEventListener("change", ({ target }) => note(target, CHOOSING));
/* The page itself is the latest of this tab: a request that comes after it is passed over. */
function sign() {
  for (const [name, value] of [["save-client", client], ["save-number", ++number]]) {
    const field = form.elements.namedItem(name) ?? document.createElement("input");
    Object.assign(field, { type: "hidden", name, value });
    form.append(field);
  }
}

form.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button?.name === "clear") {
    event.preventDefault();
    clear(button.value);
  } else if (!leaving && (unsaved().length || !navigator.onLine)) {
    event.preventDefault();
    leave(button);
  } else if (leaving && trip) {
    event.preventDefault(); // the second half of a double click
  } else {
    sign();
  }
});
addEventListener("online", send);
addEventListener("pagehide", flush);
addEventListener("pageshow", () => (leaving = flushed = false));
document.addEventListener("visibilitychange", () => (document.hidden ? flush() : send()));

for (const element of form.querySelectorAll("[data-scripted]")) {
  element.textContent = element.dataset.scripted;
}
status.hidden = false;
restore();
