/**
 * A login's question → the fields for it, and what they hold as the server takes it, with the question's id: another may stand there by the time
 * it arrives.
 */

import { capitalized, element } from "./elements.js";

/** The name is typed once; a password that is asked for a name that is settled leaves it as it is. */
export function credentialsForm({ id, message, username }) {
  const isSettled = username !== undefined && username !== "";
  const name = field({ name: "username", autocomplete: "username", value: username, autocapitalize: "off", spellcheck: "false" });
  const password = field({ name: "password", type: "password", autocomplete: "current-password" });
  (isSettled ? password : name).setAttribute("data-first", "");
  return {
    nodes: [
      element("p", { class: "question" }, placeOf(message)),
      labelled("User name", name),
      labelled("Password", withEye(password)),
      submit("Log in"),
    ],
    read: () => new URLSearchParams({ question: id, username: name.value, password: password.value }),
  };
}

/** "User name for Okta", "Password for alice at Okta": the fields have these labels. */
function placeOf(message) {
  const place = message.replace(/^(?:user ?name|password) for /i, "");
  return place === message ? capitalized(message) : place;
}

/** A code, or any other line, which may be empty where the login has an answer of its own. */
export function lineForm({ id, kind, message, isCode }) {
  const isNumber = isCode ?? (kind === "text" && /\bcode\b/i.test(message));
  const input = isNumber
    ? field({
        name: "code",
        class: "code-field",
        autocomplete: "one-time-code",
        inputmode: "numeric",
        spellcheck: "false",
        "data-first": true,
      })
    : field({
        name: "answer",
        type: kind === "secret" ? "password" : "text",
        required: kind === "secret",
        autocomplete: "off",
        "data-first": true,
      });
  return {
    nodes: [labelled(capitalized(message), kind === "secret" ? withEye(input) : input), submit(isNumber ? "Continue" : "Send")],
    read: () => ({ question: id, answer: isNumber ? input.value.replace(/\s/g, "") : input.value }),
  };
}

/** One click answers. */
export function choiceForm({ message, options = [] }, choose) {
  const buttons = options.map((option, index) =>
    element("button", { type: "button", class: "choice", "data-first": index === 0, click: () => choose(index) }, option),
  );
  return {
    nodes: [element("fieldset", {}, element("legend", { class: "question" }, capitalized(message)), ...buttons)],
    read: () => undefined,
  };
}

function field(attributes) {
  return element("input", { type: "text", required: true, ...attributes });
}

/** The label and its field share a name, which is one of the form's. */
function labelled(text, node) {
  const input = node instanceof HTMLInputElement ? node : node.querySelector("input");
  input.id = `login-${input.name}`;
  return element("div", { class: "field" }, element("label", { for: input.id }, text), node);
}

function withEye(input) {
  const button = element("button", { type: "button", class: "small", "aria-pressed": "false", "aria-label": "Show what is typed" }, "Show");
  button.addEventListener("click", () => {
    const isShown = input.type === "text";
    input.type = isShown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!isShown));
  });
  return element("div", { class: "with-eye" }, input, button);
}

function submit(text) {
  return element("button", { type: "submit", class: "primary", "data-text": text }, text);
}
