/**
 * A login's side of the conversation: what the provider said, what it waits for, and the form for its question.
 *
 * The form stands until there is another question, so that what is being typed, and focus, outlive the updates of every second. Focus is taken
 * only for a login that was begun here.
 */

import { announce, byId, capitalized, element, setText } from "./elements.js";
import { credentialsForm, choiceForm, lineForm } from "./login-forms.js";
import { showQr } from "./qr.js";

/** `answer(body)` resolves with what the server made of it, which then goes to `done`. */
export function createLogin({ answer, done, cancel }) {
  const [panel, form] = [byId("login"), byId("login-form")];
  let [shownQuestion, shownSaid, shownWait, isMine, isAnswering] = ["", "", "", false, false];

  byId("login-cancel").addEventListener("click", cancel);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!isAnswering) void send(form.read());
  });

  async function send(body) {
    if (body === undefined) return;
    isMine = true;
    setBusy(true);
    const taken = await answer(body);
    setBusy(false);
    await done(taken);
  }

  function setBusy(isBusy) {
    isAnswering = isBusy;
    form.setAttribute("aria-busy", String(isBusy));
    for (const field of form.querySelectorAll("input")) field.readOnly = isBusy;
    const button = form.querySelector("button[type=submit]");
    if (button !== null) setText(button, isBusy ? "Checking…" : button.dataset.text);
    if (!isBusy) shownQuestion = "";
  }

  function showQuestion({ profile, question }) {
    if (isAnswering) return;
    const key = JSON.stringify([profile, question]);
    if (key === shownQuestion) return;
    const hadFocus = panel.contains(document.activeElement);
    shownQuestion = key;
    form.hidden = question === null;
    form.replaceChildren();
    if (question === null) return void ((isMine || hadFocus) && panel.focus());
    const { nodes, read } = formFor(question);
    form.read = read;
    form.replaceChildren(...nodes);
    if (isMine || hadFocus) form.querySelector("[data-first]")?.focus();
    announce(`Log in to ${profile}: ${question.message}`);
  }

  function formFor(question) {
    if (question.kind === "credentials") return credentialsForm(question);
    if (question.kind === "choice")
      return choiceForm(question, (index) => !isAnswering && void send({ question: question.id, choice: index }));
    return lineForm(question);
  }

  function showSaid(said) {
    const key = JSON.stringify(said);
    if (key === shownSaid) return;
    shownSaid = key;
    byId("login-said").replaceChildren(...said.slice(-3).flatMap(saidNodes));
    const last = said.at(-1);
    if (last !== undefined) announce(last, true);
  }

  function showWait(wait, isQuestion) {
    const shown = wait ?? (isQuestion ? null : { message: "Talking to the provider", number: null });
    const key = JSON.stringify(shown);
    if (key === shownWait) return;
    shownWait = key;
    byId("login-wait").hidden = shown === null;
    byId("login-number").hidden = shown?.number == null;
    setText(byId("login-number"), shown?.number ?? "");
    setText(byId("login-wait-text"), capitalized(shown?.message ?? ""));
    if (wait?.number != null) announce(`${wait.message}: ${wait.number}`, true);
  }

  return {
    /** What comes next is for the person here. */
    expect() {
      isMine = true;
    },
    show(login) {
      const hadFocus = panel.contains(document.activeElement);
      panel.hidden = login === null;
      if (login === null) {
        [shownQuestion, shownSaid, shownWait] = ["", "", ""];
        form.replaceChildren();
        if (hadFocus) byId(byId("problem").hidden ? "active-name" : "problem-title").focus();
        return;
      }
      setText(byId("login-title"), `Log in to ${login.profile}`);
      showSaid(login.said);
      showWait(login.wait, login.question !== null || isAnswering);
      void showQr(byId("login-qr"), login.qr);
      showQuestion(login);
    },
    /** The person here has turned to something else. */
    forget() {
      isMine = false;
    },
  };
}

/** Addresses can be followed, and codes to be typed elsewhere are large. */
function saidNodes(text) {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => {
      if (/^https?:\/\/\S+$/.test(line))
        return element("p", {}, element("a", { href: line, target: "_blank", rel: "noopener noreferrer" }, line));
      if (/^[A-Z0-9]{2,}(?:-?[A-Z0-9]{2,})+$/.test(line)) return codeLine(line);
      return element("p", {}, capitalized(line));
    });
}

function codeLine(code) {
  const button = element("button", { type: "button", class: "small" }, "Copy");
  button.addEventListener("click", async () => {
    const text = (await isCopied(code)) ? "Copied" : "Select and copy it";
    setText(button, text);
    announce(text);
  });
  return element("p", { class: "device-code" }, element("code", {}, code), button);
}

/** There is no clipboard at an address that is not this machine's for sure: 169.254.169.254. */
async function isCopied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
